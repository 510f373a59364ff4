import { MemoryStore, type MemoryItem } from '../../../src/connectors/memory';

/** The target, which tells what is removed from it by anybody but its user. */
export class WatchedStore extends MemoryStore {
  /** Called before an item goes. */
  onRemoved: (item: MemoryItem) => void = () => {};
  private byUser = false;

  /** What its user does himself. */
  asUser<T>(work: () => T): T {
    this.byUser = true;
    try {
      return work();
    } finally {
      this.byUser = false;
    }
  }

  override removeItem(folderId: string, itemId: string): boolean {
    const item = this.item(folderId, itemId);
    if (item && !this.byUser) this.onRemoved(item);
    return super.removeItem(folderId, itemId);
  }
}
