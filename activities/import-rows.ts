import { Types } from 'mongoose';
import { auditParts } from '../src/models/audit-log';
import type { MailUserRow } from '../src/domain/mail-user-row';
import {
  ImportChunks,
  importChunkId,
  Imports,
  type ImportChunk,
  type ImportDocument,
} from '../src/models/imports';
import { MailUsers, type MailboxOfRow, type MailUser } from '../src/models/mail-users';
import type { ActivityDeps } from './deps';
import { heartbeats } from './heartbeat';
import { startMigration, unusableConnectors } from './start-migration';
import { tellPlanChanged } from './tell-plan-changed';
import type { ImportRowsInput } from '../workflows/messages';

type Fate = 'added' | 'updated' | 'unchanged' | 'kept';

/** Lists the next chunk of an import's rows and, where that was asked for, starts them. Repeatable: a row is listed once. */
export function createImportChunk({ client }: Pick<ActivityDeps, 'client'>) {
  return async function importChunk(
    input: ImportRowsInput,
  ): Promise<{ more: boolean; done: number; total: number }> {
    using _beating = heartbeats();
    const { importId, start } = input;
    const document = await Imports.findById(importId).lean<ImportDocument>();
    if (document === null) return { more: false, done: 0, total: 0 };
    // As after Temporal was set back: whoever wants the rest says so.
    if (document.brokenOffAt !== undefined)
      return { more: false, done: document.chunksDone, total: document.total };
    const n = document.chunksDone + 1;
    const chunk = await ImportChunks.findById(importChunkId(importId, n)).lean<ImportChunk>();
    if (chunk === null) {
      await Imports.updateOne({ _id: importId }, { $set: { finishedAt: document.finishedAt ?? new Date() } });
      await ImportChunks.deleteMany({ _id: { $in: chunkIds(importId, document.chunksDone) } });
      return { more: false, done: document.total, total: document.total };
    }
    const fates: Record<Fate, number> = { added: 0, updated: 0, unchanged: 0, kept: 0 };
    const ids: Types.ObjectId[] = [];
    for (const row of chunk.rows) {
      const { fate, id, isMoved = false } = await listRow(document, row);
      fates[fate] += 1;
      ids.push(id);
      // It has read the plan of the batch it was in. Where this is cut off here it looks again by itself.
      if (isMoved) await tellPlanChanged(client, id.toHexString());
    }
    const started = start ? await startAll(client, ids, input, document.createdAt) : 0;
    // Whoever repeats a chunk that was counted finds another number here and counts nothing.
    await Imports.updateOne(
      { _id: importId, chunksDone: n - 1 },
      { $set: { chunksDone: n }, $inc: { ...fates, started } },
    );
    return { more: true, done: n, total: document.total };
  };
}

interface Listed {
  fate: Fate;
  id: Types.ObjectId;
  /** It was started and is in another batch now. */
  isMoved?: boolean;
}

async function listRow(document: ImportDocument, row: MailUserRow): Promise<Listed> {
  const wanted = rowOf(document, row);
  const { connectorId, addressKey, recipientType } = wanted.source;
  const key = {
    'source.connectorId': connectorId,
    'source.addressKey': addressKey,
    'source.recipientType': recipientType,
  };
  const standing = await MailUsers.findOne(key).lean<MailUser>();
  if (standing === null) return insert(document, wanted);
  const id = standing._id;
  const { source: _source, target, ...rest } = wanted;
  // Names, language and batch may change at any time; the mailboxes until it is started, or a password is given that it was typed for.
  const mailboxes = { target, 'source.userName': wanted.source.userName };
  const isFree = { _id: id, projection: { $exists: false }, 'asked.credentialIds': { $size: 0 } };
  const free = await MailUsers.updateOne(isFree, setOf({ ...rest, ...mailboxes }));
  if (free.matchedCount === 1) return { id, fate: free.modifiedCount === 1 ? 'updated' : 'unchanged' };
  const changed = await MailUsers.updateOne({ _id: id }, setOf(rest));
  const isMoved = standing.batch !== wanted.batch;
  if (!isSameMailbox(standing.target, target)) return { id, isMoved, fate: 'kept' };
  return { id, isMoved, fate: changed.modifiedCount === 1 ? 'updated' : 'unchanged' };
}

function isSameMailbox(one: MailboxOfRow, other: MailboxOfRow): boolean {
  return (
    one.connectorId.equals(other.connectorId) &&
    one.addressKey === other.addressKey &&
    one.recipientType === other.recipientType
  );
}

/** An absent value takes the field away. */
function setOf(change: Record<string, unknown>) {
  const entries = Object.entries(change);
  const set = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  const unset = Object.fromEntries(
    entries.filter(([, value]) => value === undefined).map(([name]) => [name, true]),
  );
  return { $set: set, ...(Object.keys(unset).length === 0 ? {} : { $unset: unset }) };
}

async function insert(document: ImportDocument, wanted: ReturnType<typeof rowOf>): Promise<Listed> {
  const id = new Types.ObjectId();
  await MailUsers.create({
    _id: id,
    ...wanted,
    linkGeneration: 1,
    createdAt: document.createdAt,
    asked: { credentialIds: [] },
  });
  return { fate: 'added', id };
}

function rowOf(document: ImportDocument, row: MailUserRow) {
  const { firstName, lastName, batch, language, invitationEmail } = row;
  return {
    firstName,
    lastName,
    batch,
    language,
    invitationEmail,
    source: mailboxOf(document.sourceConnectorId, row.source),
    target: mailboxOf(document.targetConnectorId, row.target),
  };
}

function mailboxOf(
  connectorId: Types.ObjectId,
  { address, recipientType, userName }: MailUserRow['source'],
): MailboxOfRow {
  const addressKey = address.toLowerCase();
  return { connectorId, address, addressKey, recipientType, ...(userName === undefined ? {} : { userName }) };
}

async function startAll(
  client: ActivityDeps['client'],
  ids: readonly Types.ObjectId[],
  { importId, by, times }: ImportRowsInput,
  at: Date,
): Promise<number> {
  const unusable = await unusableConnectors();
  const started: { mailUserId: string; address: string }[] = [];
  for (const row of await MailUsers.find({ _id: { $in: ids } }).lean<MailUser[]>()) {
    const connectors = [row.source.connectorId, row.target.connectorId].map((id) => id.toHexString());
    if (row.projection !== undefined || connectors.some((id) => unusable.has(id))) continue;
    if (await startMigration(client, row, { reason: 'start', by, times }))
      started.push({ mailUserId: row._id.toHexString(), address: row.source.address });
  }
  if (started.length > 0) await auditParts({ name: importId, at, by, action: 'started' }, started);
  return started.length;
}

function chunkIds(importId: string, chunks: number): string[] {
  return Array.from({ length: chunks }, (_, index) => importChunkId(importId, index + 1));
}
