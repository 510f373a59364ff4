import type { mongo } from 'mongoose';
import { Folders, Pairs, Parcels } from './ledger-store';

/** As much of a pair's or a folder's document as is asked for here. */
interface Fenced {
  _id: string;
  fence: number;
}
interface PairOfLedger extends Fenced {
  /** When the row that it belonged to was deleted, or got other mailboxes. */
  releasedAt?: Date;
}
interface FolderOfLedger extends Fenced {
  pairId: string;
  seq: number;
}

const collectionOf = <Document extends mongo.BSON.Document>(of: {
  collection: unknown;
}): mongo.Collection<Document> => of.collection as mongo.Collection<Document>;
const pairs = () => collectionOf<PairOfLedger>(Pairs);
const folders = () => collectionOf<FolderOfLedger>(Folders);
const parcels = () => collectionOf<{ folder: string; seq: number }>(Parcels);

/**
 * Deletes what is known of the copy of two mailboxes: its folders, its parcels, its findings; nothing where the pair is opened in this
 * moment. What a copy that begins meanwhile writes is left to it; it finds a ledger that was lost, and asks the stamps in the target.
 * Repeating it goes on.
 */
export async function purgeLedger(pairId: string): Promise<void> {
  const pair = await pairs().findOne({ _id: pairId });
  if (pair !== null) {
    // Whoever opens the pair from here on reads the stamps of all target folders before it puts anything.
    const mark = { $set: { adopted: false, feared: false } };
    const marked = await pairs().updateOne({ _id: pairId, fence: pair.fence }, mark);
    if (marked.matchedCount === 0) return;
  }
  const found = await folders()
    .find({ pairId }, { projection: { fence: 1, seq: 1 } })
    .toArray();
  for (const { _id, fence, seq } of found) {
    await parcels().deleteMany({ folder: _id, seq: { $lte: seq } });
    await folders().deleteOne({ _id, fence });
  }
  if (pair !== null) await pairs().deleteOne({ _id: pairId, fence: pair.fence });
}

/**
 * Notes that the row of a pair is deleted or gets other mailboxes: what is known of the copy stays for its time, so that nothing doubles
 * where they are listed anew. Harmless where a row has it still: then it is kept when its time is over.
 */
export async function releasePair(pairId: string | undefined, now: Date): Promise<void> {
  if (pairId !== undefined) await pairs().updateOne({ _id: pairId }, { $set: { releasedAt: now } });
}

/** The first pairs that were released until then. */
export async function releasedPairs(until: Date, most: number): Promise<string[]> {
  const found = await pairs()
    .find({ releasedAt: { $lte: until } }, { projection: { _id: 1 } })
    .limit(most)
    .toArray();
  return found.map(({ _id }) => _id);
}

/** A row has the pair again. */
export async function keepPair(pairId: string): Promise<void> {
  await pairs().updateOne({ _id: pairId }, { $unset: { releasedAt: '' } });
}
