import type { TargetRef, UpdateOutcome } from '../connectors/connector';
import { record } from './folder-copy';
import type { Step } from './folder-counters';
import type { GoneItem } from './gone-items';
import type { EntryOutcome } from './ledger';
import type { MailboxPair } from './mailbox-pair';
import { removeReplaced } from './remove-replaced';
import { removeTargets } from './remove-targets';
import { changedByUser } from './send-parcel';
import type { TakenFolder, TakenFolders } from './taken-folders';
import { bare } from './works';

/**
 * Removes from the target what is gone from the source, and says so in the ledger; what its user has changed there is left, and said.
 * A folder in which something is still on its way is passed over: its next copy settles that first.
 *
 * @param moved whether the items are at the source under another key
 * @returns how many were removed
 */
export async function removeGone(
  pair: MailboxPair,
  taken: TakenFolders,
  items: readonly GoneItem[],
  moved: boolean,
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  const most = pair.target.capabilities.itemsPerRequest;
  for (const [folderKey, ofFolder] of byFolder(items)) {
    const folder = await taken.open(folderKey);
    if (folder.session.document.pending.length > 0) continue;
    for (let at = 0; at < ofFolder.length; at += most)
      removed += await removeSome(pair, folder, ofFolder.slice(at, at + most), moved, signal);
    await folder.session.saveChanges();
    pair.board.set(folder.session.document, true);
  }
  return removed;
}

function byFolder(items: readonly GoneItem[]): Map<string, GoneItem[]> {
  const folders = new Map<string, GoneItem[]>();
  for (const item of items) {
    const ofFolder = folders.get(item.folderKey);
    if (ofFolder) ofFolder.push(item);
    else folders.set(item.folderKey, [item]);
  }
  return folders;
}

async function removeSome(
  pair: MailboxPair,
  { session, keys }: TakenFolder,
  items: readonly GoneItem[],
  moved: boolean,
  signal: AbortSignal,
): Promise<number> {
  const parcel = session.begin(items.map(({ entry }) => bare(entry)));
  await session.save();
  const copy = { pair, session, signal };
  await removeReplaced(
    copy,
    items.map(({ entry, target }) => ({ ...target, sourceKey: entry.sourceKey })),
  );
  const outcomes = await removeTargets(
    copy,
    items.map(({ target }) => target),
  );
  const steps = items.flatMap(({ entry, target }, at): Step[] => {
    const outcome = outcomeOf(outcomes[at], target, moved);
    return outcome ? [{ before: entry, after: { ...bare(entry), outcome } }] : [];
  });
  await record({ pair, session, keys, onProgress: () => {} }, parcel, steps);
  return steps.filter(({ after }) => after.outcome.kind === 'removed').length;
}

/** Absent where it could not be removed: then it is judged again. */
function outcomeOf(
  outcome: UpdateOutcome | undefined,
  { targetId }: TargetRef,
  moved: boolean,
): EntryOutcome | undefined {
  if (outcome?.kind === 'failed') return undefined;
  if (outcome?.kind === 'changedByOther')
    return { kind: 'skipped', reason: changedByUser, keptTargetId: targetId };
  return { kind: 'removed', ...(moved && { moved }) };
}
