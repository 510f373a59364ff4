import type { TargetRef } from '../connectors/connector';
import type { Repairs } from './ledger';

/** Counts over the whole mailbox. */
export interface VerifyFindings {
  /** Source items of the pass that are neither in the ledger nor in the target, or there in an older version. */
  missing: number;
  /** Items in the target with our stamp that the ledger lacks. */
  unrecorded: number;
  /** Doubles of ours, to be removed. */
  doubled: number;
  /** Copies that others made of our items: left. */
  copies: number;
  /** In the ledger, but changed or removed in the target since: left. */
  changedByUser: number;
  /** Source items that came or changed after the watermarks: for the next pass. */
  arrivedSince: number;
}

/** An item that came late, and whose own target item was not found in its folder. */
export interface Suspect {
  sourceKey: string;
  /** The parcel of the item in the ledger. */
  parcelId: string;
  late: TargetRef[];
}

/** What was found in one folder. */
export interface FolderVerdict {
  findings: VerifyFindings;
  repairs: Repairs;
  suspects: Suspect[];
}

export function noFindings(): VerifyFindings {
  return { missing: 0, unrecorded: 0, doubled: 0, copies: 0, changedByUser: 0, arrivedSince: 0 };
}
