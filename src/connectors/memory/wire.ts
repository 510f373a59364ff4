import type { Fault } from '../../domain/faults';

export type WireKind =
  | 'listFolders'
  | 'listChanges'
  | 'readItems'
  | 'ensureFolder'
  | 'putItems'
  | 'listAdded'
  | 'updateItems'
  | 'setFlags'
  | 'removeItems';

/** A request on its way: what the store does for it, step by step, one answer per step. */
export interface WireRequest<Answer> {
  kind: WireKind;
  /** Each step runs once at most, in order; those of one request may be seen half done by others. */
  steps: readonly (() => Answer)[];
  /** The answer for a step that was surely not done; absent where the kind of request has none. */
  again?: (fault: Fault) => Answer;
}

/** How requests reach the store. A test's own wire loses, delays and repeats what it likes. */
export interface MemoryWire {
  send<Answer>(request: WireRequest<Answer>, signal: AbortSignal): Promise<Answer[]>;
}

/** Everything arrives at once. */
export const directWire: MemoryWire = {
  async send({ steps }, signal) {
    signal.throwIfAborted();
    return steps.map((step) => step());
  },
};
