import {
  textContent,
  type MemoryFolder,
  type MemoryItem,
  type MemoryStore,
} from '../../../src/connectors/memory';
import { unreadable } from '../../../src/connectors/memory/faults';
import type { Chance } from './chance';
import { touchKey } from './target-user';

const classes = ['IPM.Note', 'IPM.Note', 'IPM.Appointment', 'IPM.Contact', 'IPM.Task'] as const;
const dates = ['2020-05-05T05:05:05.000Z', '2024-04-04T04:04:04.000Z', '2026-11-11T11:11:11.000Z', undefined];

/** What happens at the source while it is copied, and what must be allowed for in the end. */
export class SourceUser {
  /** By item where it went; keys as `touchKey` makes them. */
  readonly movedTo = new Map<string, string>();
  /** Items that do not look as they did when they came, and folders that did not always have their name or place. */
  readonly changed = new Set<string>();
  readonly renamed = new Set<string>();
  /** Items that the server does not show, though nobody removed them. */
  readonly hidden = new Map<string, { folderId: string; item: MemoryItem }>();

  constructor(
    private readonly store: MemoryStore,
    private readonly chance: Chance,
  ) {}

  /** Makes a mailbox with some folders, some of them in others. */
  fill(folders: number, items: number): void {
    const { store, chance } = this;
    const made: string[] = [];
    for (let at = 0; at < folders; at += 1) {
      const parentId = chance.is(30) ? chance.pick(made) : undefined;
      made.push(store.addFolder({ name: `folder ${at}`, parentId, ...(at === 0 && { wellKnown: 'inbox' }) }));
    }
    for (let at = 0; at < items; at += 1) this.receive(chance.pick(made) as string);
  }

  /** Does one thing to one item or folder. */
  act(): void {
    const { store, chance } = this;
    const folder = chance.pick([...store.folders.values()]);
    if (!folder || this.hidden.size > 0) return;
    const item = chance.pick([...folder.items.values()]);
    const what = chance.number(12);
    if (what < 3 || !item) return this.receive(folder.id);
    if (what < 6) {
      this.changed.add(keyAt(folder.id, item.id));
      store.changeItem(folder.id, item.id, { content: textContent(`changed ${chance.number(1e9)}`) });
    } else if (what < 8) store.setRead(folder.id, item.id, !item.read);
    else if (what === 8) store.removeItem(folder.id, item.id);
    else if (what === 9) this.move(folder.id, item.id, chance.pick([...store.folders.keys()]) ?? folder.id);
    else if (what === 10) {
      folder.name = `renamed ${chance.number(1e6)}`;
      this.renamed.add(folder.id);
    } else if (chance.is(20)) this.removeFolder(folder.id);
    else
      store.addFolder({ name: `new ${chance.number(1e6)}`, parentId: chance.is(50) ? folder.id : undefined });
  }

  /** From now on the server says of a folder that it is not there, or does so no more. */
  deny(): void {
    const { denied, folders } = this.store;
    const id = this.chance.pick([...folders.keys()]);
    if (id !== undefined && !denied.delete(id)) denied.add(id);
  }

  /** From one moment to the next the mailbox shows no item. */
  vanish(): void {
    const { store, hidden } = this;
    if (hidden.size > 0) return;
    for (const folder of store.folders.values()) {
      for (const item of [...folder.items.values()]) {
        hidden.set(keyAt(folder.id, item.id), { folderId: folder.id, item: { ...item } });
        store.removeItem(folder.id, item.id);
      }
    }
    if (this.chance.is(50)) store.expireStates();
  }

  /** All is there again as it was. */
  comeBack(): void {
    for (const { folderId, item } of this.hidden.values()) this.store.putBack(folderId, item);
    this.hidden.clear();
    if (this.chance.is(50)) this.store.expireStates();
  }

  /** The items that are now where this one was moved, or came by on the way; the last is where it is, if it still is. */
  wayOf(key: string): string[] {
    const way: string[] = [];
    for (let at = this.movedTo.get(key); at !== undefined; at = this.movedTo.get(at)) way.push(at);
    return way;
  }

  private move(folderId: string, itemId: string, toFolderId: string): void {
    const from = keyAt(folderId, itemId);
    const to = keyAt(toFolderId, this.store.moveItem(folderId, itemId, toFolderId));
    this.movedTo.set(from, to);
    if (this.changed.has(from)) this.changed.add(to);
  }

  /** Sometimes he takes what is in it elsewhere first. The inbox stays. */
  private removeFolder(id: string): void {
    const { store, chance } = this;
    const folder = store.folder(id);
    const isNeeded = (inner: MemoryFolder): boolean =>
      inner.wellKnown !== undefined ||
      [...store.folders.values()].some(({ parentId, ...child }) => parentId === inner.id && isNeeded(child));
    if (isNeeded(folder)) return;
    const others = [...store.folders.keys()].filter((other) => other !== id);
    if (chance.is(50))
      for (const item of [...folder.items.keys()]) this.move(id, item, chance.pick(others) ?? id);
    store.removeFolder(id);
  }

  private receive(folderId: string): void {
    const { store, chance } = this;
    const sizeBytes = chance.is(5) ? 60_000 : chance.number(2_000);
    const content = textContent(`${chance.number(1e9)}`.padEnd(sizeBytes, '.'));
    const [itemClass, date] = [chance.pick(classes), chance.pick(dates)];
    const id = store.addItem(folderId, { content, itemClass, date, read: chance.is(50) });
    const item = store.item(folderId, id);
    if (item && chance.is(3)) item.unreadable = unreadable;
  }
}

function keyAt(folderKey: string, sourceKey: string): string {
  return touchKey({ folderKey, sourceKey });
}
