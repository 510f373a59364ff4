import { Schema, model } from 'mongoose';
import { defaultBatchPlan, type BatchPlan } from '../domain/batch-plan';

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

export const Batches = model<BatchDocument>('Batch', schema);

/** The plan of a batch; the default where nobody has edited it. */
export async function batchPlanOf(name: string): Promise<BatchPlan> {
  return (await Batches.findById(name).lean<BatchDocument>())?.plan ?? defaultBatchPlan;
}
