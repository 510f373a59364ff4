import type { ItemFormat, TargetFolder } from '../connectors/connector';
import type { FolderCounters } from '../domain/item-counts';
import type { ItemFilter } from '../domain/item-filter';
import type { FolderSession } from './folder-session';
import { type Step } from './folder-counters';
import type { FolderDocument, LedgerEntry, PendingParcel } from './ledger';
import type { KnownKeys } from './known-keys';
import type { MailboxPair } from './mailbox-pair';

/** One attempt at one folder, and what all of its steps need. */
export interface FolderCopy {
  readonly pair: MailboxPair;
  readonly session: FolderSession;
  readonly keys: KnownKeys;
  readonly target: TargetFolder;
  readonly filter: ItemFilter;
  readonly format: ItemFormat;
  /** Others had their time: what still gives no answer is named in the report. */
  readonly giveUp: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (counters: FolderCounters) => void;
  /** What the round that is under way has noted of items that are refused, whatever was taken since; begun with each round. */
  noted: RoundNotes;
}

export type RoundNotes = Pick<FolderDocument, 'refusedTogether' | 'refusedKeys' | 'busyTurns'>;

/** Enters a parcel into the ledger and takes it out of `pending` with the next write. */
export async function record(
  { pair, session, keys, onProgress }: Pick<FolderCopy, 'pair' | 'session' | 'keys' | 'onProgress'>,
  parcel: PendingParcel,
  steps: readonly Step[],
  adopted = false,
): Promise<void> {
  const { pairId, folderKey } = session.document;
  const entries: LedgerEntry[] = steps.map(({ after }) => after);
  if (entries.length > 0) {
    await pair.ledger.append({
      pairId,
      folderKey,
      parcelId: parcel.parcelId,
      seq: parcel.seq,
      adopted,
      entries,
    });
    keys.add(entries);
  }
  session.finish(parcel.parcelId, steps);
  pair.board.set(session.document, session.document.plan.gone);
  onProgress(session.document.counters);
}
