import { createHash } from 'node:crypto';
import { Schema, model, type mongo } from 'mongoose';
import { Fault } from '../domain/faults';
import { noCounters } from '../domain/item-counts';
import type {
  FolderDocument,
  FolderId,
  FolderPatch,
  FolderPlan,
  KnownEntry,
  LedgerParcel,
  LedgerStore,
  PairDocument,
  PairPatch,
  FoundInFolder,
  Held,
  Taken,
} from '../engine/ledger';
import { schemaVersion } from './schema-version';

/** A document as it is stored. */
type Stored<Document> = Document & { _id: string; schemaVersion?: number };
/** `folder` is the `_id` of the folder's document, `keys` are hashes of the source keys, both short for the index. */
type StoredParcel = LedgerParcel & { _id: string; folder: string; keys: string[]; schemaVersion?: number };

// What is stored here is written whole by the engine and never cast: mongoose keeps the connection, the names and the indexes.
const pairs = new Schema(
  { _id: String, fence: Number, writes: Number },
  { collection: 'pairs', strict: false, versionKey: false },
);
pairs.index({ _id: 1, fence: 1, writes: 1 }, { unique: true });
pairs.index({ releasedAt: 1 });
const folders = new Schema(
  { _id: String, pairId: String, fence: Number, writes: Number },
  { collection: 'folders', strict: false, versionKey: false },
);
folders.index({ _id: 1, fence: 1, writes: 1 }, { unique: true });
folders.index({ pairId: 1 });
const parcels = new Schema(
  { _id: String, folder: String, seq: Number, keys: [String] },
  { collection: 'parcels', strict: false, versionKey: false },
);
parcels.index({ folder: 1, seq: 1 });
parcels.index({ folder: 1, keys: 1 });

export const Pairs = model('LedgerPair', pairs);
export const Folders = model('LedgerFolder', folders);
export const Parcels = model('LedgerParcel', parcels);

const durable = { writeConcern: { w: 'majority', j: true }, ignoreUndefined: true } as const;
// Some thousand items, of a hundred in a parcel: many folders are read at once.
const parcelsPerBatch = 10;
const duplicateKey = 11000;

/**
 * The ledger in MongoDB, on mongoose's default connection. Every write is one single-document update, acknowledged by a majority's
 * journal; those of the hot path filter by equality on exactly the fields of a unique index.
 */
export class MongoLedgerStore implements LedgerStore {
  pair(pairId: string): Promise<PairDocument | undefined> {
    return reach(async () => {
      const found = await this.pairs.findOne({ _id: pairId });
      return found ? withoutStored(found) : undefined;
    });
  }

  takePair(pairId: string, fence: number): Promise<Taken<PairDocument>> {
    const fresh = { pairId, fence, writes: 1, ensuring: false, adopted: false, positions: 0 };
    return reach(() => takeOrMake(this.pairs, { _id: pairId, ...fresh, schemaVersion }));
  }

  writePair(pairId: string, held: Held, patch: PairPatch): Promise<boolean> {
    return reach(() => write(this.pairs, pairId, held, { $set: { ...patch } }));
  }

  folder(id: FolderId): Promise<FolderDocument | undefined> {
    return reach(async () => {
      const found = await this.folderDocuments.findOne({ _id: idOf(id) });
      return found ? withoutStored(found) : undefined;
    });
  }

  async *folders(pairId: string): AsyncGenerator<FolderDocument> {
    for await (const folder of reaching(this.folderDocuments.find({ pairId }))) yield withoutStored(folder);
  }

  takeFolder(id: FolderId, fence: number, plan?: FolderPlan): Promise<Taken<FolderDocument> | undefined> {
    const _id = idOf(id);
    if (!plan) return reach(() => take(this.folderDocuments, _id, fence));
    const { pairId, folderKey } = id;
    const counters = { ...noCounters };
    const nothing = { pending: [], seq: 0, completeSince: 0, counters };
    const fresh = { pairId, folderKey, plan, fence, writes: 1, ...nothing };
    return reach(() => takeOrMake(this.folderDocuments, { _id, ...fresh, schemaVersion }, { plan }));
  }

