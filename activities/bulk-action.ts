import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { Types } from 'mongoose';
import { isMeant, rowActions, rowFacts, wantsLookFirst } from '../src/domain/administrator-actions';
import { isEndState } from '../src/domain/migration';
import { shownState } from '../src/domain/shown-state';
import { auditedRowAction, auditParts } from '../src/models/audit-log';
import { BulkActions, type BulkActionDocument, type BulkRefusal } from '../src/models/bulk-actions';
import { forgetBulkRows, nextBulkRows, noteBulkRows } from '../src/models/bulk-rows';
import type { MailUserFilter } from '../src/models/mail-user-filter';
import { MailUsers, type MailUser } from '../src/models/mail-users';
import { purgeCredentials } from '../src/models/credentials';
import { releasePair } from '../src/models/ledger-purge';
import type { ActivityDeps } from './deps';
import { heartbeats } from './heartbeat';
import { startMigration, unusableConnectors } from './start-migration';
import { tellPlanChanged } from './tell-plan-changed';
import {
  signals,
  type BulkActionInput,
  type PauseSignal,
  type ResendSignal,
  type ResumeSignal,
  type RunPassSignal,
  type StopSignal,
} from '../workflows/messages';
import { migrationId } from '../workflows/names';

const rowsAtOnce = 100;
/** Between two stretches the workflow waits in line behind all that those do who were told. */
const stretchMs = 60_000;
/**
 * So many are told at the same time. Each that was told has Temporal do many times as much as the telling, and it serves whoever asks
 * in turn: fewer would be told at the pace at which the others are done.
 */
const toldAtOnce = 64;
/** Whom it starts begins when about all have been told: so long for each who is still to be told. */
const beginsAfterMs = (left: number) => Math.min(120_000, left * 20);

type Fate = 'done' | 'unchanged' | BulkRefusal;
interface RowFate {
  id: string;
  address: string;
  fate: Fate;
}

/** How far a bulk action is, in rows. */
interface BulkProgress {
  more: boolean;
  done: number;
  total: number;
}

/**
 * Deals with the next rows of a bulk action, oldest first, for a minute at most. Repeatable: it goes on after the last part that was
 * noted, and what was done to a row of an unnoted one is then `unchanged`.
 */
export function createBulkChunk(deps: Pick<ActivityDeps, 'client' | 'log'>) {
  return async function bulkChunk(input: BulkActionInput): Promise<BulkProgress> {
    using _beating = heartbeats();
    const { cancellationSignal } = Context.current();
    const restAt = Date.now() + stretchMs;
    for (;;) {
      const progress = await nextPart(deps, input);
      if (!progress.more || cancellationSignal.aborted || Date.now() >= restAt) return progress;
    }
  };
}

async function nextPart(
  { client, log }: Pick<ActivityDeps, 'client' | 'log'>,
  input: BulkActionInput,
): Promise<BulkProgress> {
  const bulk = await BulkActions.findById(input.bulkId).lean<BulkActionDocument>();
  if (bulk === null) return { more: false, done: 0, total: 0 };
  // It was taken for broken off, as after Temporal was set back: whoever wants the rest says so.
  if (bulk.finishedAt !== undefined) return end(bulk);
  if (bulk.stopAsked !== undefined) return stopHere(bulk);
  const chosen = await choose(bulk);
  // Another attempt has chosen meanwhile, or ended it.
  if (chosen === undefined) return { ...progressOf(bulk), more: true };
  const { ids, total } = chosen;
  const found = await MailUsers.find({ _id: { $in: ids.map((id) => new Types.ObjectId(id)) } }).lean<
    MailUser[]
  >();
  const rows = new Map(found.map((row) => [row._id.toHexString(), row]));
  const unusable = await unusableConnectors();
  const afterMs = beginsAfterMs(total - bulk.done - bulk.unchanged - bulk.refused);
  const among = bulk.selection.kind === 'filter' ? Infinity : total;
  const fates = await inLanes(ids, async (id) => {
    const row = rows.get(id);
    const fate: Fate =
      row === undefined ? 'gone' : await act(client, row, { ...input, afterMs, among }, unusable);
    return { id, address: row?.source.address ?? '', fate } satisfies RowFate;
  });
  await auditRows(bulk, fates);
  // Where an attempt of before, which hung, has noted more meanwhile, that stands.
  if (!(await note(bulk, total, fates))) return { more: true, done: bulk.done, total };
  log.info({ bulkId: bulk._id, action: input.action, rows: ids.length }, 'a part of a bulk action is done');
  const done = bulk.done + bulk.unchanged + bulk.refused + ids.length;
  const more = ids.length === rowsAtOnce;
  if (!more) await forgetBulkRows(bulk._id);
  return { more, done, total };
}

