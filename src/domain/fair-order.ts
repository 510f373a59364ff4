/** Somebody who waits for a slot of two connectors. */
export interface Waiting {
  id: string;
  batch: string;
  /** When it asked; any number that grows. */
  since: number;
  sourceConnectorId: string;
  targetConnectorId: string;
}

export interface Places {
  /** Slots held now, by batch. */
  heldByBatch: ReadonlyMap<string, number>;
  /** Slots free now, by connector; a connector that is absent has none. */
  free: ReadonlyMap<string, number>;
  /** How many may be given slots at all now. */
  most: number;
  /** Batches as `turnsAfter` keeps them. */
  turns: readonly string[];
}

/**
 * How many more than workers have room for may have slots. Who has slots and finds no room stands in line where Temporal keeps no order
 * that could be relied on, so that of so many one that came later may be opened first. With none, a worker that has closed a mailbox would
 * wait for the gate's next look, which counts where a pass takes seconds.
 * @param capacity how many mailboxes all workers can open at once
 */
export function aheadOfRoom(capacity: number): number {
  return Math.max(1, Math.ceil(capacity / 4));
}

/** Of more batches than these nobody remembers whose turn was longest ago. */
const turnsKept = 100;

/**
 * Batches by when each was given a slot last, newest last.
 * @param given the batches of those that were given one since, in their order
 */
export function turnsAfter(turns: readonly string[], given: readonly string[]): string[] {
  // A set keeps what comes first: looked at from its end, the newest.
  return [...new Set([...turns, ...given].reverse())].slice(0, turnsKept).reverse();
}

/**
 * Who gets slots now: batches in turn (whoever holds least is next, and of these whoever was given one longest ago), oldest first in each;
 * those whose connector is full are passed over and keep their place.
 */
export function chooseFairly(
  waiting: readonly Waiting[],
  { heldByBatch, free, most, turns }: Places,
): Waiting[] {
  const left = new Map(free);
  const lastTurn = new Map(turns.map((batch, at) => [batch, at]));
  const held = new Map(heldByBatch);
  const queues = new Map<string, Waiting[]>();
  for (const one of [...waiting].sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))) {
    const queue = queues.get(one.batch);
    if (queue === undefined) queues.set(one.batch, [one]);
    else queue.push(one);
  }
  const chosen: Waiting[] = [];
  const take = () =>
    chosen.length < most ? takeNext(queues, { heldByBatch: held, lastTurn, free: left }) : undefined;
  for (let next = take(); next !== undefined; next = take()) {
    chosen.push(next);
    lastTurn.set(next.batch, turns.length + chosen.length);
    held.set(next.batch, (held.get(next.batch) ?? 0) + 1);
    for (const id of [next.sourceConnectorId, next.targetConnectorId]) left.set(id, (left.get(id) ?? 0) - 1);
  }
  return chosen;
}

/** Places are told up to this one. */
export const lastPlaceTold = 1_000;

/**
 * The places of those who wait before one hindrance: the order in which slots would be handed out if they came free one after the other
 * now; 1 is the next. Who asks or gives back later changes it. One more than the last that is told stands for all behind it.
 */
export function fairPlaces(
  waiting: readonly Waiting[],
  { heldByBatch, turns }: Pick<Places, 'heldByBatch' | 'turns'>,
): Map<string, number> {
  const ids = waiting.flatMap(({ sourceConnectorId, targetConnectorId }) => [
    sourceConnectorId,
    targetConnectorId,
  ]);
  const free = new Map(ids.map((id) => [id, Infinity]));
  const order = chooseFairly(waiting, { heldByBatch, free, turns, most: lastPlaceTold });
  return new Map([
    ...waiting.map(({ id }) => [id, lastPlaceTold + 1] as const),
    ...order.map(({ id }, index) => [id, index + 1] as const),
  ]);
}

/**
 * Those who wait, by what they wait for: whoever comes through a full connector competes for it with everybody else who does, whatever his
 * other one; full connectors that somebody needs together are one queue. Those whose connectors are not full wait for workers where these
 * are full, else for the gate's next look.
 */
export function queuesOf(
  waiting: readonly Waiting[],
  isFull: (connectorId: string) => boolean,
  areWorkersFull: boolean,
): Waiting[][] {
  const joinedTo = new Map<string, string>();
  const headOf = (id: string): string => {
    const next = joinedTo.get(id);
    return next === undefined ? id : headOf(next);
  };
  const fullOf = ({ sourceConnectorId, targetConnectorId }: Waiting) =>
    [sourceConnectorId, targetConnectorId].filter(isFull);
  for (const one of waiting) {
    const [first, second] = fullOf(one).map(headOf);
    if (first !== undefined && second !== undefined && first !== second) joinedTo.set(second, first);
  }
  const queues = new Map<string, Waiting[]>();
  for (const one of waiting) {
    const [full] = fullOf(one);
    const pair = `${one.sourceConnectorId} ${one.targetConnectorId}`;
    const hindrance = full === undefined ? (areWorkersFull ? 'workers' : pair) : headOf(full);
    const queue = queues.get(hindrance);
    if (queue === undefined) queues.set(hindrance, [one]);
    else queue.push(one);
  }
  return [...queues.values()];
}

/** How often each is among them. */
export function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function takeNext(
  queues: Map<string, Waiting[]>,
  {
    heldByBatch,
    lastTurn,
    free,
  }: Pick<Places, 'heldByBatch' | 'free'> & { lastTurn: ReadonlyMap<string, number> },
): Waiting | undefined {
  const heldBy = (batch: string) => heldByBatch.get(batch) ?? 0;
  const turnOf = (batch: string) => lastTurn.get(batch) ?? -1;
  const order = [...queues].sort(
    ([a, [headA]], [b, [headB]]) =>
      heldBy(a) - heldBy(b) || turnOf(a) - turnOf(b) || (headA?.since ?? 0) - (headB?.since ?? 0),
  );
  for (const [, queue] of order) {
    const at = queue.findIndex(
      ({ sourceConnectorId, targetConnectorId }) =>
        (free.get(sourceConnectorId) ?? 0) > 0 && (free.get(targetConnectorId) ?? 0) > 0,
    );
    const [taken] = at < 0 ? [] : queue.splice(at, 1);
    if (taken !== undefined) return taken;
  }
  return undefined;
}