  writeFolder(id: FolderId, held: Held, patch: FolderPatch): Promise<boolean> {
    const { watermark, repairs, ...set } = patch;
    const unset: Record<string, ''> = {};
    if (watermark === null) unset.watermark = '';
    if (repairs === null) unset.repairs = '';
    const update: Update = { $set: { ...set, ...(watermark && { watermark }) } };
    if (Object.keys(unset).length > 0) update.$unset = unset;
    return reach(() => write(this.folderDocuments, idOf(id), held, update));
  }

  noteVerified(id: FolderId, fence: number | undefined, found: FoundInFolder): Promise<void> {
    const isNewest =
      fence === undefined ? {} : { fence: { $lte: fence }, comparedBy: { $not: { $gt: fence } } };
    const noted = { ...found, ...(fence === undefined ? {} : { comparedBy: fence }) };
    return reach(async () => {
      await this.folderDocuments.updateOne({ _id: idOf(id), ...isNewest }, { $set: noted }, durable);
    });
  }

  append(parcel: LedgerParcel): Promise<void> {
    const keys = parcel.entries.map(({ sourceKey }) => hashOf(sourceKey));
    const stored = { _id: parcel.parcelId, folder: idOf(parcel), keys, schemaVersion, ...parcel };
    return reach(async () => void (await insert(this.parcelDocuments, stored)));
  }

  parcels(parcelIds: readonly string[]): Promise<LedgerParcel[]> {
    if (parcelIds.length === 0) return Promise.resolve([]);
    return reach(async () => {
      const found = await this.parcelDocuments.find({ _id: { $in: [...parcelIds] } }).toArray();
      return found.map(withoutIndex);
    });
  }

  lookUp(id: FolderId, sourceKeys: readonly string[]): Promise<Map<string, KnownEntry[]>> {
    const wanted = new Set(sourceKeys);
    return reach(async () => {
      const keys = [...wanted].map(hashOf);
      const known = new Map<string, KnownEntry[]>();
      if (keys.length === 0) return known;
      const found = this.parcelDocuments.find({ folder: idOf(id), keys: { $in: keys } }).sort({ seq: 1 });
      for await (const { parcelId, seq, adopted, entries } of found) {
        for (const entry of entries) {
          if (!wanted.has(entry.sourceKey)) continue;
          const ofKey = known.get(entry.sourceKey) ?? [];
          ofKey.push({ ...entry, parcelId, seq, adopted });
          known.set(entry.sourceKey, ofKey);
        }
      }
      return known;
    });
  }

  async *stream(id: FolderId, after = 0): AsyncGenerator<LedgerParcel> {
    const all = this.parcelDocuments
      .find({ folder: idOf(id), ...(after > 0 && { seq: { $gt: after } }) })
      .sort({ seq: 1 })
      .batchSize(parcelsPerBatch);
    for await (const parcel of reaching(all)) yield withoutIndex(parcel);
  }

  private get pairs(): mongo.Collection<Stored<PairDocument>> {
    return Pairs.collection as unknown as mongo.Collection<Stored<PairDocument>>;
  }

  private get folderDocuments(): mongo.Collection<Stored<FolderDocument>> {
    return Folders.collection as unknown as mongo.Collection<Stored<FolderDocument>>;
  }

  private get parcelDocuments(): mongo.Collection<StoredParcel> {
    return Parcels.collection as unknown as mongo.Collection<StoredParcel>;
  }
}

interface Fenced extends Held {
  _id: string;
  schemaVersion?: number;
}
interface Update {
  $set?: object;
  $unset?: Record<string, ''>;
}

