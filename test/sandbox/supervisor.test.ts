import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../sandbox/ports';
import { identify, lives } from '../../sandbox/supervisor/identity';
import { takeLock } from '../../sandbox/supervisor/lock';
import type { PartDefinition } from '../../sandbox/supervisor/part';
import { Supervisor } from '../../sandbox/supervisor/supervisor';
import { listens } from '../support/server-process';
import { waitedForCoreMs } from '../support/waited-for-core';

/** A part that answers each connection with what stands in its file, and writes a line to its log when it starts. */
const SERVER = `
  const { readFileSync } = require('node:fs');
  console.log('started');
  const [port, file] = process.argv.slice(1);
  require('node:net')
    .createServer((socket) => socket.on('error', () => undefined).end(readFileSync(file, 'utf8')))
    .listen(Number(port), '127.0.0.1');
`;
/** One that does not end when it is asked to. */
const STUBBORN = `process.on('SIGTERM', () => undefined); ${SERVER}`;

describe('the supervisor', () => {
  const folders: string[] = [];
  const supervisors: Supervisor[] = [];

  afterEach(async () => {
    await Promise.all(supervisors.splice(0).map((supervisor) => supervisor.end([])));
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  function freshFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'mailporter-supervisor-'));
    folders.push(folder);
    return folder;
  }

  function supervise(folder: string, deaths: string[] = []): Supervisor {
    const supervisor = new Supervisor(folder, {
      changed: () => undefined,
      died: (name, how) => deaths.push(`${name} ${how}`),
    });
    supervisors.push(supervisor);
    return supervisor;
  }

  function part(folder: string, port: number, program = SERVER, name = 'part'): PartDefinition {
    const file = join(folder, 'data');
    writeFileSync(file, 'kept');
    return {
      name,
      command: { program: process.execPath, args: ['-e', program, String(port), file] },
      isReady: () => listens(port),
      endWithinMs: 300,
    };
  }

  it('starts a part that is killed again, on the same port, within five seconds, each time', async () => {
    const folder = freshFolder();
    const port = await freePort();
    const deaths: string[] = [];
    const supervisor = supervise(folder, deaths);
    await supervisor.start([part(folder, port)]);
    for (let kill = 1; kill <= 3; kill += 1) {
      const pid = supervisor.running.get('part')!;
      const waitedBefore = waitedForCoreMs(process.pid);
      const killedAt = Date.now();
      process.kill(pid, 'SIGKILL');
      await until(async () => supervisor.running.get('part') !== pid && (await listens(port)));
      const waitedMs = waitedForCoreMs(process.pid) - waitedBefore;
      const tookMs = Date.now() - killedAt - waitedMs - waitedForCoreMs(supervisor.running.get('part')!);
      expect(tookMs).toBeLessThan(5000);
    }
    expect(deaths).toEqual(Array(3).fill('part SIGKILL'));
    expect(readFileSync(join(folder, 'logs', 'part.log'), 'utf8')).toBe('started\n'.repeat(4));
  });

  it('says what a part wrote last when it does not start', async () => {
    const folder = freshFolder();
    const broken = part(folder, 1, `console.error('the disk is full'); process.exit(3)`);
    await expect(supervise(folder).start([broken])).rejects.toThrow(
      /part does not start[^]*the disk is full/,
    );
  });

  it('ends every part, also one that does not want to', async () => {
    const folder = freshFolder();
    const [first, second] = [await freePort(), await freePort()];
    const supervisor = supervise(folder);
    await supervisor.start([part(folder, first), part(folder, second, STUBBORN, 'stubborn')]);
    const processes = [...supervisor.running.values()].map((pid) => identify(pid)!);
    await supervisor.end([['part']]);
    expect(processes.filter(lives)).toEqual([]);
    expect(supervisor.running.size).toBe(0);
  });

  it('ends what a supervisor that was killed has left, and nothing that has its process id by chance', async () => {
    const folder = freshFolder();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { detached: true });
    const leftover = { part: 'leftover', ...identify(child.pid!)! };
    const stranger = { part: 'stranger', pid: process.pid, startedAt: 'another time' };
    writeFileSync(join(folder, 'processes.json'), JSON.stringify([leftover, stranger]));

    expect(await supervise(folder).endLeftovers()).toEqual(['leftover']);
    expect(lives(leftover)).toBe(false);
  });

  it('refuses a second one in the same folder while the first lives, and not after it', () => {
    const file = join(freshFolder(), 'supervisor.lock');
    const unlock = takeLock(file, () => undefined);
    expect(() => takeLock(file, () => 'http://127.0.0.1:3000')).toThrow(
      `running from this directory already (process ${process.pid}): http://127.0.0.1:3000`,
    );
    unlock();
    writeFileSync(file, JSON.stringify({ pid: process.pid, startedAt: 'another time' }));
    expect(() => takeLock(file, () => undefined)).not.toThrow();
  });
});

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await pause(20);
}
