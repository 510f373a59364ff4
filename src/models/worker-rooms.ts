import { Schema, model } from 'mongoose';
import { versioned } from './schema-version';

/**
 * What a worker process says of its room for mailboxes, again every few seconds as long as it lives. Workers of 0.2.0 and before say
 * nothing.
 */
export interface WorkerRoomDocument {
  /** The process's own queue: a worker that is started again is another. */
  _id: string;
  /** Mailboxes open at once. */
  capacity: number;
  /** How many it has open, or is opening. */
  open: number;
  /** Grows each time it is said. */
  beat: number;
}

const schema = new Schema<WorkerRoomDocument>(
  {
    _id: { type: String, required: true },
    capacity: { type: Number, required: true },
    open: { type: Number, required: true },
    beat: { type: Number, required: true },
  },
  { collection: 'workerRooms', versionKey: false },
);

schema.plugin(versioned);
export const WorkerRooms = model<WorkerRoomDocument>('WorkerRoom', schema);

/** Says what room a worker has now; the same said again tells that it lives. */
export async function sayRoom({ _id, capacity, open }: Omit<WorkerRoomDocument, 'beat'>): Promise<void> {
  await WorkerRooms.updateOne({ _id }, { $set: { capacity, open }, $inc: { beat: 1 } }, { upsert: true });
}

/** A worker that opens no more mailboxes; harmless when repeated. @param beat where given, only if it has said nothing since */
export async function forgetRoom(_id: string, beat?: number): Promise<void> {
  await WorkerRooms.deleteOne({ _id, ...(beat !== undefined && { beat }) });
}

/** What workers said last; those among them that have died are taken out by the gate. */
export async function saidRooms(): Promise<WorkerRoomDocument[]> {
  return WorkerRooms.find().lean<WorkerRoomDocument[]>();
}

/** How many more mailboxes they have room for. */
export function freeRoom(rooms: readonly Pick<WorkerRoomDocument, 'capacity' | 'open'>[]): number {
  return rooms.reduce((sum, { capacity, open }) => sum + Math.max(0, capacity - open), 0);
}
