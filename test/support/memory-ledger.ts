import { noCounters } from '../../src/domain/item-counts';
import {
  type FolderDocument,
  type FolderId,
  type FolderPatch,
  type FolderPlan,
  type KnownEntry,
  type LedgerParcel,
  type LedgerStore,
  type PairDocument,
  type PairPatch,
  type FoundInFolder,
  type Held,
  type Taken,
} from '../../src/engine/ledger';

type Backup = [Map<string, PairDocument>, Map<string, FolderDocument>, Map<string, LedgerParcel>];

/** The ledger in memory, with the store's own guarantees and no others: what goes in and comes out are copies. */
export class MemoryLedger implements LedgerStore {
  private pairs = new Map<string, PairDocument>();
  private documents = new Map<string, FolderDocument>();
  private parcelsById = new Map<string, LedgerParcel>();

  async pair(pairId: string): Promise<PairDocument | undefined> {
    return structuredClone(this.pairs.get(pairId));
  }

  async takePair(pairId: string, fence: number): Promise<Taken<PairDocument>> {
    const pair = this.pairs.get(pairId) ?? freshPair(pairId);
    if (pair.fence >= fence) return { kind: 'refused', by: pair.fence };
    const taken = { ...pair, fence, writes: pair.writes + 1 };
    this.pairs.set(pairId, taken);
    return { kind: 'taken', document: { ...taken } };
  }

  async writePair(pairId: string, held: Held, patch: PairPatch): Promise<boolean> {
    const pair = this.pairs.get(pairId);
    if (!pair || !stands(pair, held)) return false;
    this.pairs.set(pairId, { ...pair, ...patch, writes: pair.writes + 1 });
    return true;
  }

  /** As an administrator does. */
  acceptSource(pairId: string, acceptedInbox: string): void {
    const pair = this.pairs.get(pairId);
    if (pair) this.pairs.set(pairId, { ...pair, acceptedInbox });
  }

  async folder(id: FolderId): Promise<FolderDocument | undefined> {
    return structuredClone(this.documents.get(keyOf(id)));
  }

  async *folders(pairId: string): AsyncGenerator<FolderDocument> {
    for (const folder of [...this.documents.values()])
      if (folder.pairId === pairId) yield structuredClone(folder);
  }

  async takeFolder(
    id: FolderId,
    fence: number,
    plan?: FolderPlan,
  ): Promise<Taken<FolderDocument> | undefined> {
    const folder = this.documents.get(keyOf(id)) ?? (plan && fresh(id, plan));
    if (!folder) return undefined;
    if (folder.fence >= fence) return { kind: 'refused', by: folder.fence };
    const taken = structuredClone({ ...folder, fence, writes: folder.writes + 1, ...(plan && { plan }) });
    this.documents.set(keyOf(id), taken);
    return { kind: 'taken', document: structuredClone(taken) };
  }

  async writeFolder(id: FolderId, held: Held, patch: FolderPatch): Promise<boolean> {
    const folder = this.documents.get(keyOf(id));
    if (!folder || !stands(folder, held)) return false;
    folder.writes += 1;
    const { watermark, repairs, ...rest } = structuredClone(patch);
    Object.assign(folder, rest);
    if (watermark === null) delete folder.watermark;
    else if (watermark) folder.watermark = watermark;
    if (repairs === null) delete folder.repairs;
    return true;
  }

  async noteVerified(id: FolderId, fence: number | undefined, found: FoundInFolder): Promise<void> {
    const folder = this.documents.get(keyOf(id));
    if (!folder || Math.max(folder.fence, folder.comparedBy ?? 0) > (fence ?? Infinity)) return;
    Object.assign(folder, structuredClone(found), fence === undefined ? {} : { comparedBy: fence });
  }

  async append(parcel: LedgerParcel): Promise<void> {
    if (!this.parcelsById.has(parcel.parcelId))
      this.parcelsById.set(parcel.parcelId, structuredClone(parcel));
  }

  async parcels(parcelIds: readonly string[]): Promise<LedgerParcel[]> {
    return parcelIds.flatMap((id) => structuredClone(this.parcelsById.get(id)) ?? []);
  }

  async lookUp(id: FolderId, sourceKeys: readonly string[]): Promise<Map<string, KnownEntry[]>> {
    const wanted = new Set(sourceKeys);
    const found = new Map<string, KnownEntry[]>();
    for (const { parcelId, seq, adopted, entries } of this.ofFolder(id)) {
      for (const entry of entries) {
        if (!wanted.has(entry.sourceKey)) continue;
        const known = found.get(entry.sourceKey) ?? [];
        known.push(structuredClone({ ...entry, parcelId, seq, adopted }));
        found.set(entry.sourceKey, known);
      }
    }
    return found;
  }

  async *stream(id: FolderId, after = 0): AsyncGenerator<LedgerParcel> {
    for (const parcel of this.ofFolder(id)) if (parcel.seq > after) yield structuredClone(parcel);
  }

  /** Whether a parcel is in the ledger with an item. */
  has({ parcelId, sourceKey }: { parcelId: string; sourceKey: string }): boolean {
    return this.parcelsById.get(parcelId)?.entries.some((entry) => entry.sourceKey === sourceKey) ?? false;
  }

  /** Everything that is kept, to be put back by `restore`. */
  backup(): unknown {
    return structuredClone([this.pairs, this.documents, this.parcelsById]);
  }

  /** @param parcels has those of another moment, as in a dump that was taken while they were written */
  restore(backup: unknown, parcels = backup): void {
    [this.pairs, this.documents] = structuredClone(backup) as Backup;
    this.parcelsById = structuredClone(parcels as Backup)[2];
  }

  lose(): void {
    this.pairs.clear();
    this.documents.clear();
    this.parcelsById.clear();
  }

  private ofFolder({ pairId, folderKey }: FolderId): LedgerParcel[] {
    return [...this.parcelsById.values()]
      .filter((parcel) => parcel.pairId === pairId && parcel.folderKey === folderKey)
      .sort((a, b) => a.seq - b.seq);
  }
}

function stands({ fence, writes }: Held, held: Held): boolean {
  return fence === held.fence && writes === held.writes;
}

function freshPair(pairId: string): PairDocument {
  return { pairId, fence: 0, writes: 0, ensuring: false, adopted: false, positions: 0 };
}

function fresh({ pairId, folderKey }: FolderId, plan: FolderPlan): FolderDocument {
  const nothing = { pending: [], seq: 0, completeSince: 0, counters: noCounters };
  return { pairId, folderKey, plan, fence: 0, writes: 0, ...nothing };
}

function keyOf({ pairId, folderKey }: FolderId): string {
  return JSON.stringify([pairId, folderKey]);
}
