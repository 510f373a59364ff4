import { readJson, writeJson } from './json-file';

/** A mailbox of a simulator with what signs in to it. */
export interface SampleMailbox {
  address: string;
  password: string;
}

/** What `.data/sandbox.json` says: where everything is and how to sign in. Addresses are URLs unless said otherwise. */
export interface SandboxFacts {
  admin: { url: string; email: string; password: string };
  temporal: {
    /** host:port */ address: string;
    /** Absent where Temporal was given from outside. */ ui?: string;
  };
  mongodb: string;
  inbox: { url: string; smtp: string };
  exchange: {
    name: string;
    ewsUrl: string;
    /** Path of a PEM file. */ ca: string;
    mailboxes: SampleMailbox[];
  }[];
  /** Process ids; those of a part that is being started again are absent for that moment. */
  pids: {
    web: number[];
    worker: number[];
    temporal?: number;
    mongodb?: number;
    inbox?: number;
    exchange: Record<string, number>;
    supervisor: number;
  };
}

/** `.data/sandbox.json`: rewritten as a whole, by rename, with each change. The supervisor is its only writer. */
export class FactsFile {
  readonly #file: string;
  #facts?: SandboxFacts;

  constructor(file: string) {
    this.#file = file;
  }

  /** What the last run wrote, or undefined. */
  readLast(): SandboxFacts | undefined {
    return readJson<SandboxFacts>(this.#file);
  }

  get facts(): SandboxFacts {
    if (!this.#facts) throw new Error('The facts of the sandbox are read before they are known.');
    return this.#facts;
  }

  write(facts: SandboxFacts): void {
    this.#facts = facts;
    writeJson(this.#file, facts);
  }

  /** Changes the facts once they are known; before that it does nothing. */
  change(change: (facts: SandboxFacts) => SandboxFacts): void {
    if (this.#facts) this.write(change(this.#facts));
  }
}

/** The process ids of `sandbox.json`, from those of the parts by name. */
export function pidsOf(
  running: ReadonlyMap<string, number>,
  exchangeNames: readonly string[],
): SandboxFacts['pids'] {
  const all = (name: RegExp) => [...running].filter(([part]) => name.test(part)).map(([, pid]) => pid);
  const exchange = exchangeNames.flatMap((name) => {
    const pid = running.get(`exchange-${name.toLowerCase()}`);
    return pid === undefined ? [] : [[name, pid] as const];
  });
  return {
    web: all(/^web$/),
    worker: all(/^worker(-\d+)?$/),
    temporal: running.get('temporal'),
    mongodb: running.get('mongodb'),
    inbox: running.get('inbox'),
    exchange: Object.fromEntries(exchange),
    supervisor: process.pid,
  };
}
