import type { ItemKind, WellKnownFolder } from '../domain/mailbox';
import type { MailboxPair } from './mailbox-pair';

/** A folder as the workflow may know it: no name, no key. */
export interface PlannedPosition {
  /** What `copyFolder` and `verifyPass` call the folder; kept for good. */
  position: number;
  wellKnown?: WellKnownFolder;
  /** What kind of items the folder is for, from its container class. */
  kind: ItemKind;
  /** The source's own counts, hints for progress. */
  itemCount: number;
  sizeBytes: number;
}

export type PlanResult =
  | {
      kind: 'planned';
      /** In the order to copy: parents before children. */
      folders: PlannedPosition[];
      /** Positions of folders the target refuses; named in the report, the others go on. */
      refused: number[];
    }
  /** Another attempt holds the pair under this higher (or the same) fence: go above it. */
  | { kind: 'fenced'; by: number };

/**
 * Lists the source's folders, makes the target's, and keeps the plan in the ledger's folder documents: positions of known folders
 * stay, new ones are appended. Where the ledger knows nothing of the pair, the stamps in all target folders are entered into
 * it, before anything is put. To be called at the beginning of a pass and of each sweep; repeatable.
 *
 * @param fence higher than any given to this pair before
 * @param onProgress called as folders are dealt with
 * @throws Fault of the mailbox; `fatal` with `checkSourceMailbox` where a mailbox known as full lists as empty
 */
export async function planFolders(
  pair: MailboxPair,
  { fence }: { fence: number },
  signal: AbortSignal,
  onProgress: () => void = () => {},
): Promise<PlanResult> {
  void [pair, fence, signal, onProgress];
  throw new Error('planFolders follows');
}