/** Takes a document as it was read, by equality, and sets `change`; what anybody writes in between is read again. */
async function take<Document extends Fenced>(
  collection: mongo.Collection<Document>,
  _id: string,
  fence: number,
  change: Partial<Document> = {},
): Promise<Taken<Omit<Document, '_id' | 'schemaVersion'>> | undefined> {
  for (;;) {
    const found = (await collection.findOne({ _id } as mongo.Filter<Document>)) as Document | null;
    if (!found) return undefined;
    if (found.fence >= fence) return { kind: 'refused', by: found.fence };
    const document = { ...withoutStored(found), ...change, fence, writes: found.writes + 1 };
    const update = { $set: { ...change, fence } };
    if (await write(collection, _id, found, update)) return { kind: 'taken', document };
  }
}

/** Every proof of a fence is a write, so that it is as durable as any other. */
async function write<Document extends Fenced>(
  collection: mongo.Collection<Document>,
  _id: string,
  { fence, writes }: Held,
  update: Update,
): Promise<boolean> {
  const change = { ...update, $inc: { writes: 1 } } as unknown as mongo.UpdateFilter<Document>;
  if (Object.keys(update.$set ?? {}).length === 0) delete change.$set;
  const written = await collection.updateOne(
    { _id, fence, writes } as mongo.Filter<Document>,
    change,
    durable,
  );
  return written.matchedCount === 1;
}

/** The same, and makes the document as `fresh` where there is none. */
async function takeOrMake<Document extends Fenced>(
  collection: mongo.Collection<Document>,
  fresh: Document,
  change: Partial<Document> = {},
): Promise<Taken<Omit<Document, '_id' | 'schemaVersion'>>> {
  for (;;) {
    const taken = await take(collection, fresh._id, fresh.fence, change);
    if (taken) return taken;
    if (await insert(collection, fresh)) return { kind: 'taken', document: withoutStored(fresh) };
  }
}

/** @returns whether there was none of this id */
async function insert<Document extends { _id: string }>(
  collection: mongo.Collection<Document>,
  document: Document,
): Promise<boolean> {
  try {
    await collection.insertOne(document as mongo.OptionalUnlessRequiredId<Document>, durable);
    return true;
  } catch (fault) {
    if (codeOf(fault) !== duplicateKey) throw fault;
    return false;
  }
}

function idOf({ pairId, folderKey }: FolderId): string {
  return createHash('sha256')
    .update(JSON.stringify([pairId, folderKey]))
    .digest('hex')
    .slice(0, 32);
}

function hashOf(sourceKey: string): string {
  return createHash('sha1').update(sourceKey).digest('base64url').slice(0, 11);
}

function withoutStored<Document extends Fenced>(stored: Document) {
  const { _id, schemaVersion: _version, ...document } = stored;
  return document;
}

function withoutIndex(stored: StoredParcel): LedgerParcel {
  const { _id, folder: _folder, keys: _keys, schemaVersion: _version, ...parcel } = stored;
  return parcel;
}

function codeOf(fault: unknown): unknown {
  return fault instanceof Error && 'code' in fault ? fault.code : undefined;
}

async function reach<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (fault) {
    throw unavailable(fault);
  }
}

async function* reaching<T>(all: AsyncIterable<T>): AsyncGenerator<T> {
  const items = all[Symbol.asyncIterator]();
  try {
    for (let next = await reach(() => items.next()); !next.done; next = await reach(() => items.next()))
      yield next.value;
  } finally {
    await items.return?.();
  }
}

/** What the database did is not known. Its message may name hosts, so that only its kind is passed on. */
function unavailable(cause: unknown): Fault {
  const name = cause instanceof Error ? cause.name : 'unknown';
  const message = `The database did not answer as expected (${name}).`;
  return new Fault({ kind: 'retryable' }, { code: 'StoreUnavailable', remedy: 'wait', message }, false, {
    cause,
  });
}
