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
}

/**
 * Who gets slots now: batches in turn (whoever holds least is next), oldest first in each; those whose connector is full are passed
 * over and keep their place.
 */
export function chooseFairly(waiting: readonly Waiting[], { heldByBatch, free }: Places): Waiting[] {
  const left = new Map(free);
  const held = new Map(heldByBatch);
  const queues = new Map<string, Waiting[]>();
  for (const one of [...waiting].sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))) {
    const queue = queues.get(one.batch);
    if (queue === undefined) queues.set(one.batch, [one]);
    else queue.push(one);
  }
  const chosen: Waiting[] = [];
  for (let next = takeNext(queues, held, left); next !== undefined; next = takeNext(queues, held, left)) {
    chosen.push(next);
    held.set(next.batch, (held.get(next.batch) ?? 0) + 1);
    for (const id of [next.sourceConnectorId, next.targetConnectorId]) left.set(id, (left.get(id) ?? 0) - 1);
  }
  return chosen;
}

function takeNext(
  queues: Map<string, Waiting[]>,
  held: ReadonlyMap<string, number>,
  left: ReadonlyMap<string, number>,
): Waiting | undefined {
  const order = [...queues].sort(
    ([a, [headA]], [b, [headB]]) =>
      (held.get(a) ?? 0) - (held.get(b) ?? 0) || (headA?.since ?? 0) - (headB?.since ?? 0),
  );
  for (const [, queue] of order) {
    const at = queue.findIndex(
      ({ sourceConnectorId, targetConnectorId }) =>
        (left.get(sourceConnectorId) ?? 0) > 0 && (left.get(targetConnectorId) ?? 0) > 0,
    );
    const [taken] = at < 0 ? [] : queue.splice(at, 1);
    if (taken !== undefined) return taken;
  }
  return undefined;
}
