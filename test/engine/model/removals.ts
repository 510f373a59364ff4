import type { MemoryItem } from '../../../src/connectors/memory';
import { pairId } from '../../../src/engine/pair-id';
import type { Migration } from './migration';
import type { SourceUser } from './source-user';
import { touchKey, type TargetUser } from './target-user';

/**
 * Judges what the engine removes from the target at the moment when it goes. It may remove what is unfinished, all but one of several of
 * ours, what was moved at the source and is in the target under its new key, and what was deleted at the source where that was asked for.
 */
export class Removals {
  constructor(
    private readonly migration: Migration,
    private readonly sourceUser: SourceUser,
    private readonly targetUser: TargetUser,
    private readonly wrong: string[],
  ) {}

  /** From now on. */
  watch(): void {
    this.migration.target.onRemoved = (item) => this.judge(item);
  }

  private judge(item: MemoryItem): void {
    const { targetUser, migration } = this;
    const stamp = item.stamps.get(pairId('source', 'target'));
    if (!stamp) return this.say(item, 'is not ours');
    const key = touchKey(stamp);
    // Without the ledger nobody knows what we last wrote, nor which of several alike.
    if (targetUser.changed.has(item.id) && !migration.ledgerLost)
      return this.say(item, 'was changed by its user');
    if (targetUser.copies.has(item.id) && !migration.ledgerLost)
      return this.say(item, 'is a copy of its user');
    if (stamp.unfinished || targetUser.touched.has(key)) return;
    const others = this.wholeOf(key).filter(({ id }) => id !== item.id);
    if (others.some(({ id }) => !targetUser.copies.has(id))) return;
    const { folderKey, sourceKey } = stamp;
    if (migration.source.item(folderKey, sourceKey)) return this.say(item, `is all there is of ${key}`);
    if (this.sourceUser.hidden.has(key))
      return this.say(item, `is of ${key}, which the source does not show`);
    if (!this.mayFollow(key)) this.say(item, `is of ${key}, which is not known to be moved or deleted`);
  }

  /** Whether the item's going from the source is one that the target is to follow. */
  private mayFollow(key: string): boolean {
    const { migration, sourceUser, targetUser } = this;
    const way = sourceUser.wayOf(key);
    if (way.some((at) => targetUser.touched.has(at) || this.wholeOf(at).length > 0)) return true;
    return migration.setting.followDeletions && !way.some((at) => sourceUser.hidden.has(at));
  }

  private wholeOf(key: string): MemoryItem[] {
    return [...this.migration.target.folders.values()].flatMap(({ items }) =>
      [...items.values()].filter(({ stamps }) => {
        const stamp = stamps.get(pairId('source', 'target'));
        return stamp && !stamp.unfinished && touchKey(stamp) === key;
      }),
    );
  }

  private say({ id }: MemoryItem, what: string): void {
    this.wrong.push(`${id} was removed from the target and ${what}`);
  }
}
