import { createHash } from 'node:crypto';
import type { FolderId, KnownEntry, LedgerStore } from './ledger';

/** Most entries held in memory at once: larger folders are gone through in several slices. */
const entriesAtOnce = 50_000;

/** Which slice of a folder a key belongs to, from its hash. */
export function sliceOf(sourceKey: string, slices: number): number {
  if (slices === 1) return 0;
  return createHash('sha1').update(sourceKey).digest().readUInt32BE(0) % slices;
}

/**
 * What became of each item of a folder, for summaries and reports: the entry with the highest `seq` of each key, in no order.
 * Memory is bounded whatever the folder.
 */
export async function* newestEntries(ledger: LedgerStore, id: FolderId): AsyncGenerator<KnownEntry> {
  for await (const newest of newestEntriesBySlice(ledger, id)) yield* newest.values();
}

/** The same, by key, in several parts none of which is too great for memory. */
export async function* newestEntriesBySlice(
  ledger: LedgerStore,
  id: FolderId,
): AsyncGenerator<Map<string, KnownEntry>> {
  let entries = 0;
  for await (const parcel of ledger.stream(id)) entries += parcel.entries.length;
  const slices = Math.max(1, Math.ceil(entries / entriesAtOnce));
  for (let slice = 0; slice < slices; slice += 1) {
    const newest = new Map<string, KnownEntry>();
    for await (const { parcelId, seq, adopted, entries } of ledger.stream(id)) {
      for (const entry of entries) {
        if (sliceOf(entry.sourceKey, slices) === slice)
          newest.set(entry.sourceKey, { ...entry, parcelId, seq, adopted });
      }
    }
    yield newest;
  }
}
