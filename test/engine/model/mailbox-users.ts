import type { Stamp } from '../../../src/connectors/connector';
import { textContent, type MemoryStore } from '../../../src/connectors/memory';
import { unreadable } from '../../../src/connectors/memory/faults';
import type { Chance } from './chance';

const classes = ['IPM.Note', 'IPM.Note', 'IPM.Appointment', 'IPM.Contact', 'IPM.Task'] as const;

/** Makes a mailbox with some folders, some of them in others. */
export function fillSource(store: MemoryStore, chance: Chance, folders: number, items: number): void {
  const made: string[] = [];
  for (let at = 0; at < folders; at += 1) {
    const parentId = chance.is(30) ? chance.pick(made) : undefined;
    made.push(store.addFolder({ name: `folder ${at}`, parentId, ...(at === 0 && { wellKnown: 'inbox' }) }));
  }
  for (let at = 0; at < items; at += 1) receive(store, chance, chance.pick(made) as string);
}

function receive(store: MemoryStore, chance: Chance, folderId: string): void {
  const sizeBytes = chance.is(5) ? 60_000 : chance.number(2_000);
  const content = textContent(`${chance.number(1e9)}`.padEnd(sizeBytes, '.'));
  const id = store.addItem(folderId, { content, itemClass: chance.pick(classes), read: chance.is(50) });
  const item = store.item(folderId, id);
  if (item && chance.is(3)) item.unreadable = unreadable;
}

/** What may happen to the source while it is copied. */
export function useSource(store: MemoryStore, chance: Chance): void {
  const folder = chance.pick([...store.folders.values()]);
  if (!folder) return;
  const item = chance.pick([...folder.items.values()]);
  const what = chance.number(12);
  if (what < 3 || !item) return receive(store, chance, folder.id);
  if (what < 6)
    store.changeItem(folder.id, item.id, { content: textContent(`changed ${chance.number(1e9)}`) });
  else if (what < 8) store.setRead(folder.id, item.id, !item.read);
  else if (what === 8) store.removeItem(folder.id, item.id);
  else if (what === 9)
    store.moveItem(folder.id, item.id, (chance.pick([...store.folders.keys()]) as string) ?? folder.id);
  else if (what === 10) folder.name = `renamed ${chance.number(1e6)}`;
  else if (what === 11)
    store.addFolder({ name: `new ${chance.number(1e6)}`, parentId: chance.is(50) ? folder.id : undefined });
}

/** What the target's user does to items that were copied, and what must be allowed for in the end. */
export class TargetUser {
  /** Ids of the copies he made, and by item how many. */
  private readonly copies = new Set<string>();
  private readonly copied = new Map<string, number>();
  /** Keys of items he changed or removed. */
  readonly touched = new Set<string>();

  constructor(
    private readonly store: MemoryStore,
    private readonly chance: Chance,
  ) {}

  act(): void {
    const { store, chance } = this;
    const folder = chance.pick([...store.folders.values()]);
    const item = chance.pick(
      [...(folder?.items.values() ?? [])].filter(({ stamps }) => isWhole([...stamps.values()])),
    );
    if (!folder || !item) return;
    const [stamp] = item.stamps.values();
    const what = chance.number(4);
    if (what < 2 && stamp) {
      this.copies.add(
        store.copyItem(folder.id, item.id, chance.pick([...store.folders.keys()]) ?? folder.id),
      );
      this.copied.set(touchKey(stamp), this.copiesOf(touchKey(stamp)) + 1);
    } else if (stamp && what === 2) {
      this.touched.add(touchKey(stamp));
      store.removeItem(folder.id, item.id);
    } else if (stamp && !this.copies.has(item.id)) {
      this.touched.add(touchKey(stamp));
      store.changeItem(folder.id, item.id, { content: textContent('changed by its user') });
    }
  }

  copiesOf(key: string): number {
    return this.copied.get(key) ?? 0;
  }
}

export function touchKey({ folderKey, sourceKey }: Pick<Stamp, 'folderKey' | 'sourceKey'>): string {
  return `${folderKey} ${sourceKey}`;
}

function isWhole(stamps: readonly Stamp[]): boolean {
  return stamps.length > 0 && !stamps.some(({ unfinished }) => unfinished);
}
