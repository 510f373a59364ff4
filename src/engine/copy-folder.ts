import type { FaultText } from '../domain/faults';
import type { ItemFilter } from '../domain/item-filter';
import type { FolderCounters } from './ledger';
import type { MailboxPair } from './mailbox-pair';

export interface CopyFolderOrder {
  /** From `planFolders`. */
  position: number;
  /** Higher than any given to this pair before. */
  fence: number;
  filter: ItemFilter;
  /** Puts what failed before again. */
  retryFailed: boolean;
}

export type CopyFolderResult =
  | {
      kind: 'done';
      counters: FolderCounters;
      /** Changes the source told in this call; 0 says that the folder is up to date. */
      changes: number;
    }
  /** Another attempt holds the folder under this higher (or the same) fence: go above it. */
  | { kind: 'fenced'; by: number }
  /** This folder alone cannot be copied; named in the report. */
  | { kind: 'refused'; text: FaultText }
  /** The source no longer has the folder. */
  | { kind: 'gone' };

/**
 * Brings everything that changed in a source folder since its watermark into its target folder, mends what `verifyPass` noted, and
 * moves the watermark. Resumable: an attempt that ended in any way is taken up by the next one under a higher fence.
 *
 * @param onProgress called with the folder's counters whenever they change; those of the mailbox are `pair.counters()`
 * @throws Fault of the mailbox (`retryable`: schedule the folder again; other kinds close the mailbox); the signal's reason when
 *   aborted, after what was in flight has ended
 */
export async function copyFolder(
  pair: MailboxPair,
  order: CopyFolderOrder,
  signal: AbortSignal,
  onProgress: (counters: FolderCounters) => void = () => {},
): Promise<CopyFolderResult> {
  void [pair, order, signal, onProgress];
  throw new Error('copyFolder follows');
}
