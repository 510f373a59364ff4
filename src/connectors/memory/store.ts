import type { Stamp } from '../connector';
import type { Fault, ItemReason } from '../../domain/faults';
import type { WellKnownFolder } from '../../domain/mailbox';
import { textContent, type MemoryContent } from './content';

export interface MemoryFolder {
  readonly id: string;
  parentId?: string;
  name: string;
  wellKnown?: WellKnownFolder;
  folderClass: string;
  /** Source folder key by pair id. */
  readonly marks: Map<string, string>;
  /** In the order of their last change. */
  readonly items: Map<string, MemoryItem>;
  /** Number of the change by which an item went, in that order. */
  readonly gone: Map<string, number>;
}

export interface MemoryItem {
  readonly id: string;
  /** Stays when the item moves. */
  readonly moveKey: string;
  changeKey: string;
  itemClass: string;
  content: MemoryContent;
  read: boolean;
  date?: string;
  /** By pair id. */
  readonly stamps: Map<string, Stamp>;
  /** Number of its last change of any kind, and of the last that was more than flags. */
  changed: number;
  contentChanged: number;
  /** Why it cannot be read. */
  unreadable?: ItemReason;
  /** The server is busy for this item alone. */
  busy?: () => Fault;
}

export interface NewItem {
  content?: MemoryContent;
  itemClass?: string;
  read?: boolean;
  date?: string;
  stamp?: Stamp;
}

export interface StorePage {
  changed: MemoryItem[];
  gone: string[];
  /** Up to this change the whole list was told before; 0 where it never was. What is older is known to whoever asks. */
  told: number;
  state: string;
  more: boolean;
  reset: boolean;
}

/** A mailbox in memory, a server's side of it: what users and administrators do to it are its methods. */
export class MemoryStore {
  readonly folders = new Map<string, MemoryFolder>();
  /** Folders of which the server says that they are not there, though it lists them. */
  readonly denied = new Set<string>();
  /** The server takes no request with more bytes of content. */
  requestLimitBytes = Infinity;
  /** Why the server takes an item or not. */
  refuses: (item: { itemClass: string; content: MemoryContent }) => ItemReason | undefined = () => undefined;
  private changes = 0;
  private generation = 1;

  constructor(readonly identity: string) {}

  addFolder(
    folder: Partial<Pick<MemoryFolder, 'parentId' | 'wellKnown' | 'folderClass'>> & { name: string },
  ): string {
    const id = `folder-${this.next()}`;
    const made: MemoryFolder = {
      folderClass: 'IPF.Note',
      ...folder,
      id,
      marks: new Map<string, string>(),
      items: new Map<string, MemoryItem>(),
      gone: new Map<string, number>(),
    };
    this.folders.set(id, made);
    return id;
  }

  /** Removes a folder with the folders in it. */
  removeFolder(id: string): void {
    this.folders.delete(id);
    for (const child of [...this.folders.values()]) if (child.parentId === id) this.removeFolder(child.id);
  }

  addItem(folderId: string, { stamp, ...given }: NewItem = {}): string {
    const number = this.next();
    const item: MemoryItem = {
      content: given.content ?? textContent(`item ${number}`),
      itemClass: given.itemClass ?? 'IPM.Note',
      read: given.read ?? false,
      date: given.date,
      id: `item-${number}`,
      moveKey: `move-${number}`,
      changeKey: `v${number}`,
      stamps: new Map(stamp ? [[stamp.pairId, stamp]] : []),
      changed: number,
      contentChanged: number,
    };
    this.folder(folderId).items.set(item.id, item);
    return item.id;
  }

  /** Changes what an item holds. @returns the new change key, or nothing where the item is not there */
  changeItem(
    folderId: string,
    itemId: string,
    change: Partial<Pick<MemoryItem, 'content' | 'itemClass' | 'date'>>,
  ) {
    return this.touch(folderId, itemId, (item) => {
      Object.assign(item, change);
      item.contentChanged = this.changes;
    });
  }

  setRead(folderId: string, itemId: string, read: boolean): string | undefined {
    return this.touch(folderId, itemId, (item) => void (item.read = read));
  }

  stampItem(folderId: string, itemId: string, stamp: Stamp): string | undefined {
    return this.touch(folderId, itemId, (item) => void item.stamps.set(stamp.pairId, stamp));
  }

