import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from './prepare/build.mjs';
import { mongodb } from './prepare/mongodb.mjs';
import { packages } from './prepare/packages.mjs';
import { say } from './prepare/say.mjs';
import { temporal } from './prepare/temporal.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const OLDEST_NODE = [20, 19];
const STEPS = { packages, build, temporal, mongodb };

/**
 * Brings what Mailporter needs on this machine, each from the first source that works, and says which it took:
 * packages, the build, Temporal and a database. Needs nothing but Node. Doing it again costs a second.
 * Returns `{temporal, mongodb}` for the steps asked for; throws a sentence that says what to do when one cannot be had.
 */
export async function prepare(steps = Object.keys(STEPS)) {
  assertNode();
  const parts = {};
  for (const step of steps) {
    const part = await STEPS[step](root);
    if (!part) continue;
    const name = step === 'temporal' ? 'Temporal' : 'Database';
    say(`${name}: ${part.source}`);
    parts[step] = part;
  }
  return parts;
}

function assertNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new Error(
    `Mailporter needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.`,
  );
}

/** `node sandbox/prepare.mjs [--json] [step …]`: all steps, or those named; `--json` prints the result. */
async function main() {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean' } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((step) => !(step in STEPS));
  if (unknown.length > 0) {
    throw new Error(`There is no step ${unknown.join(', ')}; there are ${Object.keys(STEPS).join(', ')}.`);
  }
  const parts = await prepare(positionals.length > 0 ? positionals : undefined);
  if (values.json) process.stdout.write(`${JSON.stringify(parts)}\n`);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main().catch((fault) => {
    say(fault.message);
    process.exitCode = 1;
  });
}
