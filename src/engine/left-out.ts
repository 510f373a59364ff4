import type { PlannedDocument } from './ensure-folders';
import type { FolderDocument } from './ledger';
import type { MailboxPair } from './mailbox-pair';
import type { TakenFolders } from './taken-folders';

/** The filter of a watermark that was left behind: whoever comes back to the folder lists it from the beginning. */
const listAnew = 'left out';

/**
 * Counts the items of folders the filter leaves out, by the source's own count: all that it holds beyond what is in the ledger.
 */
export async function noteLeftOut(
  pair: MailboxPair,
  taken: TakenFolders,
  folders: readonly PlannedDocument[],
  known: ReadonlyMap<string, FolderDocument>,
): Promise<void> {
  for (const { folderKey, plan } of folders) {
    if (!plan.leftOut) continue;
    const before = known.get(folderKey);
    const filtered = Math.max(0, plan.itemCount - (before?.counters.found ?? 0));
    const isNoted = (before?.watermark?.filter ?? listAnew) === listAnew;
    if (isNoted && (before?.counters.filtered ?? 0) === filtered) continue;
    const { session } = await taken.open(folderKey);
    const { counters, watermark } = session.document;
    session.set({ counters: { ...counters, filtered: Math.max(0, plan.itemCount - counters.found) } });
    if (watermark) session.setWatermark({ filter: listAnew });
    await session.save();
    pair.board.set(folderKey, session.document.counters, true);
  }
}
