import { request } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ControlDoor, MoreMailboxes } from './control';
import { readJson } from './json-file';

const USAGE =
  'npm run sandbox:mailbox -- --count 20 --items 5000 [--bytes 2GB] [--largest 100MB] [--seed 1]\n' +
  'adds that many people to the running sandbox, each with a mailbox of that many items (bytes: of all of them\n' +
  'together; largest: of one), an empty one to move it to, and a row Not started.';

const UNITS: Record<string, number> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
};

/** `npm run sandbox:mailbox`: asks the supervisor of this directory and prints what it answers. */
async function main(): Promise<void> {
  const asked = readAsked(process.argv.slice(2));
  const folder = process.env.MAILPORTER_DATA ?? join(__dirname, '..', '..', '.data');
  const door = readJson<ControlDoor>(join(folder, 'control.json'));
  if (!door) throw new Error('No sandbox runs from this directory. Start it with: npm start');
  const last = await ask(door, asked);
  if (last !== 'done') throw new Error(last || 'The sandbox ended before it was done.');
}

function readAsked(args: string[]): MoreMailboxes {
  const text = { type: 'string' } as const;
  const options = { count: text, items: text, bytes: text, largest: text, seed: text };
  const { values } = parseArgs({ args, options });
  return {
    count: wholeNumber('count', values.count ?? '1', 1, 100_000),
    items: wholeNumber('items', values.items ?? '1000', 0, 10_000_000),
    seed: wholeNumber('seed', values.seed ?? '1', 0, 2 ** 31),
    ...(values.bytes === undefined ? {} : { bytes: byteCount('bytes', values.bytes) }),
    ...(values.largest === undefined ? {} : { largestBytes: byteCount('largest', values.largest) }),
  };
}

function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  throw new Error(`--${flag} needs a whole number from ${least} to ${most}; "${text}" is not.\n\n${USAGE}`);
}

function byteCount(flag: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([KMG]?I?B?)$/i.exec(text) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit.toUpperCase()];
  if (number !== undefined && factor !== undefined) return Math.round(Number(number) * factor);
  throw new Error(`--${flag} needs a size such as 100MB or 2GB; "${text}" is not.\n\n${USAGE}`);
}

/** Prints the answer's lines as they come; returns the last one, which says how it ended. */
function ask(door: ControlDoor, asked: MoreMailboxes): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${door.token}`, 'content-type': 'application/json' };
    const asking = request(`${door.url}/mailboxes`, { method: 'POST', headers }, (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          if (line === 'done' || line.startsWith('failed: ')) rest = line;
          else process.stdout.write(`${line}\n`);
        }
      });
      response.once('end', () => resolve(rest)).once('error', reject);
    });
    asking.once('error', (cause) =>
      reject(new Error('The sandbox of this directory does not run.', { cause })),
    );
    asking.end(JSON.stringify(asked));
  });
}

main().catch((fault: unknown) => {
  process.stderr.write(`${fault instanceof Error ? fault.message : String(fault)}\n`);
  process.exitCode = 1;
});
