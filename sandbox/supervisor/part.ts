import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from '../servers';
import { identify } from './identity';
import { signal, type ProcessRecord } from './leftovers';
import type { Logs } from './logs';

/** One program that the supervisor keeps running. */
export interface PartDefinition {
  /** Names its log; unique. */
  readonly name: string;
  readonly command: Command;
  /** Its whole environment beside PATH, HOME and the like. */
  readonly env?: Record<string, string>;
  /** True when it does its work; asked again until it is. */
  isReady(): Promise<boolean>;
  /** How long it may take to end when it is asked to, before it is killed. */
  readonly endWithinMs: number;
}

/** What a part tells its supervisor. */
export interface PartEvents {
  /** A process has come or gone. */
  changed(): void;
  /** It died by itself and is started again. */
  died(name: string, how: string): void;
}

/** Waits before the starts that follow a death, while one death follows another. */
const RESTART_AFTER_MS = [0, 500, 1000, 2000];
/** A part that lived this long has recovered: its next restart is at once again. */
const SETTLED_MS = 5000;

/** Runs a part and starts it again whenever it dies, until {@link Part.end}. */
export class Part {
  readonly #definition: PartDefinition;
  readonly #logs: Logs;
  readonly #record: ProcessRecord;
  readonly #events: PartEvents;
  #child?: ChildProcess;
  #gone: Promise<void> = Promise.resolve();
  readonly #ending = new AbortController();
  #deathsInARow = 0;

  constructor(definition: PartDefinition, parts: { logs: Logs; record: ProcessRecord; events: PartEvents }) {
    this.#definition = definition;
    this.#logs = parts.logs;
    this.#record = parts.record;
    this.#events = parts.events;
  }

  get name(): string {
    return this.#definition.name;
  }

  /** Absent while it has no process. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the part and resolves when it is ready. Throws with the end of its log when it is not within the limit. */
  async start(withinMs = 60_000): Promise<void> {
    this.#spawn();
    const giveUpAt = Date.now() + withinMs;
    while (!(await this.#definition.isReady())) {
      if (this.#ending.signal.aborted) return;
      if (Date.now() > giveUpAt || this.#deathsInARow > 4) {
        const log = this.#logs.path(this.name);
        throw new Error(`${this.name} does not start. The end of ${log}:\n\n${this.#logs.tail(this.name)}`);
      }
      await pause(50);
    }
  }

  /** Asks the process to end, kills it when its time is over, and does not start it again. */
  async end(): Promise<void> {
    this.#ending.abort();
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    signal(pid, 'SIGTERM');
    const timer = setTimeout(() => signal(pid, 'SIGKILL'), this.#definition.endWithinMs);
    await this.#gone;
    clearTimeout(timer);
  }

  /** Kills the process at once and does not start it again. */
  kill(): void {
    this.#ending.abort();
    if (this.#child?.pid !== undefined) signal(this.#child.pid, 'SIGKILL');
  }

  #spawn(): void {
    const { name, command, env } = this.#definition;
    const startedAt = Date.now();
    const log = this.#logs.open(name);
    // A group of its own: Ctrl-C reaches the supervisor alone, which ends the parts in order.
    const child = spawn(command.program, command.args, {
      env: { ...surroundings(), ...env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    if (identity) this.#record.add(name, identity);
    this.#events.changed();
    this.#gone = new Promise((resolve) => {
      const gone = (how: string) => {
        if (this.#child !== child) return;
        this.#child = undefined;
        if (child.pid !== undefined) this.#record.remove(child.pid);
        this.#events.changed();
        resolve();
        if (!this.#ending.signal.aborted) void this.#startAgain(how, Date.now() - startedAt);
      };
      child.once('error', (fault) => gone(fault.message));
      child.once('exit', (code, by) => gone(by ?? `code ${code}`));
    });
  }

  async #startAgain(how: string, afterMs: number): Promise<void> {
    this.#deathsInARow = afterMs > SETTLED_MS ? 1 : this.#deathsInARow + 1;
    this.#events.died(this.name, how);
    const last = RESTART_AFTER_MS.length - 1;
    const { signal: ending } = this.#ending;
    const waitMs = RESTART_AFTER_MS[Math.min(this.#deathsInARow - 1, last)];
    await pause(waitMs, undefined, { signal: ending }).catch(() => undefined);
    if (!ending.aborted) this.#spawn();
  }
}

/** What every program needs of the machine, and nothing of what the person's shell holds beside. */
function surroundings(): Record<string, string> {
  const names = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'JAVA_HOME', 'SystemRoot'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
