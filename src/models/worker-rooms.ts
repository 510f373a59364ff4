import { Schema, model } from 'mongoose';
import type { TurnsTold } from '../domain/turn-parts';
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
  /** The turns of its mailboxes, by connector; absent as long as none were at work. */
  turns?: Record<string, TurnsTold>;
  /** When it was said, by the database's clock, and compared with nothing else. */
  saidAt: Date;
}

const schema = new Schema<WorkerRoomDocument>(
  {
    _id: { type: String, required: true },
    capacity: { type: Number, required: true },
    open: { type: Number, required: true },
    turns: Schema.Types.Mixed,
    saidAt: { type: Date, required: true },
  },
  { collection: 'workerRooms', minimize: false, versionKey: false },
);

schema.plugin(versioned);
export const WorkerRooms = model<WorkerRoomDocument>('WorkerRoom', schema);

/** Who has said nothing for so long, while another has, has died or is not to be relied on. */
export const silentMs = 15_000;

/** Says what room a worker has now; the same said again tells that it lives. */
export async function sayRoom({ _id, ...room }: Omit<WorkerRoomDocument, 'saidAt'>): Promise<void> {
  await WorkerRooms.updateOne({ _id }, { $set: room, $currentDate: { saidAt: true } }, { upsert: true });
}

/** A worker that opens no more mailboxes; harmless when repeated. */
export async function forgetRoom(_id: string): Promise<void> {
  await WorkerRooms.deleteOne({ _id });
}

/** What those said last that live. */
export async function livingRooms(): Promise<WorkerRoomDocument[]> {
  const rooms = await WorkerRooms.find().lean<WorkerRoomDocument[]>();
  const saidAfter = lastWord(rooms) - silentMs;
  return rooms.filter(({ saidAt }) => saidAt.getTime() > saidAfter);
}

/** How many mailboxes all living workers can have open at once, and how many more they have room for; 0 of each where none says anything. */
export async function roomOfWorkers(): Promise<{ capacity: number; free: number }> {
  const living = await livingRooms();
  return {
    capacity: living.reduce((sum, { capacity }) => sum + capacity, 0),
    free: living.reduce((sum, { capacity, open }) => sum + Math.max(0, capacity - open), 0),
  };
}

/** Deletes what those said who have been silent for several times as long: they are dead. One that speaks again says all anew. */
export async function forgetTheDead(): Promise<void> {
  const rooms = await WorkerRooms.find({}, { saidAt: 1 }).lean<WorkerRoomDocument[]>();
  await WorkerRooms.deleteMany({ saidAt: { $lte: new Date(lastWord(rooms) - 4 * silentMs) } });
}

/** When one of them spoke last, ms; 0 where none did. */
export const lastWord = (rooms: readonly Pick<WorkerRoomDocument, 'saidAt'>[]): number =>
  rooms.reduce((last, { saidAt }) => Math.max(last, saidAt.getTime()), 0);
