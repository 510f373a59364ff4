/**
 * What became of the source items of a folder or of a whole mailbox. Each item stands under exactly one of these words, so that
 * at every moment `found` is the sum of the others.
 *
 * An item is a source key in its source folder, and the figures tell of the two mailboxes and not of one run: passes, deltas, retries
 * and later starts go on with them.
 */
export interface ItemCounts {
  /**
   * Items that Mailporter has looked at and knows the fate of. One that is gone at the source stays counted while the target holds it;
   * one that moved at the source is counted in the folder where it is.
   */
  found: number;
  /** In the target because Mailporter put it there, also where the target's user has changed, moved or removed it since. */
  copied: number;
  /**
   * In the target with Mailporter's stamp though the ledger knew nothing of it: from a migration whose ledger was lost or set back.
   * Becomes `copied` when a newer version of it is put.
   */
  alreadyThere: number;
  /** Left out by the filter, and not in the target. */
  filtered: number;
  /** Not in the target because the target takes no such item; an issue. */
  skipped: number;
  /** Not in the target, or not in its newest version, because reading or putting it failed; an issue. */
  failed: number;
}

/** The words an item stands under. */
export const fates = ['copied', 'alreadyThere', 'filtered', 'skipped', 'failed'] as const;
export type Fate = (typeof fates)[number];

/** The figures of one folder, with sizes as the source states them. */
export interface FolderCounters extends ItemCounts {
  foundBytes: number;
  /** Of those that are in the target, put by Mailporter or already there. */
  copiedBytes: number;
  /** Of those that the filter left out. Absent in figures that 0.1.0 has kept, which counted no such sizes. */
  filteredBytes?: number;
  /** Of those that were found, those that the source is known to have no more. Absent in figures of 0.1.0, which counted none such. */
  sourceGone?: number;
}

export const noCounters: Readonly<FolderCounters> = {
  found: 0,
  foundBytes: 0,
  copied: 0,
  copiedBytes: 0,
  filteredBytes: 0,
  sourceGone: 0,
  alreadyThere: 0,
  filtered: 0,
  skipped: 0,
  failed: 0,
};

/** As much of an outcome in the ledger as says under which word its item stands. */
export type CountedOutcome =
  | { kind: 'copied'; alreadyThere?: boolean }
  | { kind: 'skipped'; keptTargetId?: string }
  | { kind: 'failed' | 'filtered' | 'removed' };

/** @returns `undefined` for what is in neither mailbox any more: it is not counted */
export function fateOf(outcome: CountedOutcome): Fate | undefined {
  switch (outcome.kind) {
    case 'copied':
      return outcome.alreadyThere ? 'alreadyThere' : 'copied';
    case 'skipped':
      // It was copied once; what its user did to it in the target is left to him.
      return outcome.keptTargetId === undefined ? 'skipped' : 'copied';
    case 'failed':
    case 'filtered':
      return outcome.kind;
    case 'removed':
      return undefined;
  }
}

/** Whether these figures add up. */
export function agrees(counts: ItemCounts): boolean {
  return disagreementOf(counts) === undefined;
}

/** Figures that do not add up. */
export interface Disagreement {
  /** The folder, or the mailbox, whose figures they are; absent where they are those of everything together. */
  of?: string;
  found: number;
  /** The sum of what stands under the other words. */
  accounted: number;
}

/** What is wrong with these figures; `undefined` where they add up. */
export function disagreementOf(counts: ItemCounts, of?: string): Disagreement | undefined {
  const accounted = fates.reduce((sum, fate) => sum + counts[fate], 0);
  if (counts.found === accounted) return undefined;
  return { ...(of === undefined ? {} : { of }), found: counts.found, accounted };
}

/** The sum of several folders or mailboxes. */
export function sumOf<Counts extends ItemCounts>(counts: Iterable<Counts>): ItemCounts {
  const sum = { found: 0, copied: 0, alreadyThere: 0, filtered: 0, skipped: 0, failed: 0 };
  for (const one of counts) {
    sum.found += one.found;
    for (const fate of fates) sum[fate] += one[fate];
  }
  return sum;
}

/**
 * The figures that a person is shown, in this order, so that what is below the first adds up to it; what is nothing is left out, but
 * never the first two.
 */
export function sumLines(counts: ItemCounts): { word: 'found' | Fate; count: number }[] {
  const lines = (['found', ...fates] as const).map((word) => ({ word, count: counts[word] }));
  return lines.filter(({ word, count }) => count > 0 || word === 'found' || word === 'copied');
}

/** Items that are in the target. */
export function inTarget({ copied, alreadyThere }: ItemCounts): number {
  return copied + alreadyThere;
}

/** Items that are not in the target and should be; each is named in the report. */
export function issuesIn({ skipped, failed }: ItemCounts): number {
  return skipped + failed;
}

/** How many items of its own count a source holds that are not among those found: at least so many, as it may not have told what went since. */
export function unaccounted({ found, sourceGone = 0 }: FolderCounters, itemCount: number): number {
  return Math.max(0, itemCount - (found - sourceGone));
}

/** Whether nothing is in doubt of what was listed of a folder; a watermark alone says no more than that the pages before it are done. */
export function isListed({ watermark, pending }: ListedFolder): boolean {
  return watermark?.source !== undefined && pending.length === 0;
}

/** Whether the source, by its own count, holds nothing more than was found. */
export function isAccountedFor({ plan, counters }: CountedFolder): boolean {
  return unaccounted(counters, plan.itemCount) === 0;
}

interface ListedFolder {
  watermark?: { source?: unknown };
  pending: readonly unknown[];
}
interface CountedFolder {
  plan: Pick<PlanOfCounters, 'itemCount'>;
  counters: FolderCounters;
}

/**
 * A folder's figures as reports state them. Of a folder that cannot be copied everything that the source says it holds, and that is
 * not accounted for, has failed with it; of one that the filter leaves out it is left out.
 */
export function countersOf(
  { refused, leftOut, gone, itemCount }: PlanOfCounters,
  counters: FolderCounters,
): FolderCounters {
  const others = gone ? 0 : unaccounted(counters, itemCount);
  const fate = leftOut ? 'filtered' : refused === undefined ? undefined : 'failed';
  if (others === 0 || fate === undefined) return counters;
  return { ...counters, found: counters.found + others, [fate]: counters[fate] + others };
}

/** As much of a folder's plan as its figures depend on. */
export interface PlanOfCounters {
  /** Set where the folder cannot be copied. */
  refused?: unknown;
  leftOut?: boolean;
  gone?: boolean;
  /** The source's own count. */
  itemCount: number;
}
