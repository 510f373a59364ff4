import { join } from 'node:path';
import { ProcessRecord } from './leftovers';
import { Logs } from './logs';
import { Part, type PartDefinition, type PartEvents } from './part';

/** Keeps parts running: starts them, starts again what dies, ends them in order. */
export class Supervisor {
  readonly #logs: Logs;
  readonly #record: ProcessRecord;
  readonly #events: PartEvents;
  readonly #parts: Part[] = [];
  #ending = false;

  /** @param folder where logs (`logs/<part>.log`) and the record of processes are kept */
  constructor(folder: string, events: PartEvents) {
    this.#logs = new Logs(join(folder, 'logs'));
    this.#record = new ProcessRecord(join(folder, 'processes.json'));
    this.#events = events;
  }

  /** Ends what an earlier supervisor of this folder started and could not end; returns the names of those parts. */
  endLeftovers(): Promise<string[]> {
    return this.#record.endLeftovers();
  }

  /** The process ids of the parts that have one at the moment. */
  get running(): ReadonlyMap<string, number> {
    return new Map(this.#parts.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid] as const])));
  }

  /** Starts parts side by side and resolves when all are ready. Throws where one is not, or when the end has begun. */
  async start(definitions: readonly PartDefinition[]): Promise<void> {
    if (this.#ending) throw new Error('The sandbox is ending.');
    const own = { logs: this.#logs, record: this.#record, events: this.#events };
    const parts = definitions.map((definition) => new Part(definition, own));
    this.#parts.push(...parts);
    await Promise.all(parts.map((part) => part.start()));
  }

  /** Ends the parts, those that were started last first, since they lean on the others. */
  async end(groups: readonly (readonly string[])[]): Promise<void> {
    this.#ending = true;
    const named = new Set(groups.flat());
    const others = this.#parts.filter(({ name }) => !named.has(name));
    await Promise.all(others.map((part) => part.end()));
    for (const names of groups) {
      await Promise.all(this.#parts.filter(({ name }) => names.includes(name)).map((part) => part.end()));
    }
    this.#logs.end();
  }

  /** Kills everything at once. */
  kill(): void {
    this.#ending = true;
    for (const part of this.#parts) part.kill();
  }
}
