import { Schema, model } from 'mongoose';

/** What one worker process copied in one minute. */
export interface ThroughputMinute {
  /** `<minute, ISO 8601> <worker>`: a worker writes its minute again and again, whole. */
  _id: string;
  /** The beginning of the minute. */
  at: Date;
  items: number;
  sizeBytes: number;
}

const schema = new Schema<ThroughputMinute>(
  {
    _id: { type: String, required: true },
    at: { type: Date, required: true },
    items: { type: Number, required: true },
    sizeBytes: { type: Number, required: true },
  },
  { collection: 'throughput', versionKey: false },
);
schema.index({ at: 1 });

export const Throughput = model<ThroughputMinute>('ThroughputMinute', schema);

const minuteMs = 60_000;
/** Older minutes are forgotten. */
const keptMs = 25 * 60 * minuteMs;

/** Writes a worker's minute; repeating it writes the same. */
export async function writeThroughput(
  worker: string,
  { at, items, sizeBytes }: Omit<ThroughputMinute, '_id'>,
): Promise<void> {
  const _id = `${at.toISOString()} ${worker}`;
  const written = await Throughput.updateOne({ _id }, { $set: { at, items, sizeBytes } }, { upsert: true });
  // Some databases of development ignore indexes that expire documents.
  if (written.upsertedCount === 1)
    await Throughput.deleteMany({ at: { $lt: new Date(at.getTime() - keptMs) } });
}

/** What all workers copied in each minute from `since` on, oldest first; minutes in which nothing was copied are left out. */
export async function readThroughput(since: Date): Promise<Omit<ThroughputMinute, '_id'>[]> {
  const minutes = await Throughput.aggregate<{ _id: Date; items: number; sizeBytes: number }>([
    { $match: { at: { $gte: since } } },
    { $group: { _id: '$at', items: { $sum: '$items' }, sizeBytes: { $sum: '$sizeBytes' } } },
    { $sort: { _id: 1 } },
  ]);
  return minutes.map(({ _id, items, sizeBytes }) => ({ at: _id, items, sizeBytes }));
}
