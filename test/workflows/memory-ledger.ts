import {
  noCounters,
  type FolderDocument,
  type FolderId,
  type FolderPatch,
  type FolderPlan,
  type KnownEntry,
  type LedgerParcel,
  type LedgerStore,
  type PairDocument,
  type PairPatch,
  type Repairs,
  type Taken,
} from '../../src/engine/ledger';

const keyOf = ({ pairId, folderKey }: FolderId) => `${pairId} ${folderKey}`;

export class LedgerInMemory implements LedgerStore {
  private readonly pairs = new Map<string, PairDocument>();
  private readonly docs = new Map<string, FolderDocument>();
  private readonly kept = new Map<string, LedgerParcel>();

  async pair(pairId: string) {
    return structuredClone(this.pairs.get(pairId));
  }
  async takePair(pairId: string, fence: number): Promise<Taken<PairDocument>> {
    const pair = this.pairs.get(pairId) ?? {
      pairId,
      fence: 0,
      ensuring: false,
      adopted: false,
      positions: 0,
    };
    if (pair.fence >= fence) return { kind: 'refused', by: pair.fence };
    pair.fence = fence;
    this.pairs.set(pairId, pair);
    return { kind: 'taken', document: structuredClone(pair) };
  }
  async writePair(pairId: string, fence: number, patch: PairPatch) {
    const pair = this.pairs.get(pairId);
    if (pair?.fence !== fence) return false;
    Object.assign(pair, patch);
    return true;
  }
  async planFolder(id: FolderId, plan: FolderPlan) {
    const doc = this.docs.get(keyOf(id)) ?? {
      ...id,
      plan,
      fence: 0,
      pending: [],
      seq: 0,
      completeSince: 0,
      counters: noCounters,
    };
    this.docs.set(keyOf(id), { ...doc, plan });
  }
  async folder(id: FolderId) {
    return structuredClone(this.docs.get(keyOf(id)));
  }
  async *folders(pairId: string) {
    for (const doc of [...this.docs.values()]) if (doc.pairId === pairId) yield structuredClone(doc);
  }
  async takeFolder(id: FolderId, fence: number): Promise<Taken<FolderDocument>> {
    const doc = this.docs.get(keyOf(id));
    if (doc === undefined) return { kind: 'refused', by: fence };
    if (doc.fence >= fence) return { kind: 'refused', by: doc.fence };
    doc.fence = fence;
    return { kind: 'taken', document: structuredClone(doc) };
  }
  async writeFolder(id: FolderId, fence: number, patch: FolderPatch) {
    const doc = this.docs.get(keyOf(id));
    if (doc?.fence !== fence) return false;
    Object.assign(doc, structuredClone(patch));
    if (patch.watermark === null) delete doc.watermark;
    if (patch.repairs === null) delete doc.repairs;
    return true;
  }
  async noteRepairs(id: FolderId, repairs: Repairs) {
    const doc = this.docs.get(keyOf(id));
    if (doc) doc.repairs = structuredClone(repairs);
  }
  async append(parcel: LedgerParcel) {
    if (!this.kept.has(parcel.parcelId)) this.kept.set(parcel.parcelId, structuredClone(parcel));
  }
  async parcels(ids: readonly string[]) {
    return ids.flatMap((id) => structuredClone(this.kept.get(id)) ?? []);
  }
  async lookUp(id: FolderId, keys: readonly string[]) {
    const found = new Map<string, KnownEntry[]>();
    for await (const { entries, parcelId, seq, adopted } of this.stream(id))
      for (const entry of entries)
        if (keys.includes(entry.sourceKey))
          found.set(entry.sourceKey, [
            ...(found.get(entry.sourceKey) ?? []),
            { ...entry, parcelId, seq, adopted },
          ]);
    return found;
  }
  async *stream(id: FolderId) {
    const mine = [...this.kept.values()].filter((parcel) => keyOf(parcel) === keyOf(id));
    for (const parcel of mine.sort((a, b) => a.seq - b.seq)) yield structuredClone(parcel);
  }
}
