import { Schema, model, type Types } from 'mongoose';
import type { MailUserRow, RowFault } from '../domain/mail-user-row';
import { chunkIds, importChunkId, ImportChunks, rowsPerChunk, type ImportRow } from './imports';
import { MailUsers, type MailUser } from './mail-users';
import { versioned } from './schema-version';

/** A list that was read and shown, and waits for **Import**. Its good rows stand in `ImportChunks` under the same id. */
export interface ImportPreview {
  /** The import's id. */
  _id: string;
  sourceConnectorId: Types.ObjectId;
  targetConnectorId: Types.ObjectId;
  fileName: string;
  encoding: string;
  createdAt: Date;
  /** Good rows: `added` + `changed` + `unchanged` + `kept`. */
  rows: number;
  added: number;
  /** Lines of rows that are listed already and would change. */
  changedLines: number[];
  unchanged: number;
  /** Lines of rows that were started, or that a password was given for, and whose target would change: it stays. */
  keptLines: number[];
  faulty: { line: number; text: string; faults: RowFault[] }[];
  sharedTargets: { address: string; lines: number[] }[];
  unknownColumns: string[];
  /** The first rows, to be looked at. */
  sample: ImportRow[];
}

const schema = new Schema<ImportPreview>(
  {
    _id: { type: String, required: true },
    sourceConnectorId: { type: Schema.Types.ObjectId, required: true },
    targetConnectorId: { type: Schema.Types.ObjectId, required: true },
    fileName: { type: String, default: '' },
    encoding: { type: String, required: true },
    createdAt: { type: Date, required: true },
    rows: { type: Number, required: true },
    added: { type: Number, required: true },
    changedLines: { type: [Number], required: true },
    unchanged: { type: Number, required: true },
    keptLines: { type: [Number], required: true },
    faulty: { type: [Schema.Types.Mixed], required: true } as never,
    sharedTargets: { type: [Schema.Types.Mixed], required: true } as never,
    unknownColumns: { type: [String], required: true },
    sample: { type: [Schema.Types.Mixed], required: true } as never,
  },
  { collection: 'importPreviews', minimize: false, versionKey: false },
);

schema.plugin(versioned);
export const ImportPreviews = model<ImportPreview>('ImportPreview', schema);

/** How a row of a list stands to what is listed. */
export type RowFate = 'added' | 'changed' | 'unchanged' | 'kept';

/** The fate of each row, in their order, as things stand now. */
export async function fatesOf(
  rows: readonly ImportRow[],
  { sourceConnectorId, targetConnectorId }: Pick<ImportPreview, 'sourceConnectorId' | 'targetConnectorId'>,
): Promise<RowFate[]> {
  const fates: RowFate[] = [];
  for (let next = 0; next < rows.length; next += 500) {
    const part = rows.slice(next, next + 500);
    const keys = part.map(({ source }) => source.address.toLowerCase());
    const listed = await MailUsers.find(
      { 'source.connectorId': sourceConnectorId, 'source.addressKey': { $in: keys } },
      { projection: 0, counters: 0 },
    ).lean<Omit<MailUser, 'projection' | 'counters'>[]>();
    const started = await startedOf(sourceConnectorId, keys);
    const byKey = new Map(listed.map((row) => [`${row.source.addressKey} ${row.source.recipientType}`, row]));
    fates.push(...part.map((row) => fateOf(row, targetConnectorId, byKey, started)));
  }
  return fates;
}

/** Those that were started, or that a password was given for. */
async function startedOf(sourceConnectorId: Types.ObjectId, keys: readonly string[]): Promise<Set<string>> {
  const rows = await MailUsers.find(
    {
      'source.connectorId': sourceConnectorId,
      'source.addressKey': { $in: [...keys] },
      $or: [{ projection: { $exists: true } }, { 'asked.credentialIds': { $not: { $size: 0 } } }],
    },
    { _id: 1 },
  ).lean<Pick<MailUser, '_id'>[]>();
  return new Set(rows.map(({ _id }) => _id.toHexString()));
}

function fateOf(
  row: ImportRow,
  targetConnectorId: Types.ObjectId,
  listed: ReadonlyMap<string, Omit<MailUser, 'projection' | 'counters'>>,
  started: ReadonlySet<string>,
): RowFate {
  const standing = listed.get(`${row.source.address.toLowerCase()} ${row.source.recipientType}`);
  if (standing === undefined) return 'added';
  const sameTarget =
    standing.target.connectorId.equals(targetConnectorId) &&
    standing.target.addressKey === row.target.address.toLowerCase() &&
    standing.target.recipientType === row.target.recipientType;
  if (started.has(standing._id.toHexString()) && !sameTarget) return 'kept';
  return sameTarget && restOf(standing) === restOf(row) ? 'unchanged' : 'changed';
}

/** All of a row but its mailboxes, for comparing. */
function restOf({
  firstName,
  lastName,
  batch,
  language,
  invitationEmail,
  source,
  target,
}: MailUserRow | MailUser): string {
  return JSON.stringify([
    firstName,
    lastName,
    batch,
    language ?? '',
    invitationEmail ?? '',
    source.userName ?? '',
    target.userName ?? '',
  ]);
}

/** Writes the rows of an import in chunks, replacing what is there. */
export async function writeChunks(importId: string, rows: readonly ImportRow[]): Promise<void> {
  await ImportChunks.deleteMany({ _id: { $in: chunkIds(importId) } });
  for (let n = 1; (n - 1) * rowsPerChunk < rows.length; n += 1) {
    const part = rows.slice((n - 1) * rowsPerChunk, n * rowsPerChunk);
    await ImportChunks.create({ _id: importChunkId(importId, n), n, rows: part });
  }
}

/** The rows of an import, in their order. */
export async function readChunks(importId: string): Promise<ImportRow[]> {
  const chunks = await ImportChunks.find({ _id: { $in: chunkIds(importId) } })
    .sort({ n: 1 })
    .lean<{ rows: ImportRow[] }[]>();
  return chunks.flatMap(({ rows }) => rows);
}

/** Lists that were shown and never imported are forgotten after a day. */
export async function forgetOldPreviews(now: Date): Promise<void> {
  const before = new Date(now.getTime() - 24 * 3_600_000);
  const old = await ImportPreviews.find({ createdAt: { $lt: before } }, { _id: 1 }).lean<{ _id: string }[]>();
  for (const { _id } of old) {
    await ImportChunks.deleteMany({ _id: { $in: chunkIds(_id) } });
    await ImportPreviews.deleteOne({ _id });
  }
}
