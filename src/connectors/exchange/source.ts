import type {
  Change,
  ChangePage,
  ItemFormat,
  ItemRef,
  ReadItem,
  SourceFolder,
  SourceMailbox,
} from '../connector';
import { capabilitiesOf, type ExchangeTimes } from './capabilities';
import { guarded, guardedEach } from './guard';
import { Cards } from './item/cards';
import {
  appointmentStart,
  deliveryTime,
  folderSize,
  folderType,
  hiddenFolder,
  searchKey,
  seriesEnd,
} from './item/properties';
import { ItemReader } from './item/read';
import type { Opened } from './open';
import { findFolders, type ListedFolder } from './operations/find-folder';
import { wellKnownFolders } from './operations/get-folder';
import { syncFolderItems, type SyncedChange } from './operations/sync-folder-items';
import { textOf } from './soap/element';
import { isTrue } from './soap/message';
import { propertyOf } from './soap/property';

const listShape = {
  fields: ['item:ItemClass', 'item:Size'],
  properties: [searchKey, deliveryTime, appointmentStart, seriesEnd],
};
const searchFolder = '2';

/** A mailbox on an Exchange, read over EWS. Folder and source keys are EWS ids, which survive renames and change with a move. */
export function exchangeSource(opened: Opened, times: ExchangeTimes): SourceMailbox {
  const { session, identity, rootId } = opened;
  const cards = new Cards(session);
  const reader = new ItemReader(session, cards);
  return {
    identity,
    capabilities: capabilitiesOf(session.settings, times),
    close: () => session.close(),

    listFolders: (signal) =>
      guarded({ side: 'source', about: 'other' }, signal, async () => {
        const known = await wellKnownFolders(session, signal);
        const listed = await findFolders(session, [hiddenFolder, folderType, folderSize], signal);
        const shown = parentsFirst(listed, rootId).filter(isShown(listed));
        return shown.map((folder) => sourceFolder(folder, rootId, known.get(folder.id)));
      }),

    listChanges: (folderKey, since, signal) =>
      guarded({ side: 'source', about: 'folder' }, signal, async (): Promise<ChangePage> => {
        const page = await syncFolderItems(session, folderKey, since, listShape, signal);
        const changes = page.changes.map(changeOf);
        for (const each of changes)
          if (each.kind === 'put') cards.note(each.sourceKey, each.itemClass, each.sizeBytes);
        return { changes, state: page.state, more: page.more, reset: page.reset };
      }),

    readItems: (
      _folderKey: string,
      refs: readonly ItemRef[],
      _format: ItemFormat,
      signal: AbortSignal,
    ): AsyncIterable<ReadItem> =>
      guardedEach({ side: 'source', about: 'read' }, signal, () => reader.read(refs, signal)),
  };
}

/** Each folder after its parent; what hangs on nothing that is listed comes last, directly under the root. */
export function parentsFirst(folders: readonly ListedFolder[], rootId: string): ListedFolder[] {
  const below = new Map<string, ListedFolder[]>();
  for (const each of folders) below.set(each.parentId, [...(below.get(each.parentId) ?? []), each]);
  const ordered: ListedFolder[] = [];
  const seen = new Set<string>();
  const take = (from: string) => {
    const queue = [from];
    for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
      for (const each of below.get(parent) ?? []) {
        if (seen.has(each.id)) continue;
        seen.add(each.id);
        ordered.push(each);
        queue.push(each.id);
      }
    }
  };
  take(rootId);
  for (const each of folders) {
    if (seen.has(each.id)) continue;
    seen.add(each.id);
    ordered.push({ ...each, parentId: rootId });
    take(each.id);
  }
  return ordered;
}

/** Search folders hold no items of their own; hidden folders are an application's, not the user's, with all below them. */
function isShown(folders: readonly ListedFolder[]): (folder: ListedFolder) => boolean {
  const byId = new Map(folders.map((each) => [each.id, each]));
  const isLeftOut = (each: ListedFolder) =>
    each.isSearch ||
    propertyOf(each.element, folderType) === searchFolder ||
    isTrue(propertyOf(each.element, hiddenFolder));
  return (folder) => {
    const seen = new Set<string>();
    for (let at: ListedFolder | undefined = folder; at && !seen.has(at.id); at = byId.get(at.parentId)) {
      if (isLeftOut(at)) return false;
      seen.add(at.id);
    }
    return true;
  };
}

function sourceFolder(
  folder: ListedFolder,
  rootId: string,
  wellKnown: SourceFolder['wellKnown'],
): SourceFolder {
  const sizeBytes = Number(propertyOf(folder.element, folderSize) ?? NaN);
  return {
    key: folder.id,
    ...(folder.parentId === rootId ? {} : { parentKey: folder.parentId }),
    name: folder.name,
    ...(wellKnown ? { wellKnown } : {}),
    folderClass: folder.folderClass,
    itemCount: folder.itemCount,
    ...(Number.isFinite(sizeBytes) ? { sizeBytes } : {}),
  };
}

function changeOf(change: SyncedChange): Change {
  if (change.kind === 'gone') return { kind: 'gone', sourceKey: change.id };
  const ref = { sourceKey: change.id, changeKey: change.changeKey };
  if (change.kind === 'readFlag' || !change.item)
    return { kind: 'flags', ...ref, flags: { read: change.read ?? false } };
  const moveKey = propertyOf(change.item, searchKey);
  const date = isoOf(propertyOf(change.item, appointmentStart) ?? propertyOf(change.item, deliveryTime));
  const lastDate = isoOf(propertyOf(change.item, seriesEnd));
  return {
    kind: 'put',
    ...ref,
    sizeBytes: Math.max(0, Number(textOf(change.item, 'Size') ?? 0) || 0),
    itemClass: textOf(change.item, 'ItemClass') ?? '',
    ...(date === undefined ? {} : { date }),
    ...(lastDate === undefined ? {} : { lastDate }),
    ...(moveKey ? { moveKey } : {}),
  };
}

function isoOf(stated: string | undefined): string | undefined {
  const at = Date.parse(stated ?? '');
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
