import { setTimeout as pause } from 'node:timers/promises';
import { readJson, writeJson } from '../json-file';
import { lives, type ProcessIdentity } from './identity';

const ASK_MS = 5000;

/** The processes that a supervisor has started, on disk, so that the next one can end what this one could not. */
export class ProcessRecord {
  readonly #file: string;
  #processes: (ProcessIdentity & { part: string })[];

  constructor(file: string) {
    this.#file = file;
    this.#processes = readJson<(ProcessIdentity & { part: string })[]>(file) ?? [];
  }

  /** Ends the processes of an earlier run that still live; returns the parts they were. */
  async endLeftovers(): Promise<string[]> {
    const leftovers = this.#processes.filter(lives);
    await Promise.all(leftovers.map(endProcess));
    this.#processes = [];
    this.#write();
    return leftovers.map(({ part }) => part);
  }

  add(part: string, identity: ProcessIdentity): void {
    this.#processes = [...this.#processes.filter(lives), { part, ...identity }];
    this.#write();
  }

  remove(pid: number): void {
    this.#processes = this.#processes.filter((known) => known.pid !== pid);
    this.#write();
  }

  #write(): void {
    writeJson(this.#file, this.#processes);
  }
}

/** Asks a process and its group to end and insists after five seconds; resolves when it is gone. */
async function endProcess(identity: ProcessIdentity): Promise<void> {
  signal(identity.pid, 'SIGTERM');
  for (const giveUpAt = Date.now() + ASK_MS; lives(identity) && Date.now() < giveUpAt;) await pause(50);
  if (lives(identity)) signal(identity.pid, 'SIGKILL');
  while (lives(identity)) await pause(20);
}

/** Sends a signal to the process group that `pid` leads, else to the process. Silent where it is gone. */
export function signal(pid: number, name: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, name);
      return;
    } catch {
      continue;
    }
  }
}