/** Written with the part, not with each row: a worker that dies before has its rows told, and the line of the bulk action alone. */
async function auditRows(bulk: BulkActionDocument, fates: readonly RowFate[]): Promise<void> {
  const action = rowActions.find((known) => known === bulk.action);
  const acted = fates.filter(({ fate }) => fate === 'done');
  if (action === undefined || acted.length === 0) return;
  const { _id: bulkId, by, createdAt: at } = bulk;
  await auditParts(
    { name: bulkId, at, by, bulkId, action: auditedRowAction[action] },
    acted.map(({ id: mailUserId, address }) => ({ mailUserId, address })),
  );
}

/** Does it to each, several at once; answers in their order. Where one fails it throws once nothing is under way any more. */
async function inLanes<T, Answer>(all: readonly T[], work: (one: T) => Promise<Answer>): Promise<Answer[]> {
  const answers = new Map<number, Answer>();
  const left = all.entries();
  const lane = async () => {
    for (const [index, one] of left) answers.set(index, await work(one));
  };
  const lanes = await Promise.allSettled(Array.from({ length: toldAtOnce }, lane));
  const failed = lanes.find((ended) => ended.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return [...answers].sort(([a], [b]) => a - b).map(([, answer]) => answer);
}

/** Whoever it has not come to is left as he is. */
async function stopHere(bulk: BulkActionDocument): Promise<BulkProgress> {
  await BulkActions.updateOne(
    { _id: bulk._id, finishedAt: { $exists: false } },
    { $set: { finishedAt: new Date() } },
  );
  return end(bulk);
}

async function end(bulk: BulkActionDocument): Promise<BulkProgress> {
  // Whoever takes up one that was broken off still wants them.
  if (bulk.brokenOffAt === undefined || bulk.stopAsked !== undefined) await forgetBulkRows(bulk._id);
  return progressOf(bulk);
}

function progressOf(bulk: BulkActionDocument): BulkProgress {
  const done = bulk.done + bulk.unchanged + bulk.refused;
  return { more: false, done, total: bulk.total ?? done };
}

/** The next rows, and how many there are in all; absent where the bulk action is no longer as it was when it was read. */
async function choose(bulk: BulkActionDocument): Promise<{ ids: string[]; total: number } | undefined> {
  const { selection, cursor = '' } = bulk;
  if (selection.kind === 'ids') {
    const all = [...new Set(selection.ids)].filter((id) => Types.ObjectId.isValid(id)).sort();
    return { ids: all.filter((id) => id > cursor).slice(0, rowsAtOnce), total: all.length };
  }
  const noted =
    bulk.rowsMark === undefined || bulk.total === undefined
      ? await noteRows(bulk, selection.filter)
      : { mark: bulk.rowsMark, total: bulk.total };
  return noted && { ids: await nextBulkRows(noted.mark, cursor, rowsAtOnce), total: noted.total };
}

/** Once for a bulk action: it is for those who match as it begins. Rows that came after it was asked for are not meant. */
async function noteRows(
  bulk: BulkActionDocument,
  filter: MailUserFilter,
): Promise<{ mark: string; total: number } | undefined> {
  const below = Types.ObjectId.createFromTime(Math.ceil(bulk.createdAt.getTime() / 1000) + 1);
  const { mark, count } = await noteBulkRows(bulk._id, filter, { above: bulk.cursor, below });
  const total = progressOf(bulk).done + count;
  const noted = await BulkActions.updateOne(
    { _id: bulk._id, rowsMark: { $exists: false }, finishedAt: { $exists: false } },
    { $set: { rowsMark: mark, total } },
  );
  return noted.modifiedCount === 0 ? undefined : { mark, total };
}

/** @returns false, and notes nothing, where the bulk action is no longer where it was when it was read */
async function note(bulk: BulkActionDocument, total: number, fates: readonly RowFate[]): Promise<boolean> {
  const count = (wanted: Fate) => fates.filter(({ fate }) => fate === wanted).length;
  const refusals = fates.flatMap(({ id, address, fate }) =>
    fate === 'done' || fate === 'unchanged' ? [] : [{ mailUserId: id, address, reason: fate }],
  );
  const last = fates.at(-1)?.id;
  const finished = fates.length < rowsAtOnce;
  const { matchedCount } = await BulkActions.updateOne(
    { _id: bulk._id, cursor: bulk.cursor ?? { $exists: false }, finishedAt: { $exists: false } },
    {
      $set: {
        total,
        done: bulk.done + count('done'),
        unchanged: bulk.unchanged + count('unchanged'),
        refused: bulk.refused + refusals.length,
        refusals: [...bulk.refusals, ...refusals].slice(0, 100),
        ...(last === undefined ? {} : { cursor: last }),
        ...(finished ? { finishedAt: new Date() } : {}),
      },
    },
  );
  return matchedCount > 0;
}

async function act(
  client: Client,
  row: MailUser,
  input: BulkActionInput & { afterMs: number; /** As of `isMeant`. */ among: number },
  unusable: ReadonlySet<string>,
): Promise<Fate> {
  const { action, by, times, afterMs, among } = input;
  const state = shownState(row);
  if (action === 'planChanged')
    return done(!isEndState(state) && (await tellPlanChanged(client, row._id.toHexString())));
  const facts = rowFacts(row.projection);
  if (wantsLookFirst(action, state, among, facts)) return 'sourceDoubtful';
  if (!isMeant(action, state, among, facts)) return action === 'delete' ? 'running' : 'unchanged';
  const connectors = [row.source.connectorId, row.target.connectorId].map((id) => id.toHexString());
  const starts = action === 'start' || action === 'retry' || (action === 'resend' && isEndState(state));
  if (starts && connectors.some((id) => unusable.has(id))) return 'connectorUnusable';
  // The same for a row however often this part of the bulk is repeated.
  const requestId = `${input.bulkId}-${row._id.toHexString()}`;
  switch (action) {
    case 'start':
      return done(await startMigration(client, row, { reason: 'start', by, times, afterMs }));
    case 'retry':
      return done(await startMigration(client, row, { reason: 'retry', by, times, afterMs }));
    case 'resend':
      if (starts) return done(await startMigration(client, row, { reason: 'resend', by, times, afterMs }));
      return done(await signal<[ResendSignal]>(client, row, signals.resendInvitation, { requestId, by }));
    case 'stop':
      return done(await signal<[StopSignal]>(client, row, signals.stop, { by }));
    case 'pause':
      return done(await signal<[PauseSignal]>(client, row, signals.pause, { by }));
    case 'resume':
      return done(await signal<[ResumeSignal]>(client, row, signals.resume, { by }));
    case 'delta':
    case 'cutOver':
      return done(
        await signal<[RunPassSignal]>(client, row, signals.runPass, { kind: action, requestId, by }),
      );
    case 'delete':
      return deleteRow(client, row);
  }
}

function done(acted: boolean): Fate {
  return acted ? 'done' : 'unchanged';
}

async function signal<Args extends [unknown]>(
  client: Client,
  row: MailUser,
  name: string,
  ...args: Args
): Promise<boolean> {
  try {
    await client.workflow.getHandle(migrationId(row._id.toHexString())).signal(name, ...args);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Takes the row off the list and destroys its credentials; what is known of the copy stays, so that nothing doubles. */
async function deleteRow(client: Client, row: MailUser): Promise<Fate> {
  const id = row._id.toHexString();
  if (await isRunning(client, id)) return 'running';
  await MailUsers.deleteOne({ _id: row._id });
  await releasePair(row.pairId, new Date());
  await purgeCredentials(id);
  return 'done';
}

async function isRunning(client: Client, mailUserId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(migrationId(mailUserId)).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
