import { Schema, model, type Types } from 'mongoose';
import type { Actor } from '../domain/migration';
import type { MailUserRow } from '../domain/mail-user-row';
import { versioned } from './schema-version';

/**
 * One **Upload CSV** that was confirmed. The web writes the rows in chunks (`ImportChunks`), then this, then starts the workflow
 * `importRows`, which writes the progress and removes the chunks at the end; pages read it.
 */
export interface ImportDocument {
  /** The import's id. */
  _id: string;
  sourceConnectorId: Types.ObjectId;
  targetConnectorId: Types.ObjectId;
  by: Actor;
  createdAt: Date;
  total: number;
  /** Rows that are new in the list. */
  added: number;
  /** Rows that were listed already and have changed. */
  updated: number;
  /** Rows that were listed already just so. */
  unchanged: number;
  /** Rows that were started and keep their addresses. */
  kept: number;
  /** Migrations started after the import. */
  started: number;
  /** Chunks up to this number are dealt with. */
  chunksDone: number;
  finishedAt?: Date;
  /** Set with `finishedAt` where its workflow was gone before it was through. */
  brokenOffAt?: Date;
  /** When its rows were deleted, as nobody had gone on with it in time. */
  rowsPurgedAt?: Date;
  /** Whether its rows are started; absent in those of before 0.2.0. */
  start?: boolean;
}

/** One row that was read and found without fault. */
export type ImportRow = MailUserRow & {
  /** The line in the file, from 1. */
  line: number;
};

/** At most `rowsPerChunk` rows of an import, so that no document grows with the file. */
export interface ImportChunk {
  /** `<import id>:<n>` */
  _id: string;
  /** From 1. */
  n: number;
  rows: ImportRow[];
}

export const rowsPerChunk = 200;
export const importChunkId = (importId: string, n: number) => `${importId}:${n}`;

const mostChunks = 30;

/** Ids of every chunk that an import may have. */
export function chunkIds(importId: string): string[] {
  return Array.from({ length: mostChunks }, (_, index) => importChunkId(importId, index + 1));
}

const dayMs = 24 * 3_600_000;
const goOnWithinMs = 30 * dayMs;
/** Between the last moment to go on and the deletion: clocks of web and worker may differ. */
const graceMs = dayMs;

const schema = new Schema<ImportDocument>(
  {
    _id: { type: String, required: true },
    sourceConnectorId: { type: Schema.Types.ObjectId, required: true },
    targetConnectorId: { type: Schema.Types.ObjectId, required: true },
    by: { type: Schema.Types.Mixed, required: true },
    createdAt: { type: Date, required: true },
    total: { type: Number, required: true },
    added: { type: Number, default: 0 },
    updated: { type: Number, default: 0 },
    unchanged: { type: Number, default: 0 },
    kept: { type: Number, default: 0 },
    started: { type: Number, default: 0 },
    chunksDone: { type: Number, default: 0 },
    finishedAt: Date,
    brokenOffAt: Date,
    rowsPurgedAt: Date,
    start: Boolean,
  },
  { collection: 'imports', minimize: false, versionKey: false },
);

const chunkSchema = new Schema<ImportChunk>(
  {
    _id: { type: String, required: true },
    n: { type: Number, required: true },
    rows: { type: [Schema.Types.Mixed], required: true } as never,
  },
  { collection: 'importChunks', minimize: false, versionKey: false },
);

schema.plugin(versioned);
export const Imports = model<ImportDocument>('Import', schema);
chunkSchema.plugin(versioned);
export const ImportChunks = model<ImportChunk>('ImportChunk', chunkSchema);

/** Notes that nobody works at it any more. @returns false where it has ended meanwhile */
export async function breakOffImport(importId: string, now: Date): Promise<boolean> {
  const ended = await Imports.updateOne(
    { _id: importId, finishedAt: { $exists: false } },
    { $set: { finishedAt: now, brokenOffAt: now } },
  );
  return ended.modifiedCount === 1;
}

/** Whether one that was broken off may still be gone on with. */
export function mayGoOn({ brokenOffAt }: Pick<ImportDocument, 'brokenOffAt'>, now: Date): boolean {
  return brokenOffAt !== undefined && brokenOffAt > lastGoOn(now);
}

function lastGoOn(now: Date): Date {
  return new Date(now.getTime() - goOnWithinMs);
}

/** Deletes the rows of imports that were broken off and that nobody has gone on with in time: names and addresses that no list has. */
export async function purgeBrokenOffImports(now: Date, most: number): Promise<void> {
  const until = new Date(lastGoOn(now).getTime() - graceMs);
  const old = await Imports.find(
    { brokenOffAt: { $lte: until }, rowsPurgedAt: { $exists: false } },
    { _id: 1 },
  )
    .limit(most)
    .lean<{ _id: string }[]>();
  for (const { _id } of old) {
    await ImportChunks.deleteMany({ _id: { $in: chunkIds(_id) } });
    await Imports.updateOne({ _id }, { $set: { rowsPurgedAt: now } });
  }
}

/** One that was broken off is under way again. @returns false where it is not broken off, or was too long ago */
export async function reopenImport(importId: string, now: Date): Promise<boolean> {
  const reopened = await Imports.updateOne(
    { _id: importId, brokenOffAt: { $gt: lastGoOn(now) } },
    { $unset: { finishedAt: true, brokenOffAt: true } },
  );
  return reopened.modifiedCount === 1;
}
