import type { PutChange, TargetRef } from '../connectors/connector';
import type { FolderCounters } from '../domain/item-counts';
import type { VerifyCounts } from '../domain/migration';
import type { NamedDifference, Repairs } from './ledger';

/** Items named per folder; the findings count the others. */
const mostNamed = 200;

/** What can only be judged once it is known whether the item stands in another target folder. */
export type Question =
  /** Items that came late, and whose own target item was not found in its folder. */
  | {
      kind: 'late';
      sourceKey: string;
      /** The parcel of the item in the ledger. */
      parcelId: string;
      late: TargetRef[];
      named: NamedDifference;
    }
  /** A source item that neither the ledger nor its target folder has. */
  | { kind: 'unknown'; sourceKey: string; named: NamedDifference };

/** What was found in one folder. */
export interface FolderVerdict {
  /** Everything the target folder holds. */
  targetCount: number;
  findings: VerifyCounts;
  named: NamedDifference[];
  repairs: Repairs;
  questions: Question[];
  /** The folder's figures as its parcels say them; absent where it could not be gone through, or something is pending. */
  counters?: FolderCounters;
}

export function noVerdict(): FolderVerdict {
  const repairs = { relistSource: false, relistTarget: false, remove: [], adopt: [] };
  return { targetCount: 0, findings: noFindings(), named: [], repairs, questions: [] };
}

export function noFindings(): VerifyCounts {
  return {
    missing: 0,
    unrecorded: 0,
    doubled: 0,
    different: 0,
    copies: 0,
    changedByUser: 0,
    arrivedSince: 0,
  };
}

export function addUp(sum: VerifyCounts, more: VerifyCounts): void {
  for (const name of Object.keys(sum) as (keyof VerifyCounts)[]) sum[name] += more[name];
}

/** Counts `count` items that are not as they should be, and names one as long as there is room. */
export function report({ findings, named }: FolderVerdict, difference: NamedDifference, count = 1): void {
  findings[difference.kind] += count;
  if (named.length < mostNamed) named.push(difference);
}

export function nameOf(
  kind: NamedDifference['kind'],
  { itemClass, sizeBytes, date }: Pick<PutChange, 'itemClass' | 'sizeBytes' | 'date'>,
): NamedDifference {
  return { kind, itemClass, sizeBytes, ...(date === undefined ? {} : { date }) };
}

export function needsMending({ relistSource, relistTarget, remove, adopt }: Repairs): boolean {
  return relistSource || relistTarget || remove.length > 0 || adopt.length > 0;
}
