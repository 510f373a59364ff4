import { note } from './copy-works';
import type { Step } from './folder-counters';
import type { FolderDocument, KnownEntry } from './ledger';
import { listSource } from './list-source';
import type { MailboxPair } from './mailbox-pair';
import { newestEntriesBySlice } from './newest-entries';
import type { TakenFolders } from './taken-folders';
import { onceGone } from './works';

/** The entries of a parcel travel twice in one document each. */
const notesAtOnce = 200;

/**
 * Says in the ledger which items of a folder the source no longer has, where it did not tell: all of a folder that is gone, and those
 * that a listing of the folder does not name. A slice of the folder is in memory at once.
 *
 * @returns whether there was anything to say
 */
export async function noteVanished(
  pair: MailboxPair,
  taken: TakenFolders,
  folder: FolderDocument,
  signal: AbortSignal,
): Promise<boolean> {
  let vanished = false;
  const { session, keys } = await taken.open(folder.folderKey);
  const noting = { pair, session, keys, onProgress: () => {} };
  for await (const newest of newestEntriesBySlice(pair.ledger, folder)) {
    const left = new Map<string, KnownEntry>();
    for (const entry of newest.values()) if (onceGone(entry)) left.set(entry.sourceKey, entry);
    if (left.size > 0 && !folder.plan.gone)
      for await (const { sourceKey } of listSource(pair, folder, undefined, signal)) left.delete(sourceKey);
    vanished ||= left.size > 0;
    let steps: Step[] = [];
    for (const before of left.values()) {
      const after = onceGone(before);
      if (after) steps.push({ before, after });
      if (steps.length < notesAtOnce) continue;
      await note(noting, steps);
      steps = [];
    }
    await note(noting, steps);
  }
  session.set({ relisted: false, closed: folder.plan.gone });
  await session.save();
  return vanished;
}
