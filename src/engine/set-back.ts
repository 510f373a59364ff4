import type { FencedOut } from './folder-session';
import type { FolderDocument } from './ledger';
import type { MailboxPair } from './mailbox-pair';

/**
 * To be called where the ledger turns out to know less than was done with it, as after a restored backup: what it lacks is entered by
 * the next `planFolders`, from the stamps of all target folders, before anything more is put. Repeating it is harmless.
 */
export async function distrustLedger({ id, ledger }: MailboxPair): Promise<void> {
  for (let isNoted = false; !isNoted;) {
    const known = await ledger.pair(id);
    isNoted = !known?.adopted || (await ledger.writePair(id, known, { adopted: false }));
  }
}

/**
 * To be called where an attempt is fenced out: a fence that is not above its own says that nobody has taken over, and that the ledger was
 * lost or set back beneath it.
 * @returns whether it was
 */
export async function distrustIfSetBack(
  pair: MailboxPair,
  fence: number,
  { by }: FencedOut,
): Promise<boolean> {
  if (by > fence) return false;
  await distrustLedger(pair);
  return true;
}

/**
 * The highest seq that was ever drawn for a folder, as far as parcels and this opening tell. It is above what its document knows where that
 * was set back, be it to an earlier moment than its parcels, as by a dump that was taken while they were written.
 */
export async function highestDrawn(pair: MailboxPair, folder: FolderDocument): Promise<number> {
  const { folderKey } = folder;
  for await (const { seq } of pair.ledger.stream(folder, folder.seq)) pair.saw({ folderKey, seq });
  return pair.saw(folder);
}

/**
 * To be called before a pair is taken under `fence`, for once it is taken nothing else tells: where the ledger has not heard of the
 * fences before it, the pair is marked as `feared`. Fences are given out one by one, so that either those attempts never began, or it was
 * set back since.
 */
export async function fearSetBack(pair: MailboxPair, fence: number): Promise<void> {
  const { id, ledger } = pair;
  for (let isNoted = false; !isNoted;) {
    const known = await ledger.pair(id);
    const isMissing = known?.adopted && !known.feared && (await highestFence(pair, known.fence)) < fence - 1;
    isNoted = !isMissing || (await ledger.writePair(id, known, { feared: true }));
  }
}

async function highestFence({ id, ledger }: MailboxPair, pairFence: number): Promise<number> {
  let highest = pairFence;
  // A comparison takes no folder.
  for await (const { fence, comparedBy = 0 } of ledger.folders(id))
    highest = Math.max(highest, fence, comparedBy);
  return highest;
}
