/** What the user of a run did to the items of his old mailbox. A moved item has another key afterwards, as on a real server. */
export class Diary {
  /** Whether folders were renamed or moved: what lies in them may have come under the filter, or out of it. */
  foldersMoved = false;
  private readonly moves = new Map<string, string>();
  private readonly deletions = new Map<string, { wasCopied: boolean }>();

  moved(from: string, to: string): void {
    this.moves.set(from, to);
  }

  /** @param wasCopied whether a pass had ended, and nothing else had been done to the mailbox since */
  noteDeleted(key: string, wasCopied: boolean): void {
    this.deletions.set(key, { wasCopied });
  }

  /** The key that an item has now, or had when it was deleted. */
  now(key: string): string {
    return this.keysOf(key).at(-1) ?? key;
  }

  /** All keys of an item from this one on, in their order. */
  keysOf(key: string): string[] {
    const keys = [key];
    for (let next = this.moves.get(key); next !== undefined; next = this.moves.get(next)) keys.push(next);
    return keys;
  }

  deleted(key: string): { wasCopied: boolean } | undefined {
    return this.deletions.get(key);
  }

  /** Keys that items had before they were moved or deleted. */
  left(): string[] {
    return [...this.moves.keys(), ...this.deletions.keys()];
  }
}
