import type {
  AddedItem,
  ItemFlags,
  ItemRef,
  SourceState,
  Stamp,
  TargetRef,
  TargetState,
} from '../connectors/connector';
import type { FaultText, ItemReason } from '../domain/faults';
import type { FolderCounters } from '../domain/item-counts';
import type { WellKnownFolder } from '../domain/mailbox';
import type { VerifyCounts } from '../domain/migration';

/**
 * The port to what is kept of a copy: one document per pair, one per folder, and the ledger, one append-only document per parcel.
 *
 * Every write is one atomic single-document operation, durable (majority, journaled) before it resolves.
 * Writes under a fence write nothing and answer `false` where the document does not stand as its holder left it: another fence stands
 * there, or it was lost or set back.
 * A store that cannot be reached rejects with a retryable `Fault`; whether the write was done is then unknown, and the attempt ends:
 * its successor reads what stands there under a higher fence.
 */
export interface LedgerStore {
  pair(pairId: string): Promise<PairDocument | undefined>;
  /** Makes the pair's document where there is none, and takes it as `takeFolder` does. */
  takePair(pairId: string, fence: number): Promise<Taken<PairDocument>>;
  writePair(pairId: string, held: Held, patch: PairPatch): Promise<boolean>;

  folder(id: FolderId): Promise<FolderDocument | undefined>;
  /** Every folder of the pair that was ever planned, gone ones too; no order. */
  folders(pairId: string): AsyncIterable<FolderDocument>;
  /**
   * Takes a folder from a lower fence. Repeating it with the same fence is refused with that fence.
   * @param plan is set by the same write, and makes the document (nothing copied) where there is none
   * @returns the document as it stands after taking it, or the fence that refuses; absent where the folder was never planned
   */
  takeFolder(id: FolderId, fence: number, plan?: FolderPlan): Promise<Taken<FolderDocument> | undefined>;
  /** Sets what `patch` names; an empty patch proves the fence. */
  writeFolder(id: FolderId, held: Held, patch: FolderPatch): Promise<boolean>;
  /**
   * What `verifyPass` found in the folder, for reports, and where there is something for the folder's next copy to mend that too;
   * replaces what was noted before. Notes nothing where a higher fence has taken the folder or compared it since.
   * @param fence absent for a pass of 0.1.0, which gave none: what it finds is noted in any case
   */
  noteVerified(id: FolderId, fence: number | undefined, found: FoundInFolder): Promise<void>;

  /** Adds a parcel; a parcel of this id that is there already is left as it is, and that is success. */
  append(parcel: LedgerParcel): Promise<void>;
  /** Those of these parcels that are in the ledger; no order. */
  parcels(parcelIds: readonly string[]): Promise<LedgerParcel[]>;
  /** Every entry of these keys of a folder, in `seq` order; a key without one is absent. May cost a scan: see `known-keys.ts`. */
  lookUp(id: FolderId, sourceKeys: readonly string[]): Promise<Map<string, KnownEntry[]>>;
  /** The parcels of a folder with a `seq` above `after` (0 where absent), in `seq` order, a batch at a time in memory. */
  stream(id: FolderId, after?: number): AsyncIterable<LedgerParcel>;
}

/** A document as its holder left it: nobody else has written it since, and it was not set back. */
export interface Held {
  fence: number;
  /** How often it was written: one more with each taking and each write under a fence. */
  writes: number;
}

export type Taken<Document> = { kind: 'taken'; document: Document } | { kind: 'refused'; by: number };

export interface FolderId {
  pairId: string;
  /** The source folder's key. */
  folderKey: string;
}

