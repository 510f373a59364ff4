import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import type { ControlState } from '../../sandbox/exchange/control';
import { ensureKeys, rotateSealKeys } from '../../sandbox/keys';
import { prepareNamespace } from '../../sandbox/namespace';
import {
  certificateAuthority,
  databasePart,
  exchangePart,
  exchanges,
  inboxPart,
  mongodbUri,
  namespace,
  publicUrl,
  temporalAddress,
  temporalPart,
  webPart,
  workerPart,
  type Layout,
} from '../../sandbox/parts';
import { readablePassword } from '../../sandbox/passwords';
import { choosePorts } from '../../sandbox/ports';
import { makeMailboxes, type SampleSize } from '../../sandbox/samples';
import { seed } from '../../sandbox/seed';
import type { PartDefinition } from '../../sandbox/supervisor/part';
import { Supervisor } from '../../sandbox/supervisor/supervisor';
import type { PartName } from './deeds';
import { Clocks } from './clocks';
import { Lines } from './lines';
import { serverOf, type Mover, type Side } from './sides';

export const timeScale = 50;
const settings = { TIME_SCALE: String(timeScale), INVITATIONS_PER_MINUTE: '10000', LOG_LEVEL: 'info' };
const unlimited = 'unlimited';
let lastTurn: Promise<unknown> = Promise.resolve();

/** One after the other: mongoose, through which a database is seeded, has one connection in a process, and systems stand beside each other. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = lastTurn.then(work);
  lastTurn = turn.catch(() => undefined);
  return turn;
}

/** From the end of the workers to a restore: what they sent last has come to something by then. */
const restoreAfterMs = 120_000 / timeScale;

/** The whole product with what it stands on, kept running from run to run, and what can be done to it. */
export class FaultySystem {
  readonly supervisor: Supervisor;
  readonly clocks: Clocks;
  /** A file that keeps parts from being started while it is there. */
  private readonly hold: string;
  private readonly extras = new Set<ChildProcess>();
  private restored = Promise.resolve();

  private constructor(
    readonly layout: Layout,
    readonly lines: Lines,
  ) {
    this.supervisor = new Supervisor(layout.data, { changed: () => undefined, died: () => undefined });
    this.hold = join(layout.data, 'hold');
    this.clocks = new Clocks(join(layout.data, 'clocks'));
    process.once('exit', this.kill);
  }

  /** Brings everything up anew; what an earlier campaign kept in `data` goes. */
  static async start(root: string, data: string, sources: Layout['sources']): Promise<FaultySystem> {
    await new Supervisor(data, { changed: () => undefined, died: () => undefined }).endLeftovers();
    rmSync(data, { recursive: true, force: true });
    const layout: Layout = {
      root,
      data,
      ports: await choosePorts(join(data, 'ports.json'), 'free'),
      keys: ensureKeys(join(data, 'keys')),
      sources,
      settings,
      admin: { email: 'admin@contoso.example', password: readablePassword() },
    };
    const system = new FaultySystem(layout, await Lines.over(layout.ports));
    try {
      await system.bringUp();
    } catch (fault) {
      // Else what did come up would go on beside the next try.
      await system.close();
      throw fault;
    }
    return system;
  }

  /** A mailbox full of mail, an empty one, and a row **Not started**. */
  async addMover(name: string, size: SampleSize, batch?: string): Promise<Mover> {
    const { ports } = this.layout;
    const person = { firstName: 'Run', lastName: name, localPart: `run-${name}` };
    const mailboxes = await makeMailboxes(person, size, {
      contoso: ports.contosoControl,
      fabrikam: ports.fabrikamControl,
    });
    const mover = { ...mailboxes, ...(batch === undefined ? {} : { batch }) };
    await this.seed([mover]);
    return mover;
  }

