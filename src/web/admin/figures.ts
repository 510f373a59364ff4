import type { RequestHandler } from 'express';
import { batchNames, needsSomebody } from '../../models/mail-user-list';
import { countStatesOfBatches, sumCounters, type StateCounts } from '../../models/mail-user-counts';
import { placesInQueue } from '../../models/slots';
import { readThroughput } from '../../models/throughput';
import { Shared } from '../shared';

const dayMs = 86_400_000;
/** Less than the time after which a page asks again, so that each refresh may bring something. */
const heldForMs = 4_000;
const rowsNeedingSomebody = 8;

export type Figures = ReturnType<typeof createFigures>;

/**
 * What the database reads all mail users, or all that wait, for. Each page of this process gets it from here.
 * @param now a clock that never goes back, ms
 */
export function createFigures(now?: () => number) {
  const all: Shared<unknown>[] = [];
  const shared = <T>(work: () => Promise<T>) => {
    const result = new Shared(work, heldForMs, now);
    all.push(result);
    return () => result.get();
  };
  /** Whoever opens a page sees what is so now; pages that stand open and ask again share what is read. */
  const forgetUnlessAskedAgain: RequestHandler = (request, _response, next) => {
    if (!request.get('hx-request')) all.forEach((each) => each.forget());
    next();
  };
  const statesOfBatches = shared(countStatesOfBatches);
  return {
    forgetUnlessAskedAgain,
    /** How many mail users pages show in each state, by batch. */
    statesOfBatches,
    /** How many mail users pages show in each state. */
    statesOfAll: async () => sumOf(await statesOfBatches()),
    /** The figures of all mailboxes together. */
    sums: shared(() => sumCounters()),
    /** Rows that go on only when somebody acts; some of them. */
    needsSomebody: shared(() => needsSomebody(rowsNeedingSomebody)),
    /** Of batches that mail users are in. */
    batchNames: shared(batchNames),
    /** As of `placesInQueue`; whoever is not among them waits for nothing. */
    placesInQueue: shared(() => placesInQueue(new Date())),
    /** The minutes of the last day. */
    throughput: shared(() => readThroughput(new Date(Date.now() - dayMs))),
  };
}

/** The states of all batches together. */
export function sumOf(batches: ReadonlyMap<string, StateCounts>): StateCounts {
  const all: StateCounts = new Map();
  for (const counts of batches.values())
    for (const [state, count] of counts) all.set(state, (all.get(state) ?? 0) + count);
  return all;
}
