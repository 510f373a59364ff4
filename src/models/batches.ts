import { Schema, model } from 'mongoose';
import { defaultBatchPlan, type BatchPlan } from '../domain/batch-plan';
import { versioned } from './schema-version';

/** How a batch is moved; one that nobody has edited has no document. */
export interface BatchDocument {
  /** The batch's name as it stands on its rows. */
  _id: string;
  plan: BatchPlan;
  /** Raised by each edit. */
  revision: number;
  editedAt: Date;
}

const schema = new Schema<BatchDocument>(
  {
    _id: { type: String, required: true },
    plan: { type: Schema.Types.Mixed, required: true },
    revision: { type: Number, required: true },
    editedAt: { type: Date, required: true },
  },
  { collection: 'batches', minimize: false, versionKey: false },
);
schema.index({ _id: 1, revision: 1 }, { unique: true, name: 'an edit is made once' });

schema.plugin(versioned);
export const Batches = model<BatchDocument>('Batch', schema);

/** A batch as it stands: `revision` 0 and the default plan where nobody has edited it. */
export async function findBatch(name: string): Promise<Omit<BatchDocument, 'editedAt'>> {
  const found = await Batches.findById(name).lean<BatchDocument>();
  return found ?? { _id: name, plan: defaultBatchPlan, revision: 0 };
}

/** The plan of a batch; the default where nobody has edited it. */
export async function batchPlanOf(name: string): Promise<BatchPlan> {
  return (await findBatch(name)).plan;
}

/**
 * Keeps a plan that was made of the one with this revision.
 * @returns false where somebody else was faster: nothing is written
 */
export async function saveBatchPlan(
  name: string,
  plan: BatchPlan,
  seenRevision: number,
  now: Date,
): Promise<boolean> {
  if (seenRevision === 0) return createBatch({ _id: name, plan, revision: 1, editedAt: now });
  const saved = await Batches.updateOne(
    { _id: name, revision: seenRevision },
    { $set: { plan, editedAt: now, revision: seenRevision + 1 } },
  );
  return saved.matchedCount === 1;
}

async function createBatch(batch: BatchDocument): Promise<boolean> {
  try {
    await Batches.create(batch);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 11000) return false;
    throw error;
  }
}

/** Forgets a plan, so that the default holds; a batch without rows is gone with it. */
export async function forgetBatchPlan(name: string): Promise<void> {
  await Batches.deleteOne({ _id: name });
}
