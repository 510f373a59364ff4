import type { Stamp } from '../../../src/connectors/connector';
import { textContent } from '../../../src/connectors/memory';
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

  constructor(
    private readonly store: WatchedStore,
    private readonly chance: Chance,
  ) {}

  act(): void {
    this.store.asUser(() => this.useOne());
  }

  copiesOf(key: string): number {
    return this.copied.get(key) ?? 0;
  }

  private useOne(): void {
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
      this.changed.add(item.id);
      store.changeItem(folder.id, item.id, { content: textContent('changed by its user') });
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
