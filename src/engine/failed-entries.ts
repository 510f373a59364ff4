import type { FolderId, KnownEntry, LedgerStore } from './ledger';
import type { KnownKeys } from './known-keys';

const keysAtOnce = 200;

/**
 * The items of a folder whose newest entry says that they failed, some at a time. Nothing is read meanwhile: to deal with some may take
 * hours.
 *
 * @param last the seq of the newest parcel that is looked at: what fails while they are gone through is none of them
 */
export async function* failedEntries(
  ledger: LedgerStore,
  folder: FolderId,
  last: number,
  keys: Pick<KnownKeys, 'lookUp'>,
): AsyncGenerator<KnownEntry[]> {
  for (let read = 0; read < last;) {
    const seqs = new Map<string, number>();
    let to = last;
    for await (const { seq, entries } of ledger.stream(folder, read)) {
      if (seq > last) break;
      for (const { sourceKey, outcome } of entries) if (outcome.kind === 'failed') seqs.set(sourceKey, seq);
      if (seqs.size < keysAtOnce) continue;
      to = seq;
      break;
    }
    const known = await keys.lookUp([...seqs.keys()]);
    yield [...seqs].flatMap(([sourceKey, seq]) => {
      const newest = known.get(sourceKey)?.at(-1);
      return newest?.seq === seq && newest.outcome.kind === 'failed' ? newest : [];
    });
    read = to;
  }
}
