import type { AddedItem, TargetState } from '../connectors/connector';
import type { FolderCopy } from './folder-copy';
import type { FolderDocument, StampedItem } from './ledger';
import { listAny, targetFolders } from './list-target';

/**
 * Items of a folder that its target's user moved to another before the ledger heard of them: everything with the stamp of a pending
 * parcel in any other target folder. Costs a listing of the whole target.
 */
export async function findElsewhere({
  pair,
  session,
  target,
  signal,
}: Pick<FolderCopy, 'pair' | 'session' | 'target' | 'signal'>): Promise<StampedItem[]> {
  const { folderKey, pending } = session.document;
  const parcelIds = new Set(pending.map(({ parcelId }) => parcelId));
  const known: string[] = [];
  for await (const { plan } of pair.ledger.folders(pair.id))
    if (plan.targetId !== undefined && !plan.gone) known.push(plan.targetId);
  const found: StampedItem[] = [];
  for (const folder of await targetFolders(pair, known, signal)) {
    if (folder.id === target.id) continue;
    for await (const { added } of listAny(pair, folder, signal))
      found.push(
        ...added
          .filter(isStamped)
          .filter(({ stamp }) => stamp.folderKey === folderKey && parcelIds.has(stamp.parcelId)),
      );
  }
  return found;
}

/** By target folder up to where its source folder has settled it; absent where several share it, or the source has it no more. */
export function settledStates(folders: Iterable<FolderDocument>): Map<string, TargetState | undefined> {
  const states = new Map<string, TargetState | undefined>();
  for (const { plan, watermark } of folders) {
    if (plan.targetId === undefined || plan.gone) continue;
    states.set(plan.targetId, states.has(plan.targetId) ? undefined : watermark?.target);
  }
  return states;
}

export function isStamped(item: AddedItem): item is StampedItem {
  return item.stamp !== undefined;
}
