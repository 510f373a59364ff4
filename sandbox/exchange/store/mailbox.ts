import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ContentStore } from '../content/content-store';
import type { StoreIdentity } from './ids';
import { changeKey, folderId, itemId } from './ids';
import { Journal } from './journal';
import type { FolderRecord, Item, StoreRecord, Tombstone } from './records';
import type { MailboxSettings } from './settings';
import { folderElementOf, WELL_KNOWN_FOLDERS } from './well-known';

export interface Folder {
  record: FolderRecord;
  /** By counter, in the order in which they came into the folder. */
  readonly items: Map<number, Item>;
  readonly tombstones: Tombstone[];
}

/** What a new item needs; the store adds counters and change numbers. */
export type NewItem = Omit<Item, 'counter' | 'createSeq' | 'modSeq' | 'contentSeq' | 'searchKey'> & {
  readonly searchKey?: string;
};
export type NewFolder = Pick<FolderRecord, 'parent' | 'displayName' | 'folderClass'> & Partial<FolderRecord>;

/** One mailbox: contents on disk, everything else in memory and in the journal. Every change is synchronous, hence atomic. */
export class Mailbox {
  readonly folders = new Map<number, Folder>();
  readonly folderTombstones: Tombstone[] = [];
  /** Extended properties of items that were in folders when these were removed, since the process began. */
  readonly goneWithFolders: Item['ext'][] = [];
  /** Highest change number given out. */
  seq = 0;
  /** Sum of the items' sizes, for the quota. */
  usedBytes = 0;
  private lastCounter = 0;
  private readonly folderOf = new Map<number, number>();
  private readonly distinguished = new Map<string, number>();
  private journal: Journal | undefined;
  readonly contents: ContentStore;

  private constructor(
    readonly directory: string,
    public settings: MailboxSettings,
  ) {
    this.contents = new ContentStore(join(directory, 'content'));
  }

  /** Opens a mailbox directory; a new one gets the well-known folders. */
  static async open(directory: string, settings: MailboxSettings): Promise<Mailbox> {
    mkdirSync(directory, { recursive: true });
    const mailbox = new Mailbox(directory, settings);
    mailbox.journal = await Journal.open(join(directory, 'journal.jsonl'), (records) =>
      mailbox.apply(records),
    );
    if (mailbox.folders.size === 0) mailbox.makeWellKnownFolders();
    mailbox.contents.prune(mailbox.contentFiles());
    return mailbox;
  }

  get identity(): StoreIdentity {
    return this.settings;
  }

  folderByName(distinguished: string): Folder | undefined {
    const counter = this.distinguished.get(distinguished);
    return counter === undefined ? undefined : this.folders.get(counter);
  }

  item(counter: number): Item | undefined {
    const folder = this.folderOf.get(counter);
    return folder === undefined ? undefined : this.folders.get(folder)?.items.get(counter);
  }

  childrenOf(counter: number): Folder[] {
    return [...this.folders.values()].filter((folder) => folder.record.parent === counter);
  }

  folderIdOf(folder: FolderRecord): { id: string; changeKey: string } {
    return {
      id: folderId(this.identity, folder.counter),
      changeKey: changeKey(this.identity, 'Folder', folder.modSeq),
    };
  }

  itemIdOf(item: Item): { id: string; changeKey: string } {
    return {
      id: itemId(this.identity, item.folder, item.counter),
      changeKey: changeKey(this.identity, item.element, item.modSeq),
    };
  }

  addFolder(folder: NewFolder): FolderRecord {
    const seq = this.seq + 1;
    const record: FolderRecord = {
      ext: {},
      created: now(),
      element: folderElementOf(folder.folderClass),
      ...folder,
      counter: this.lastCounter + 1,
      createSeq: seq,
      modSeq: seq,
    };
    this.commit([{ t: 'folder', folder: record }]);
    return record;
  }

  changeFolder(folder: FolderRecord, change: Partial<FolderRecord>): FolderRecord {
    const record = { ...folder, ...change, modSeq: this.seq + 1 };
    this.commit([{ t: 'folder', folder: record }]);
    return record;
  }

  /** Removes a folder with everything below it, in one transaction. */
  removeFolder(folder: FolderRecord): void {
    const gone: StoreRecord[] = [];
    const walk = (record: FolderRecord): void => {
      for (const below of this.childrenOf(record.counter)) walk(below.record);
      for (const { ext } of this.folders.get(record.counter)?.items.values() ?? [])
        this.goneWithFolders.push(ext);
      gone.push({
        t: 'folderGone',
        gone: {
          counter: record.counter,
          folder: record.parent,
          createSeq: record.createSeq,
          seq: this.seq + 1 + gone.length,
        },
      });
    };
    walk(folder);
    this.commit(gone);
  }

  addItem(item: NewItem): Item {
    const seq = this.seq + 1;
    const made = this.numbered(item, seq);
    this.commit([{ t: 'item', item: made }]);
    return made;
  }

