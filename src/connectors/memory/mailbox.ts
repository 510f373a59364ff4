import type { Capabilities, Mailbox } from '../connector';
import { closed } from './faults';
import type { MemoryStore } from './store';
import { directWire, type MemoryWire, type WireRequest } from './wire';

export interface MemoryOptions {
  capabilities?: Partial<Capabilities>;
  /** Most changes in a page of a list. */
  pageItems?: number;
  wire?: MemoryWire;
}

const defaults: Capabilities = {
  formats: ['memory'],
  delta: ['flags', 'gone', 'move'],
  itemsPerRequest: 50,
  bytesPerRequest: 4 * 1024 * 1024,
  connections: 4,
  settleMs: 60_000,
};

/** What source and target have in common: a store, the way to it, and an end. */
export class MemoryMailbox implements Mailbox {
  readonly identity: string;
  readonly capabilities: Capabilities;
  protected readonly pageItems: number;
  private readonly wire: MemoryWire;
  private readonly ended = new AbortController();

  constructor(
    protected readonly store: MemoryStore,
    { capabilities, pageItems = 100, wire = directWire }: MemoryOptions = {},
  ) {
    this.identity = store.identity;
    this.capabilities = { ...defaults, ...capabilities };
    this.pageItems = pageItems;
    this.wire = wire;
  }

  async close(): Promise<void> {
    this.ended.abort(closed());
  }

  protected async send<Answer>(request: WireRequest<Answer>, signal: AbortSignal): Promise<Answer[]> {
    signal.throwIfAborted();
    this.ended.signal.throwIfAborted();
    return this.wire.send(request, AbortSignal.any([signal, this.ended.signal]));
  }

  /** A request with a single answer. */
  protected async ask<Answer>(kind: WireRequest<Answer>['kind'], step: () => Answer, signal: AbortSignal) {
    const [answer] = await this.send({ kind, steps: [step] }, signal);
    return answer as Answer;
  }
}
