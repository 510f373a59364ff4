import type { AddedItem, TargetState } from '../connectors/connector';
import { unknownItems } from './adopt';
import type { FolderCopy } from './folder-copy';
import type { FolderDocument, StampedItem } from './ledger';
import { listAny, targetFolders } from './list-target';
import type { MailboxPair } from './mailbox-pair';

/**
 * Items of a folder that its target's user moved to another before the ledger heard of them: everything with the folder's stamp that
 * came to any other target folder since that one was last settled. Costs a request for each target folder, and a listing of those that
 * no source folder is copied into.
 */
export async function findElsewhere({
  pair,
  session,
  target,
  signal,
}: Pick<FolderCopy, 'pair' | 'session' | 'target' | 'signal'>): Promise<StampedItem[]> {
  const { folderKey } = session.document;
  const folders: FolderDocument[] = [];
  for await (const one of pair.ledger.folders(pair.id)) folders.push({ ...one, pending: [] });
  const states = settledStates(folders);
  const found = new Map<string, StampedItem>();
  for (const folder of await targetFolders(pair, [...states.keys()], signal)) {
    if (folder.id === target.id) continue;
    for await (const { added } of listAny(pair, folder, signal, states.get(folder.id))) {
      for (const { stamp, ...item } of added)
        if (stamp?.folderKey === folderKey) found.set(item.targetId, { ...item, stamp });
    }
  }
  return [...new Map([...(pair.strays.get(folderKey) ?? []), ...found]).values()];
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

/** Keeps in mind what was met in another folder's place, for as long as the mailbox is open: its own copy may look for it. */
export async function noteStrays(pair: MailboxPair, items: readonly StampedItem[]): Promise<void> {
  for (const item of await unknownItems(pair, items)) {
    const { folderKey } = item.stamp;
    const known = pair.strays.get(folderKey) ?? new Map<string, StampedItem>();
    pair.strays.set(folderKey, known.set(item.targetId, item));
  }
}