/** What is kept of two mailboxes. */
export interface PairDocument extends Held {
  pairId: string;
  /** True while the making of a target folder may be on its way. */
  ensuring: boolean;
  /** True once the stamps of all target folders are in the ledger, so that it may be believed where it is silent. */
  adopted: boolean;
  /** True from when fences turn out to be missing until `planFolders` has found out whether the ledger was set back. */
  feared?: boolean;
  /** Places in the plan that were given out: 0 to `positions` - 1. */
  positions: number;
  /** By position the `seq` up to which `followGone` has judged what went and what came; a folder it has not judged is absent. */
  judged?: Record<number, number>;
  /** Which folder is the Inbox of a source that was replaced or restored, as it was seen when that stopped a pass. */
  replacedInbox?: string;
  /** The `replacedInbox` that an administrator has said is the right mailbox; it holds for no other. */
  acceptedInbox?: string;
}
export type PairPatch = Partial<
  Pick<PairDocument, 'ensuring' | 'adopted' | 'feared' | 'positions' | 'judged' | 'replacedInbox'>
>;

/** What `planFolders` knows of a folder. */
export interface FolderPlan {
  /** The folder's number in everything that leaves the worker; from 0, never changed, never given to another. */
  position: number;
  /** Absent directly under the root. */
  parentKey?: string;
  name: string;
  wellKnown?: WellKnownFolder;
  folderClass: string;
  /** The source's own count, a hint for progress. */
  itemCount: number;
  sizeBytes?: number;
  /** The target folder; absent until it was ensured, and where it was refused. */
  targetId?: string;
  /** Why the target has no such folder. */
  refused?: FaultText;
  /** True where the source no longer has it. */
  gone: boolean;
  /** True where the filter leaves its items out: they are counted as such, and what was copied before stays as it is. */
  leftOut?: boolean;
}

export interface Watermark {
  /** All changes up to here are in the target. */
  source?: SourceState;
  /** All our stamps up to here are in the ledger. */
  target?: TargetState;
  /** Hash of the filter `source` was reached under. */
  filter: string;
}

/** A parcel that may have been put. Without entries: the target folder itself may have been made. */
export interface PendingParcel {
  parcelId: string;
  /** Grows by one per parcel of the folder; of several entries for a key the highest counts. */
  seq: number;
  entries: PendingEntry[];
}

/** One version of an item as it was read, before it is known what became of it. */
export interface PendingEntry extends ItemRef {
  moveKey?: string;
  itemClass: string;
  sizeBytes: number;
  /** ISO 8601, as `PutChange.date`. */
  date?: string;
}

export type EntryOutcome =
  /**
   * With `alreadyThere` it was found by its stamp, and no parcel in the ledger had put it; with `sourceGone` the source no longer has
   * the item, and the target still holds it; with `outdated` the source has a newer version, which the filter left out.
   */
  | {
      kind: 'copied';
      targetId: string;
      targetChangeKey: string;
      alreadyThere?: true;
      sourceGone?: true;
      outdated?: true;
    }
  /**
   * With `keptTargetId` the target item was changed or removed by its user: it is left, and nothing is put in its place; with `sourceGone`
   * the source no longer has it.
   */
  | { kind: 'skipped'; reason: ItemReason; keptTargetId?: string; sourceGone?: true }
  /** With `older` the target still holds the version before; with `flags` that is the newest but for these, which could not be set. */
  | { kind: 'failed'; reason: ItemReason; older?: HeldVersion; flags?: ItemFlags }
  /** Left out by the filter; the target holds nothing of ours for it. */
  | { kind: 'filtered' }
  /** The source item is gone, `moved` to another key where it says so, and the target holds nothing of ours for it. */
  | { kind: 'removed'; moved?: true };

/** A target item of ours, and which version of its source item it holds; in ledgers of 0.1.0 that is not said of what is `older`. */
export interface HeldVersion extends TargetRef {
  /** The version's change key at the source. */
  changeKey?: string;
}

export interface LedgerEntry extends PendingEntry {
  outcome: EntryOutcome;
  /** Of an entry made from a stamp, the parcel that put the item: of several versions found one by one that of the highest `seq` counts. */
  putBy?: string;
}

/** An entry with the parcel it stands in. */
export interface KnownEntry extends LedgerEntry {
  parcelId: string;
  seq: number;
  adopted: boolean;
}

export interface LedgerParcel extends FolderId {
  parcelId: string;
  seq: number;
  /** True where the entries were made from stamps found in the target: size, class, date and `moveKey` are not known. */
  adopted: boolean;
  entries: LedgerEntry[];
}

