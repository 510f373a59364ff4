import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from '../../sandbox/servers';

const READY_WITHIN_MS = 60_000;

/** A server that a test run started and must end. */
export interface RunningServer {
  readonly pid: number;
  /** Asks the process to end, insists after five seconds, and waits for it. */
  end(): Promise<void>;
  killNow(): void;
}

/**
 * Starts a program and waits until it listens on `port` of 127.0.0.1.
 * Throws with the end of what it wrote when it ends before that or is not there within a minute.
 * @param spawned is told its process id at once
 */
export async function startServer(
  name: string,
  command: Command,
  port: number,
  spawned: (pid: number) => void = () => undefined,
): Promise<RunningServer> {
  const child = spawn(command.program, command.args, { stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid !== undefined) spawned(child.pid);
  let written = '';
  const keep = (data: Buffer) => (written = (written + data.toString()).slice(-4000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const failed = once(child, 'error').then(([fault]) => fault as Error);
  const startedAt = Date.now();
  while (!(await listens(port))) {
    const fault = await Promise.race([failed, pause(50)]);
    if (fault ?? child.exitCode ?? child.signalCode ?? Date.now() - startedAt > READY_WITHIN_MS) {
      child.kill('SIGKILL');
      throw new Error(`${name} did not start. ${String(fault ?? '')}\n${written}`);
    }
  }
  return { pid: child.pid as number, end: () => end(child), killNow: () => void child.kill('SIGKILL') };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(insist);
}

/** True when something accepts connections on this port of 127.0.0.1. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
