import type { ItemRef, SourceState, TargetState } from '../connectors/connector';
import type { ItemReason } from '../domain/faults';

/**
 * The port to what is kept of a copy: one document per folder, and the ledger, one append-only document per parcel.
 *
 * Every write is one atomic single-document operation, durable (majority, journaled) before it resolves, and may be repeated.
 * Writes to a folder are made under a fence: they write nothing and answer `false` where another fence stands there.
 * A store that cannot be reached rejects with a retryable `Fault`.
 */

export interface FolderId {
  pairId: string;
  /** The source folder's key. */
  folderKey: string;
}

export interface Watermark {
  /** All changes up to here are in the target. */
  source?: SourceState;
  /** All our stamps up to here are in the ledger. */
  target?: TargetState;
  /** Hash of the filter `source` was reached under. */
  filter: string;
}

/** A parcel that may have been put. */
export interface PendingParcel {
  parcelId: string;
  /** Grows by one per parcel of the folder; of several entries for a key the highest counts. */
  seq: number;
  entries: ItemRef[];
}

export type EntryOutcome =
  | { kind: 'copied'; targetId: string; targetChangeKey: string }
  | { kind: 'skipped'; reason: ItemReason }
  | { kind: 'failed'; reason: ItemReason }
  /** The source item is gone and its target item was removed by us (a move, or a deletion that is followed). */
  | { kind: 'removed' };

export interface LedgerEntry extends ItemRef {
  moveKey?: string;
  itemClass: string;
  sizeBytes: number;
  /** ISO 8601, as `PutChange.date`. */
  date?: string;
  outcome: EntryOutcome;
}

export interface LedgerParcel extends FolderId {
  parcelId: string;
  seq: number;
  entries: LedgerEntry[];
}

/** Absolute figures of one folder, computed from what is known and never incremented blindly. */
export interface FolderCounters {
  /** Items listed at the source in this listing, filter applied. */
  found: number;
  foundBytes: number;
  copied: number;
  copiedBytes: number;
  /** Left out by the filter. */
  filtered: number;
  skipped: number;
  failed: number;
}

export interface FolderDocument extends FolderId {
  fence: number;
  /** False from `take` until `release`: an attempt may still have something on its way. */
  released: boolean;
  watermark?: Watermark;
  pending: PendingParcel[];
  /** Ids of the parcels in the ledger since the watermark. */
  parcels: string[];
  /** The highest seq given out. */
  seq: number;
  counters: FolderCounters;
}

/** What a fenced write sets; what is absent stays. */
export interface FolderPatch {
  pending?: PendingParcel[];
  parcels?: string[];
  seq?: number;
  watermark?: Watermark;
  counters?: FolderCounters;
}
