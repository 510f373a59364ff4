import { note } from './copy-works';
import type { Step } from './folder-counters';
import type { FolderDocument, KnownEntry } from './ledger';
import { listSource } from './list-source';
import type { MailboxPair } from './mailbox-pair';
import { newestBySlice } from './newest-entries';
import type { TakenFolders } from './taken-folders';
import { onceGone } from './works';

/** The entries of a parcel travel twice in one document each. */
const notesAtOnce = 200;

/**
 * Says in the ledger which items of a folder the source no longer has, where it did not tell: all of a folder that is gone, and those
 * that a listing of the folder does not name. Which they are is in memory, a slice of the folder at once.
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
  const isThere = (entry: KnownEntry) => onceGone(entry) !== undefined;
  for await (const newest of newestBySlice(pair, folder, isThere, signal)) {
    if (newest.some && !folder.plan.gone)
      for await (const { sourceKey } of listSource(pair, folder, undefined, signal)) newest.drop(sourceKey);
    let steps: Step[] = [];
    for await (const before of newest.entries()) {
      const after = onceGone(before);
      if (after) steps.push({ before, after });
      if (steps.length < notesAtOnce) continue;
      await note(noting, steps);
      steps = [];
    }
    vanished ||= newest.some;
    await note(noting, steps);
  }
  session.set({ relisted: false, closed: folder.plan.gone });
  await session.save();
  return vanished;
}
