import type { Stamp } from '../../../src/connectors/connector';
import { textContent } from '../../../src/connectors/memory';
import type { MemoryLedger } from '../../support/memory-ledger';
import type { Chance } from './chance';
import type { WatchedStore } from './watched-store';

/** What the target's user does to items that were copied, and what must be allowed for in the end. */
export class TargetUser {
  /** Ids of the copies he made, and by item how many. */
  readonly copies = new Set<string>();
  private readonly copied = new Map<string, number>();
  /** Keys of items he changed or removed. */
  readonly touched = new Set<string>();
  /** Ids of what he changed. */
  readonly changed = new Set<string>();
  /** Keys of items he moved, which stay as they were then: a newer version is not put where he does not want it. */
  readonly moved = new Set<string>();

  constructor(
    private readonly store: WatchedStore,
    private readonly ledger: MemoryLedger,
    private readonly chance: Chance,
    /** Whether everything takes effect in time: what comes later nobody looks for in other folders. */
    private readonly isPromiseKept: boolean,
  ) {}

  act(): void {
    this.store.asUser(() => this.useOne());
  }

  copiesOf(key: string): number {
    return this.copied.get(key) ?? 0;
  }

  /** Whether he changed, removed or moved the item: then it is his. */
  hasUsed(key: string): boolean {
    return this.touched.has(key) || this.moved.has(key);
  }

  private useOne(): void {
    const { store, chance } = this;
    const folder = chance.pick([...store.folders.values()]);
    const item = chance.pick(
      [...(folder?.items.values() ?? [])].filter(({ stamps }) => isWhole([...stamps.values()])),
    );
    if (!folder || !item) return;
    const [stamp] = item.stamps.values();
    if (!stamp) return;
    const key = touchKey(stamp);
    const elsewhere = chance.pick([...store.folders.keys()]) ?? folder.id;
    const isCopy = this.copies.has(item.id);
    // Of what the ledger has not heard of yet nobody can tell the user's version or copy from what was put.
    const isHeardOf = this.ledger.has(stamp);
    const what = chance.number(5);
    if (what < 2 && isHeardOf) {
      this.copies.add(store.copyItem(folder.id, item.id, elsewhere));
      this.copied.set(key, this.copiesOf(key) + 1);
    } else if (what === 2) {
      this.touched.add(key);
      store.removeItem(folder.id, item.id);
    } else if (what === 3 && !isCopy && isHeardOf) {
      this.touched.add(key);
      this.changed.add(item.id);
      store.changeItem(folder.id, item.id, { content: textContent('changed by its user') });
    } else if (what === 4 && !isCopy && (isHeardOf || this.isPromiseKept)) {
      this.moved.add(key);
      const id = store.moveItem(folder.id, item.id, elsewhere);
      if (this.changed.has(item.id)) this.changed.add(id);
    }
  }
}

/** Names an item of the source, at the source and in our stamps. */
export function touchKey({ folderKey, sourceKey }: Pick<Stamp, 'folderKey' | 'sourceKey'>): string {
  return `${folderKey} ${sourceKey}`;
}

function isWhole(stamps: readonly Stamp[]): boolean {
  return stamps.length > 0 && !stamps.some(({ unfinished }) => unfinished);
}