  /** @returns whether it was there */
  removeItem(folderId: string, itemId: string): boolean {
    const folder = this.folder(folderId);
    if (!folder.items.delete(itemId)) return false;
    folder.gone.set(itemId, this.next());
    return true;
  }

  /** Puts back what was removed, as it was: under its id, in the version it had. */
  putBack(folderId: string, item: MemoryItem): void {
    const folder = this.folder(folderId);
    folder.gone.delete(item.id);
    const changed = this.next();
    folder.items.set(item.id, { ...item, changed, contentChanged: changed });
  }

  /** @returns the item's new id */
  moveItem(folderId: string, itemId: string, toFolderId: string): string {
    const id = this.copyItem(folderId, itemId, toFolderId, true);
    this.removeItem(folderId, itemId);
    return id;
  }

  /** Copies an item with all its properties, stamps too, as servers do. @returns the copy's id */
  copyItem(folderId: string, itemId: string, toFolderId: string, keepMoveKey = false): string {
    const item = this.item(folderId, itemId);
    if (!item) throw new Error(`no item ${itemId}`);
    const number = this.next();
    const copy: MemoryItem = {
      ...item,
      id: `item-${number}`,
      moveKey: keepMoveKey ? item.moveKey : `move-${number}`,
      changeKey: `v${number}`,
      stamps: new Map(item.stamps),
      changed: number,
      contentChanged: number,
    };
    this.folder(toFolderId).items.set(copy.id, copy);
    return copy.id;
  }

  item(folderId: string, itemId: string): MemoryItem | undefined {
    return this.folders.get(folderId)?.items.get(itemId);
  }

  items(folderId: string): MemoryItem[] {
    return [...this.folder(folderId).items.values()];
  }

  /** From now on no state that was given out holds. */
  expireStates(): void {
    this.generation += 1;
  }

  /** One page of what changed or went since a state, each item once, in the order of the last change. */
  page(folderId: string, state: string | undefined, most: number): StorePage {
    const [generation, number = 0, toldBefore = 0] = (state ?? `${this.generation}:0:0`)
      .split(':')
      .map(Number);
    const reset = generation !== this.generation;
    const [since, told] = reset ? [0, 0] : [number, toldBefore];
    const later = inOrder(this.folder(folderId), since, most + 1);
    const page = later.slice(0, most);
    // A page that ends the list speaks for everything so far, so that an empty one moves on too.
    const end = Math.max(this.changes, 1);
    const next = later.length > most ? `${page.at(-1)?.number}:${told}` : `${end}:${end}`;
    return {
      changed: page.flatMap(({ item }) => item ?? []),
      gone: page.flatMap(({ gone }) => gone ?? []),
      told,
      state: `${this.generation}:${next}`,
      more: later.length > most,
      reset,
    };
  }

  folder(id: string): MemoryFolder {
    const folder = this.folders.get(id);
    if (!folder) throw new Error(`no folder ${id}`);
    return folder;
  }

  private touch(folderId: string, itemId: string, change: (item: MemoryItem) => void): string | undefined {
    const folder = this.folders.get(folderId);
    const item = folder?.items.get(itemId);
    if (!folder || !item) return undefined;
    item.changed = this.next();
    item.changeKey = `v${item.changed}`;
    change(item);
    folder.items.delete(itemId);
    folder.items.set(itemId, item);
    return item.changeKey;
  }

  private next(): number {
    this.changes += 1;
    return this.changes;
  }
}

interface Later {
  number: number;
  item?: MemoryItem;
  gone?: string;
}

/** The first `most` changes after `since`. Both maps are in the order of their numbers already. */
function inOrder(folder: MemoryFolder, since: number, most: number): Later[] {
  const items: Later[] = [];
  for (const item of folder.items.values()) {
    if (item.changed > since) items.push({ number: item.changed, item });
    if (items.length === most) break;
  }
  if (since === 0) return items;
  const gone: Later[] = [];
  for (const [id, number] of folder.gone) {
    if (number > since) gone.push({ number, gone: id });
    if (gone.length === most) break;
  }
  return [...items, ...gone].sort((a, b) => a.number - b.number).slice(0, most);
}
