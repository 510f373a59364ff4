import type { ItemFilter } from '../domain/item-filter';
import type { MailboxPair } from './mailbox-pair';

/** Counts over the whole mailbox. */
export interface VerifyFindings {
  /** Source items of the pass that are neither in the ledger nor in the target. */
  missing: number;
  /** Items in the target with our stamp that the ledger lacks. */
  unrecorded: number;
  /** Doubles of ours, to be removed. */
  doubled: number;
  /** Copies that others made of our items: left. */
  copies: number;
  /** In the ledger, but changed or removed in the target since: left. */
  changedByUser: number;
  /** Source items that came after the watermarks: for the next pass. */
  arrivedSince: number;
}

export interface VerifyResult {
  findings: VerifyFindings;
  /** Positions whose folder needs another `copyFolder`, which mends what was found; then verify again. */
  repair: number[];
}

/**
 * Compares the source at its watermarks with the ledger, and the ledger with a fresh listing of the target. It only finds and notes
 * (in the folder documents); `copyFolder` of the folders in `repair` mends. To be called when no folder of the pair is being copied.
 *
 * @param onProgress called as folders are dealt with
 * @throws Fault of the mailbox
 */
export async function verifyPass(
  pair: MailboxPair,
  { filter }: { filter: ItemFilter },
  signal: AbortSignal,
  onProgress: () => void = () => {},
): Promise<VerifyResult> {
  void [pair, filter, signal, onProgress];
  throw new Error('verifyPass follows');
}
