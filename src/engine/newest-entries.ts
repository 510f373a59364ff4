import { createHash } from 'node:crypto';
import type { ByteBudget } from './byte-budget';
import { KeyTable } from './key-table';
import type { FolderId, KnownEntry, LedgerEntry, LedgerParcel, LedgerStore } from './ledger';

/** Larger folders are gone through in several slices. */
const entriesAtOnce = 200_000;

/** Hashes do not cut evenly: of 100,000 keys a part is off by 1 in 100 usually, of few by more. */
const partOf = 16;
const unevenly = 1.05;
const leastKeys = 1_000;

/** Where to read, and the memory of this process for keys of large folders. */
export interface EntriesFrom {
  ledger: LedgerStore;
  keyMemory: ByteBudget;
}

/** How many slices so many keys are cut into, and how many keys are expected in each. */
export function slicesOf(keys: number, atOnce: number): { slices: number; expected: number } {
  const slices = Math.max(1, Math.ceil(keys / atOnce));
  return { slices, expected: slices === 1 ? keys : Math.ceil((keys / slices) * unevenly) };
}

/**
 * About how many keys the ledger knows of a folder, those of items that are gone included, and hardly ever more than these. Where there
 * are more entries than `atOnce`, which may all be of a few keys, one key in `partOf` tells; else each counts as a key of its own.
 */
export async function mostKeys(ledger: LedgerStore, id: FolderId, atOnce: number): Promise<number> {
  let entries = 0;
  for await (const parcel of ledger.stream(id)) entries += parcel.entries.length;
  if (entries <= atOnce) return entries;
  const part = new KeyTable([], Math.ceil(atOnce / partOf));
  for await (const parcel of ledger.stream(id))
    for (const { sourceKey } of parcel.entries) if (sliceOf(sourceKey, partOf) === 0) part.add(sourceKey);
  return Math.min(entries, leastKeys + Math.ceil(part.size * partOf * unevenly));
}

/** Which slice of a folder a key belongs to, from its hash. */
export function sliceOf(sourceKey: string, slices: number): number {
  if (slices === 1) return 0;
  return createHash('sha1').update(sourceKey).digest().readUInt32BE(0) % slices;
}

/**
 * What became of each item of a folder, for summaries and reports: the entry with the highest `seq` of each key, in no order. Memory is
 * bounded whatever the folder, and all that are at it share it: whoever takes long over an entry holds up others.
 */
export async function* newestEntries(
  from: EntriesFrom,
  id: FolderId,
  signal: AbortSignal,
): AsyncGenerator<KnownEntry> {
  for await (const newest of newestBySlice(from, id, () => true, signal)) yield* newest.entries();
}

/** The same of what is wanted, in parts, none of which is to be used once the next is asked for. */
export async function* newestBySlice(
  { ledger, keyMemory }: EntriesFrom,
  id: FolderId,
  isWanted: (entry: KnownEntry) => boolean,
  signal: AbortSignal,
): AsyncGenerator<NewestEntries> {
  const { slices, expected } = slicesOf(await mostKeys(ledger, id, entriesAtOnce), entriesAtOnce);
  const bytes = KeyTable.bytes(1, expected);
  await keyMemory.take(bytes, signal);
  try {
    for (let slice = 0; slice < slices; slice += 1) {
      const newest = new NewestEntries(ledger, id, expected);
      await newest.read((sourceKey) => sliceOf(sourceKey, slices) === slice, isWanted);
      yield newest;
    }
  } finally {
    keyMemory.give(bytes);
  }
}

/** Only which entry of a key is the newest is held; the entries themselves are read once more when they are asked for. */
export class NewestEntries {
  private readonly table: KeyTable<'seq'>;

  constructor(
    private readonly ledger: LedgerStore,
    private readonly id: FolderId,
    expected: number,
  ) {
    this.table = new KeyTable(['seq'], expected);
  }

  async read(
    isMine: (sourceKey: string) => boolean,
    isWanted: (entry: KnownEntry) => boolean,
  ): Promise<void> {
    for await (const { entries, ...parcel } of this.ledger.stream(this.id)) {
      for (const entry of entries) {
        if (!isMine(entry.sourceKey)) continue;
        if (isWanted(knownOf(entry, parcel)))
          this.table.set(this.table.add(entry.sourceKey), 'seq', parcel.seq);
        else this.drop(entry.sourceKey);
      }
    }
  }

  /** Whether there is any. */
  get some(): boolean {
    for (const row of this.table.rows()) if (this.table.get(row, 'seq') > 0) return true;
    return false;
  }

  /** The key's is not wanted. */
  drop(sourceKey: string): void {
    const row = this.table.find(sourceKey);
    if (row !== undefined) this.table.set(row, 'seq', 0);
  }

  /** In `seq` order; what was added to the ledger since is none of them. */
  async *entries(): AsyncGenerator<KnownEntry> {
    for await (const { entries, ...parcel } of this.ledger.stream(this.id)) {
      // Of several of a key in one parcel the last counts.
      for (const entry of new Map(entries.map((each) => [each.sourceKey, each])).values())
        if (this.seqOf(entry.sourceKey) === parcel.seq) yield knownOf(entry, parcel);
    }
  }

  private seqOf(sourceKey: string): number | undefined {
    const row = this.table.find(sourceKey);
    return row === undefined ? undefined : this.table.get(row, 'seq');
  }
}

function knownOf(entry: LedgerEntry, { parcelId, seq, adopted }: Omit<LedgerParcel, 'entries'>): KnownEntry {
  return { ...entry, parcelId, seq, adopted };
}
