import { BloomFilter } from './bloom';
import type { FolderDocument, KnownEntry, LedgerStore } from './ledger';

/** So many look-ups are made one by one before the whole folder is read instead. */
const singleLookUps = 8;

/**
 * What the ledger knows of a folder's keys, without a query for each page of a first listing and without memory that grows.
 *
 * A filter of fixed size holds all keys of the folder's parcels, read once; only keys it may have are looked up, which on a first
 * pass is next to none. What this attempt adds to the ledger it adds here, and nobody else adds anything under its fence: an attempt
 * before it can only still append parcels that stood in `pending` when the folder was taken, and those are settled first.
 * A listing that goes on from a watermark usually holds few changes: its pages are looked up singly, until there are many.
 */
export class KnownKeys {
  private filter?: BloomFilter;
  private lookUps = 0;
  /** The highest `seq` seen in the ledger. */
  highestSeq = 0;

  constructor(
    private readonly ledger: LedgerStore,
    private readonly folder: FolderDocument,
  ) {}

  /** Every entry of those of `sourceKeys` that the ledger has, in `seq` order. */
  async lookUp(sourceKeys: readonly string[]): Promise<Map<string, KnownEntry[]>> {
    if (!this.filter && (this.folder.seq === 0 || this.lookUps >= singleLookUps)) await this.readAll();
    const { filter } = this;
    const asked = filter ? sourceKeys.filter((key) => filter.mayHave(key)) : sourceKeys;
    if (asked.length === 0) return new Map();
    this.lookUps += 1;
    return this.ledger.lookUp(this.folder, asked);
  }

  /** To be called before many look-ups, as when a source is listed from the beginning. */
  async readAll(): Promise<void> {
    if (this.filter) return;
    const filter = new BloomFilter(2 * Math.max(this.folder.plan.itemCount, this.folder.counters.found));
    for await (const { seq, entries } of this.ledger.stream(this.folder)) {
      this.highestSeq = Math.max(this.highestSeq, seq);
      for (const { sourceKey } of entries) filter.add(sourceKey);
    }
    this.filter = filter;
  }

  /** These keys are in the ledger from now on. */
  add(entries: readonly { sourceKey: string }[]): void {
    for (const { sourceKey } of entries) this.filter?.add(sourceKey);
  }
}
