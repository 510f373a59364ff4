import { everything, type FilterSpec } from './item-filter';
import type { StartWindow } from './start-window';

/**
 * One way through a mailbox:
 * - `prestage`: only what is older than a date, weeks before the move.
 * - `full`: all that the filter accepts, where nothing was copied before or only a pre-stage was.
 * - `delta`: what has changed since.
 * - `cutOver`: the last one, after which the migration is done; it copies whatever the others have not.
 */
export const passKinds = ['prestage', 'full', 'delta', 'cutOver'] as const;
export type PassKind = (typeof passKinds)[number];

/** How the rows of a batch are moved. */
export interface BatchPlan {
  /** The first pass copies only items dated before this day (`YYYY-MM-DD`, of the filter's zone); absent, there is no pre-stage. */
  prestageOlderThan?: string;
  /** A delta pass follows this long after each pass; absent, only when asked for. */
  deltaEveryMs?: number;
  /** When the last pass is made: as the first and only one, at a moment (ISO 8601), or when an administrator asks for it. */
  cutOver: { kind: 'atOnce' } | { kind: 'at'; at: string } | { kind: 'byHand' };
  filter: FilterSpec;
  /** Whether what is deleted at the source between passes is removed from the target too. */
  followDeletions: boolean;
  startWindow?: StartWindow;
}

/** Rows without a batch belong to it, and a batch that nobody has edited is moved so: everything, in one pass. */
export const defaultBatch = 'Default';
export const defaultBatchPlan: BatchPlan = {
  cutOver: { kind: 'atOnce' },
  filter: everything,
  followDeletions: false,
};

/** What one pass is to do; workflows carry it. */
export interface PassOrder {
  kind: PassKind;
  filter: FilterSpec;
  followDeletions: boolean;
}

/** Whether passes under these orders leave out the same, and remove the same. */
export function isSameWork(one: PassOrder, other: PassOrder): boolean {
  return one.followDeletions === other.followDeletions && textOf(one.filter) === textOf(other.filter);
}

function textOf(filter: FilterSpec): string {
  return JSON.stringify(Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1)));
}