  /** Takes both mailboxes away again, so that the simulators stay small. */
  async removeMover({ source, target }: Mover): Promise<void> {
    for (const [side, { address }] of [
      ['source', source],
      ['target', target],
    ] as const)
      await this.control(side, 'DELETE', `/mailboxes/${encodeURIComponent(address)}`);
  }

  mailbox(side: Side, mover: Mover) {
    const one = exchanges.find(({ port }) => port === serverOf[side]) as (typeof exchanges)[number];
    return { ewsUrl: this.ewsUrl(one.port), ca: certificateAuthority(this.layout), ...mover[side] };
  }

  /** Asks the control API of a simulator. @returns what it answers, where it answers anything */
  async control(side: Side, method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown) {
    const answer = await fetch(`http://127.0.0.1:${this.layout.ports[`${serverOf[side]}Control`]}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was refused: ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  }

  /** How often each armed fault has struck, in the order in which they were armed. */
  async strikes(side: Side): Promise<number[]> {
    const { faults } = (await this.control(side, 'GET', '/state')) as ControlState;
    return faults.map(({ struck }) => struck);
  }

  /** Requests that both simulators have seen since they began. */
  async requests(): Promise<number> {
    const states = await Promise.all(
      (['source', 'target'] as const).map((side) => this.control(side, 'GET', '/state')),
    );
    const counts = states.flatMap((state) => Object.values((state as ControlState).requests));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** @returns whether there was a process to send it to */
  signal(part: PartName, signal: NodeJS.Signals): boolean {
    const pid = this.supervisor.running.get(part);
    if (pid === undefined) return false;
    try {
      return process.kill(pid, signal);
    } catch {
      return false;
    }
  }

  /** A worker beside the supervised one, until its process is ended; its clock is so much apart. */
  secondWorker(clockSeconds: number): ChildProcess {
    const part = workerPart(this.lines.layoutOf('worker', this.layout), 2);
    const { command, env } = this.clocks.shiftable('secondWorker', part);
    this.clocks.shift('secondWorker', clockSeconds);
    const log = openSync(join(this.layout.data, 'logs', 'worker-2.log'), 'a', 0o600);
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(command.program, command.args, {
      env: { PATH, HOME, ...env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.extras.add(child);
    child.once('exit', () => this.extras.delete(child));
    return child;
  }

  /** Lets nothing be written beyond this share of the database's greatest file; absent: lifts that again. */
  async limitDatabaseFiles(share?: number): Promise<boolean> {
    const pid = this.supervisor.running.get('mongodb');
    if (pid === undefined) return false;
    const limit = share === undefined ? unlimited : String(Math.round(this.greatestDatabaseFile() * share));
    try {
      // The hard limit stays, so that the soft one can be lifted again.
      await promisify(execFile)('prlimit', ['--pid', String(pid), `--fsize=${limit}:${unlimited}`]);
      return true;
    } catch {
      return false;
    }
  }

  /** Makes a key pair that seals from now on beside the one before; what reads it starts anew. */
  rotateSealKey(): boolean {
    rotateSealKeys(this.layout.keys);
    return [this.signal('worker', 'SIGTERM'), this.signal('web', 'SIGTERM')].every(Boolean);
  }

  /** Copies what a part has on disk at this moment, as a snapshot of the disk would. @returns the copy */
  async copyFiles(part: 'mongodb' | 'temporal'): Promise<string> {
    const copy = mkdtempSync(join(this.layout.data, `copy-of-${part}-`));
    this.signal(part, 'SIGSTOP');
    try {
      await cp(join(this.layout.data, part), copy, { recursive: true });
    } finally {
      this.signal(part, 'SIGCONT');
    }
    return copy;
  }

  /** Puts a copy back in its place while that part, web server and worker do not run, as docs/operations.md wants it; one at a time. */
  restoreFiles(part: 'mongodb' | 'temporal', copy: string): Promise<void> {
    const restored = this.restored.then(() => this.restore(part, copy));
    this.restored = restored.catch(() => undefined);
    return restored;
  }

  private async restore(part: 'mongodb' | 'temporal', copy: string): Promise<void> {
    const folder = join(this.layout.data, part);
    writeFileSync(this.hold, '');
    try {
      for (const one of ['web', 'worker'] as const) this.signal(one, 'SIGKILL');
      for (const child of this.extras) child.kill('SIGKILL');
      await pause(restoreAfterMs);
      this.signal(part, 'SIGKILL');
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      await rename(copy, folder);
    } finally {
      rmSync(this.hold, { force: true });
    }
  }

  /** Everything runs, no clock is apart, no disk is full. */
  async heal(): Promise<void> {
    for (const part of ['worker', 'web', 'temporal', 'mongodb'] as const) {
      this.signal(part, 'SIGCONT');
    }
    this.lines.mend();
    for (const name of ['worker', 'web'] as const) this.clocks.shift(name, 0);
    await this.limitDatabaseFiles();
    for (const child of this.extras) child.kill('SIGKILL');
    for (const side of ['source', 'target'] as const) {
      await this.control(side, 'DELETE', '/faults');
      await this.control(side, 'PUT', '/policy', { maxConcurrency: 27 });
    }
  }

  async end(): Promise<void> {
    await this.heal().catch(() => undefined);
    await this.close();
  }

  private async close(): Promise<void> {
    await this.supervisor.end([['exchange-contoso', 'exchange-fabrikam', 'inbox', 'temporal'], ['mongodb']]);
    this.lines.end();
    process.off('exit', this.kill);
  }

  private readonly kill = (): void => {
    for (const child of this.extras) child.kill('SIGKILL');
    this.supervisor.kill();
  };

  private async bringUp(): Promise<void> {
    const { layout } = this;
    const held = (part: PartDefinition | undefined) => part && this.held(part);
    const below = [
      held(temporalPart(layout)),
      held(databasePart(layout)),
      inboxPart(layout),
      ...exchanges.map((one) => exchangePart(layout, one)),
    ];
    await this.supervisor.start(below.filter((part) => part !== undefined));
    const connection = await Connection.connect({ address: temporalAddress(layout) });
    await prepareNamespace(connection, { namespace, retentionHours: 24 });
    await connection.close();
    await this.seed([]);
    await this.supervisor.start([
      this.held(this.clocks.shiftable('web', webPart(this.lines.layoutOf('web', layout)))),
      this.held(this.clocks.shiftable('worker', workerPart(this.lines.layoutOf('worker', layout), 1))),
    ]);
  }

  /** A part that does not begin as long as {@link hold} is there. */
  private held(part: PartDefinition): PartDefinition {
    const wait = 'while [ -e "$0" ]; do sleep 0.05; done; exec "$@"';
    const args = ['-c', wait, this.hold, part.command.program, ...part.command.args];
    return { ...part, command: { program: '/bin/sh', args } };
  }

  private async seed(users: Mover[]): Promise<void> {
    const [source, target] = exchanges.map(({ name, port }) => ({
      name,
      ewsUrl: this.ewsUrl(port),
      ca: certificateAuthority(this.layout),
    }));
    if (source && target) await inTurn(() => seed(mongodbUri(this.layout), { source, target, users }));
  }

  private ewsUrl(port: (typeof exchanges)[number]['port']): string {
    return `https://127.0.0.1:${this.layout.ports[port]}/EWS/Exchange.asmx`;
  }

  private greatestDatabaseFile(): number {
    const folder = join(this.layout.data, 'mongodb');
    return Math.max(0, ...readdirSync(folder).map((name) => statSync(join(folder, name)).size));
  }
}

/** The address of the pages. */
export const pagesOf = ({ layout }: FaultySystem): string => publicUrl(layout);

/** Asks until it holds; what is thrown meanwhile counts as not yet. @returns whether it did within the time */
export async function within(ms: number, holds: () => Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end;) {
    if (await holds().catch(() => false)) return true;
    await pause(150);
  }
  return false;
}