  /** Adds many in one transaction, for generated mailboxes. */
  addItems(items: readonly NewItem[]): void {
    let seq = this.seq;
    let counter = this.lastCounter;
    this.commit(
      items.map((item) => ({ t: 'item', item: { ...this.numbered(item, ++seq), counter: ++counter } })),
    );
  }

  changeItem(item: Item, change: Partial<Item>): Item {
    const seq = this.seq + 1;
    const onlyRead = Object.keys(change).every((key) => key === 'read' || key === 'modified');
    const changed = {
      ...item,
      modified: now(),
      ...change,
      modSeq: seq,
      contentSeq: onlyRead ? item.contentSeq : seq,
    };
    this.commit([{ t: 'item', item: changed }]);
    return changed;
  }

  /** A moved item has a new id; its search key stays. */
  moveItem(item: Item, folder: number): Item {
    const moved = this.numbered({ ...item, folder }, this.seq + 1);
    this.commit([
      { t: 'itemGone', gone: this.tombstone(item, this.seq + 1) },
      { t: 'item', item: moved },
    ]);
    return moved;
  }

  removeItem(item: Item): void {
    this.commit([{ t: 'itemGone', gone: this.tombstone(item, this.seq + 1) }]);
  }

  close(): void {
    this.journal?.close();
    this.contents.close();
  }

  /** A body may lie in a MIME that its item has no longer. */
  private contentFiles(): Set<string> {
    const files = new Set<string>();
    for (const { items } of this.folders.values()) {
      for (const { mime, body, plainBody, attachments } of items.values()) {
        const held = [
          mime,
          body?.content,
          plainBody?.content,
          ...attachments.map(({ data }) => data?.content),
        ];
        for (const ref of held) if (ref) files.add(ref.f);
      }
    }
    return files;
  }

  private tombstone(item: Item, seq: number): Tombstone {
    return { counter: item.counter, folder: item.folder, createSeq: item.createSeq, seq };
  }

  private numbered(item: NewItem, seq: number): Item {
    const searchKey = item.searchKey ?? randomBytes(16).toString('hex');
    return {
      ...item,
      searchKey,
      counter: this.lastCounter + 1,
      createSeq: seq,
      modSeq: seq,
      contentSeq: seq,
    };
  }

  private commit(records: StoreRecord[]): void {
    this.journal?.append(records);
    this.apply(records);
  }

  private apply(records: readonly StoreRecord[]): void {
    for (const record of records) {
      if (record.t === 'folder') this.applyFolder(record.folder);
      else if (record.t === 'item') this.applyItem(record.item);
      else if (record.t === 'itemGone') this.applyItemGone(record.gone);
      else this.applyFolderGone(record.gone);
    }
  }

  private applyFolder(record: FolderRecord): void {
    this.seen(record.counter, record.modSeq);
    const known = this.folders.get(record.counter);
    if (known) known.record = record;
    else this.folders.set(record.counter, { record, items: new Map(), tombstones: [] });
    if (record.distinguished) this.distinguished.set(record.distinguished, record.counter);
  }

  private applyItem(item: Item): void {
    this.seen(item.counter, item.modSeq);
    const folder = this.folders.get(item.folder);
    if (!folder) return;
    this.usedBytes += item.sizeBytes - (folder.items.get(item.counter)?.sizeBytes ?? 0);
    folder.items.set(item.counter, item);
    this.folderOf.set(item.counter, item.folder);
  }

  private applyItemGone(gone: Tombstone): void {
    this.seen(gone.counter, gone.seq);
    const folder = this.folders.get(gone.folder);
    this.usedBytes -= folder?.items.get(gone.counter)?.sizeBytes ?? 0;
    folder?.items.delete(gone.counter);
    folder?.tombstones.push(gone);
    this.folderOf.delete(gone.counter);
  }

  private applyFolderGone(gone: Tombstone): void {
    this.seen(gone.counter, gone.seq);
    const folder = this.folders.get(gone.counter);
    for (const item of folder?.items.values() ?? []) {
      this.usedBytes -= item.sizeBytes;
      this.folderOf.delete(item.counter);
    }
    if (folder?.record.distinguished) this.distinguished.delete(folder.record.distinguished);
    this.folders.delete(gone.counter);
    this.folderTombstones.push(gone);
  }

  private seen(counter: number, seq: number): void {
    this.lastCounter = Math.max(this.lastCounter, counter);
    this.seq = Math.max(this.seq, seq);
  }

  private makeWellKnownFolders(): void {
    for (const each of WELL_KNOWN_FOLDERS) {
      const parent = each.parent ? (this.distinguished.get(each.parent) ?? 0) : 0;
      const element = each.element ? { element: each.element } : {};
      this.addFolder({
        parent,
        displayName: each.displayName,
        folderClass: each.folderClass,
        distinguished: each.distinguished,
        ...element,
      });
    }
  }
}

/** Now in whole seconds, as Exchange keeps dates. */
export function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}