/** What `verifyPass` found and `copyFolder` mends under its fence. */
export interface Repairs {
  /** Something of the source is missing: list it from the beginning. */
  relistSource: boolean;
  /** The target has a stamp that the ledger lacks: list it from the beginning. */
  relistTarget: boolean;
  /** Doubles of ours, to be removed. */
  remove: { sourceKey: string; target: TargetRef }[];
  /** Items of the folder that its target's user has moved elsewhere, to be entered into the ledger. */
  adopt: StampedItem[];
}

/** A target item that carries our stamp. */
export type StampedItem = AddedItem & { stamp: Stamp };

/** What a comparison of both mailboxes found in one folder. */
export interface VerifiedFolder {
  /** When; ISO 8601. */
  at: string;
  /** Everything the target folder holds, whoever put it there. */
  targetCount: number;
  findings: VerifyCounts;
  /** Items that are not as they should be, as far as they are named: a bounded number per folder. */
  named: NamedDifference[];
}

/** An item that a server refuses as busy, again and again. */
export interface BusyItem {
  sourceKey: string;
  /** How often it was refused when it alone was asked for. */
  tries: number;
  /** Of what the server asked to wait at these times, the sum. */
  waitedMs: number;
  /** Items of the mailbox that were in the target the first of these times. */
  taken: number;
  /** Whether others were taken after it. */
  isProven: boolean;
}

export interface FoundInFolder {
  verified: VerifiedFolder;
  /** Absent where nothing is to be mended; what was noted before then stays. */
  repairs?: Repairs;
}

/** Never a subject. */
export interface NamedDifference {
  kind: 'missing' | 'doubled' | 'different';
  itemClass: string;
  sizeBytes: number;
  /** ISO 8601. */
  date?: string;
}

export interface FolderDocument extends FolderId, Held {
  plan: FolderPlan;
  watermark?: Watermark;
  pending: PendingParcel[];
  /** The highest seq given out. */
  seq: number;
  /** Parcels with a seq above this are in the ledger if they were ever found done: one that is not there came late. */
  completeSince: number;
  /** Each parcel is counted once: in the write that takes it out of `pending`. */
  counters: FolderCounters;
  repairs?: Repairs;
  /** The highest seq of a parcel that says of an item that the source no longer has it. */
  goneSeq?: number;
  /** True where the source was listed anew: what went before that was not told, and `followGone` is to look for it. */
  relisted?: boolean;
  /** True where the folder is gone and its items were noted as gone with it. */
  closed?: boolean;
  /** Items that a server refuses as busy while it takes others, as long as they are not done: a bounded number. */
  busy?: BusyItem[];
  /**
   * The fewest items of one request that were all refused as busy, and none was taken since, or only in a round in which they were refused
   * once more: fewer are asked for at once. 0 for none.
   */
  refusedTogether?: number;
  /** Items that were refused as busy together in the round that a wait last ended, with the mailbox: a bounded number. */
  refusedKeys?: string[];
  /**
   * How often those that are refused as busy and for which `busy` has no room have changed places with those that are in it, and none was
   * taken since; odd while it is the turn of these.
   */
  busyTurns?: number;
  /** The highest seq when a retry began that has not come to its end: what failed later is none of it. 0 where there is none. */
  retrySeq?: number;
  /** Which retry that is. */
  retryName?: string;
  /** Absent until the folder was compared. */
  verified?: VerifiedFolder;
  /** The highest fence that has compared it. */
  comparedBy?: number;
}

/** What a fenced write sets; what is absent stays. `null` takes a field away. */
export interface FolderPatch {
  plan?: FolderPlan;
  pending?: PendingParcel[];
  seq?: number;
  completeSince?: number;
  watermark?: Watermark | null;
  counters?: FolderCounters;
  goneSeq?: number;
  relisted?: boolean;
  closed?: boolean;
  busy?: BusyItem[];
  refusedTogether?: number;
  refusedKeys?: string[];
  busyTurns?: number;
  retrySeq?: number;
  retryName?: string;
  repairs?: null;
}
