import { rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openControl } from './control';
import { FactsFile } from './facts';
import { bringUp, currentPids, type Sandbox } from './bring-up';
import { ensureKeys } from './keys';
import { readablePassword } from './passwords';
import { choosePorts } from './ports';
import type { DatabaseSource, TemporalSource } from './servers';
import { addSampleMailboxes } from './add-samples';
import { takeLock } from './supervisor/lock';
import { Supervisor } from './supervisor/supervisor';
import { table } from './table';

/** What `sandbox/start.mjs` found out. */
export interface StartOptions {
  root: string;
  /** What is kept from run to run. */
  dataFolder: string;
  /** The ports of a first run. */
  beginWith: 'usual' | 'free';
  sources: { temporal: TemporalSource; mongodb: DatabaseSource };
  flags: { fresh: boolean; workers: number; settings: Record<string, string> };
}

/** The parts on which others lean, in the order in which they end after the rest. */
const ENDED_LAST = [['exchange-contoso', 'exchange-fabrikam', 'inbox', 'temporal'], ['mongodb']];
const KEPT = ['temporal', 'mongodb', 'inbox', 'exchange', 'keys', 'logs', 'sandbox.json'];

/** Runs the whole service until SIGINT, SIGTERM or SIGHUP; then ends every part and the process. */
export async function main(options: StartOptions): Promise<void> {
  const { dataFolder } = options;
  const file = new FactsFile(join(dataFolder, 'sandbox.json'));
  const unlock = takeLock(join(dataFolder, 'supervisor.lock'), () => file.readLast()?.admin.url);
  const supervisor = new Supervisor(dataFolder, {
    changed: () => file.change((facts) => ({ ...facts, pids: currentPids(supervisor) })),
    died: (name, how) => say(`  ${clock()} ${name} ended (${how}); starting it again`),
  });
  const doors: Server[] = [];
  const end = async () => {
    for (const door of doors) door.close().closeAllConnections();
    rmSync(join(dataFolder, 'control.json'), { force: true });
    await supervisor.end(ENDED_LAST);
    unlock();
  };
  process.once('exit', () => supervisor.kill());
  const told = toldToEnd(supervisor);
  try {
    const up = run(options, supervisor, file, doors);
    up.catch(() => undefined);
    await Promise.race([up.then(() => told), told]);
    say('\n  Ending …');
    await end();
    say('  All parts have ended.');
    process.exit(0);
  } catch (fault) {
    await end();
    throw fault;
  }
}

async function run(
  { root, dataFolder, beginWith, sources, flags }: StartOptions,
  supervisor: Supervisor,
  file: FactsFile,
  doors: Server[],
): Promise<void> {
  const leftovers = await supervisor.endLeftovers();
  if (leftovers.length > 0) say(`Ended what an earlier run had left: ${leftovers.join(', ')}`);
  if (flags.fresh) beginAgain(dataFolder, sources);
  const last = file.readLast();
  const ports = await choosePorts(join(dataFolder, 'ports.json'), beginWith, (name) =>
    say(`The port of ${name} is taken by another program; it moves to a free one.`),
  );
  const sandbox: Sandbox = {
    layout: {
      root,
      data: dataFolder,
      ports,
      keys: ensureKeys(join(dataFolder, 'keys')),
      sources,
      settings: flags.settings,
      admin: last?.admin ?? { email: 'admin@contoso.example', password: readablePassword() },
    },
    workers: flags.workers,
    supervisor,
    file,
    last,
  };
  await bringUp(sandbox, say);
  const control = { file: join(dataFolder, 'control.json'), port: ports.supervisor };
  doors.push(await openControl(control, (asked, tell) => addSampleMailboxes(sandbox, asked, tell)));
  say(table(file.facts));
}

function beginAgain(dataFolder: string, sources: StartOptions['sources']): void {
  for (const name of KEPT) rmSync(join(dataFolder, name), { recursive: true, force: true });
  if ('uri' in sources.mongodb) say('The database at MONGODB_URI is yours: --fresh leaves it as it is.');
  if ('address' in sources.temporal)
    say('Temporal at TEMPORAL_ADDRESS is yours: --fresh leaves it as it is.');
}

/**
 * Resolves at the first signal to end, or when the npm that started this process is gone; the second signal kills all
 * parts and the process.
 */
function toldToEnd(supervisor: Supervisor): Promise<void> {
  return new Promise((resolve) => {
    let told = false;
    const { ppid } = process;
    const byNpm = process.env.npm_lifecycle_event === 'start';
    if (byNpm) setInterval(() => process.ppid !== ppid && resolve(), 500).unref();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        if (told) {
          supervisor.kill();
          void pause(200).then(() => process.exit(130));
        }
        told = true;
        resolve();
      });
    }
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const clock = () => new Date().toTimeString().slice(0, 8);
