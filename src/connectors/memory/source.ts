import type {
  Change,
  ChangePage,
  ItemFormat,
  ItemRef,
  ReadItem,
  SourceFolder,
  SourceMailbox,
} from '../connector';
import { itemStream } from './content';
import { folderGone } from './faults';
import { MemoryMailbox } from './mailbox';
import type { MemoryFolder, MemoryItem } from './store';

export class MemorySource extends MemoryMailbox implements SourceMailbox {
  listFolders(signal: AbortSignal): Promise<SourceFolder[]> {
    return this.ask('listFolders', () => this.foldersUnder(undefined), signal);
  }

  listChanges(folderKey: string, since: string | undefined, signal: AbortSignal): Promise<ChangePage> {
    return this.ask(
      'listChanges',
      () => {
        this.lookUp(folderKey);
        const page = this.store.page(folderKey, since, this.pageItems);
        const changes: Change[] = page.changed.map((item) => change(item, page.told));
        for (const sourceKey of page.gone) changes.push({ kind: 'gone', sourceKey });
        return { changes, state: page.state, more: page.more, reset: page.reset };
      },
      signal,
    );
  }

  async *readItems(
    folderKey: string,
    refs: readonly ItemRef[],
    _format: ItemFormat,
    signal: AbortSignal,
  ): AsyncGenerator<ReadItem> {
    if (refs.length > this.capabilities.itemsPerRequest)
      throw new RangeError('too many items in one request');
    const steps = refs.map((ref) => () => this.readItem(folderKey, ref));
    for (const item of await this.send({ kind: 'readItems', steps }, signal)) {
      signal.throwIfAborted();
      yield item;
    }
  }

  private readItem(folderKey: string, ref: ItemRef): ReadItem {
    this.lookUp(folderKey);
    const item = this.store.item(folderKey, ref.sourceKey);
    if (!item) return { ref, gone: true };
    if (item.unreadable) return { ref, failed: item.unreadable };
    if (item.busy) return { ref, again: item.busy() };
    const { itemClass, read, date, content, changeKey } = item;
    return {
      ref,
      changeKey,
      sizeBytes: content.sizeBytes,
      open: () => itemStream({ itemClass, read, date }, content),
    };
  }

  private lookUp(folderKey: string): void {
    const { folders, denied } = this.store;
    if (!folders.has(folderKey) || denied.has(folderKey)) throw folderGone('source');
  }

  private foldersUnder(parentId: string | undefined): SourceFolder[] {
    return [...this.store.folders.values()]
      .filter((folder) => folder.parentId === parentId)
      .flatMap((folder) => [sourceFolder(folder), ...this.foldersUnder(folder.id)]);
  }
}

function sourceFolder({ id, parentId, name, wellKnown, folderClass, items }: MemoryFolder): SourceFolder {
  let sizeBytes = 0;
  for (const { content } of items.values()) sizeBytes += content.sizeBytes;
  return { key: id, parentKey: parentId, name, wellKnown, folderClass, itemCount: items.size, sizeBytes };
}

function change(item: MemoryItem, told: number): Change {
  const { id: sourceKey, changeKey, read, itemClass, date, moveKey, content } = item;
  if (item.contentChanged <= told) return { kind: 'flags', sourceKey, changeKey, flags: { read } };
  return { kind: 'put', sourceKey, changeKey, sizeBytes: content.sizeBytes, itemClass, date, moveKey };
}
