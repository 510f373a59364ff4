import { readFileSync } from 'node:fs';
import { ByteBudget } from '../src/engine/byte-budget';
import { LargeFolder } from '../test/support/large-folder';

/**
 * `MANY=20 MANY_ITEMS=50000 npm run bench:compare`: what a process holds at most, above what it holds before, while so many mailboxes are
 * compared at once that have one folder of so many items each. Both sides and the ledger are made up as they are asked for, so that it is
 * the engine alone. Ends with 1 where it is more than `mostMegabytes`.
 */
const many = Number(process.env.MANY ?? '20');
const items = Number(process.env.MANY_ITEMS ?? '50000');
const mostMegabytes = 100;

const memory = (field: 'VmHWM' | 'VmRSS') => {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
};

async function main(): Promise<void> {
  await new LargeFolder(1_000).verify();
  const before = memory('VmRSS');
  const began = Date.now();
  const keyMemory = new ByteBudget(16 << 20);
  const folders = Array.from({ length: many }, () => new LargeFolder(items, undefined, undefined, keyMemory));
  await Promise.all(folders.map((folder) => folder.verify()));
  const most = memory('VmHWM') - before;
  const seconds = Math.round((Date.now() - began) / 1000);
  process.stdout.write(
    `${many} folders of ${items} items: ${before} MB before, ${most} MB more at most, ${seconds} s\n`,
  );
  if (most > mostMegabytes) process.exitCode = 1;
}

void main();
