import { setTimeout as pause } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { Types } from 'mongoose';
import { isActionable } from '../src/domain/administrator-actions';
import { isEndState, type SignInRefusal } from '../src/domain/migration';
import type { Side } from '../src/domain/mailbox';
import { invitationAddresses, isAskedForRest } from '../src/domain/invitation';
import { keptSidesOf } from '../src/domain/passwords-kept';
import { shownState } from '../src/domain/shown-state';
import { auditParts } from '../src/models/audit-log';
import {
  BulkActions,
  mostRefusedInRow,
  type BulkActionDocument,
  type BulkRefusal,
  type GivenCredentials,
} from '../src/models/bulk-actions';
import {
  destroyCredentials,
  handOver,
  purgeCredentials,
  waitingCredentials,
} from '../src/models/credentials';
import { askCredentials, unaskCredentials } from '../src/models/mail-user-asks';
import { MailUsers, type MailUser } from '../src/models/mail-users';
import { tellCredentials } from '../src/tell-credentials';
import type { ActivityDeps } from './deps';
import { heartbeats } from './heartbeat';
import { invitationFactsOf, readRow } from './rows';
import { startMigration, unusableConnectors } from './start-migration';
import type { CredentialSignal, GiveCredentialsInput } from '../workflows/messages';

const stretchMs = 60_000;
const lookEveryMs = 300;
/** Who is in a long queue is not waited for longer: the next one's turn has come. */
const longestMs = 5 * 60_000;

/** - `unanswered`: the server does not answer, so nothing is known; the migration tries on. */
type Fate = 'done' | 'unchanged' | 'unanswered' | BulkRefusal;

interface GiveProgress {
  more: boolean;
  done: number;
  total: number;
}

/**
 * Gives the next rows of a bulk action their sealed passwords, one after the other: the next only once the one before was accepted or
 * refused, or its server does not answer. Three refusals in a row end it, and what was not given is destroyed. Works for a minute at
 * most; repeatable: it goes on with the row it was at.
 */
export function createGiveChunk({ client, log }: Pick<ActivityDeps, 'client' | 'log'>) {
  return async function giveChunk(input: GiveCredentialsInput): Promise<GiveProgress> {
    using _beating = heartbeats();
    const { cancellationSignal } = Context.current();
    const restAt = Date.now() + stretchMs;
    for (;;) {
      const progress = await step(client, input);
      if (!progress.more) log.info({ bulkId: input.bulkId, ...progress }, 'credentials are given');
      if (!progress.more || cancellationSignal.aborted || Date.now() >= restAt) return progress;
    }
  };
}

async function step(client: Client, input: GiveCredentialsInput): Promise<GiveProgress> {
  const bulk = await BulkActions.findById(input.bulkId).lean<BulkActionDocument>();
  if (bulk === null) return { more: false, done: 0, total: 0 };
  const ids = idsOf(bulk);
  if (bulk.finishedAt !== undefined) return progressOf(bulk, ids.length, false);
  if (bulk.total === undefined)
    await BulkActions.updateOne({ _id: bulk._id }, { $set: { total: ids.length } });
  const { giving, cursor = '' } = bulk;
  if (giving !== undefined) {
    const fate = giving.told ? await fateOf(giving) : await give(client, input, bulk, giving);
    if (fate === undefined && giving.told) await pause(lookEveryMs);
    if (fate !== undefined) await note(bulk, giving.mailUserId, fate);
    return progressOf(bulk, ids.length);
  }
  const next = bulk.stopAsked === undefined ? ids.find((id) => id > cursor) : undefined;
  if (next === undefined) {
    await purgeCredentials(bulk._id);
    await BulkActions.updateOne({ _id: bulk._id }, { $set: { finishedAt: new Date() } });
    return progressOf(bulk, ids.length, false);
  }
  const fate = await choose(bulk, next);
  if (fate !== undefined) await note(bulk, next, fate);
  return progressOf(bulk, ids.length);
}

/** In the order of their ids. */
function idsOf({ selection }: BulkActionDocument): string[] {
  return selection.kind === 'ids' ? [...new Set(selection.ids)].sort() : [];
}

function progressOf(bulk: BulkActionDocument, total: number, more = true): GiveProgress {
  return { more, done: bulk.done + bulk.unchanged + bulk.refused, total };
}

/** @returns absent where the row is the one to be given what waits for it */
async function choose(bulk: BulkActionDocument, mailUserId: string): Promise<Fate | undefined> {
  const [row, waiting, unusable] = await Promise.all([
    MailUsers.findById(mailUserId).lean<MailUser>(),
    waitingCredentials(bulk._id, mailUserId, new Date()),
    unusableConnectors(),
  ]);
  const ids = waiting.map(({ _id }) => _id.toHexString());
  const refusal = refusalOf(row, ids, unusable);
  if (row === null || refusal !== undefined) {
    await destroyCredentials(ids);
    return refusal ?? 'gone';
  }
  const standing = row.projection?.refusal?.at;
  const { choice } = invitationAddresses(invitationFactsOf(await readRow(mailUserId)));
  const stands = { state: shownState(row), choice, keptSides: keptSidesOf(row.projection, new Date()) };
  const given = waiting.map(({ side }) => side);
  const giving: GivenCredentials = {
    mailUserId,
    since: new Date(),
    ...(standing && { standingRefusalAt: standing }),
    ...(isAskedForRest(stands, given) && { isAskedForRest: true as const }),
    credentials: waiting.map(({ _id, side }) => {
      const lastRefusalAt = lastRefusal(row, side)?.at;
      return { side, credentialId: _id.toHexString(), ...(lastRefusalAt && { lastRefusalAt }) };
    }),
  };
  const asRead = { cursor: bulk.cursor ?? { $exists: false }, giving: { $exists: false } };
  await BulkActions.updateOne({ _id: bulk._id, ...asRead }, { $set: { giving } });
  return undefined;
}

/** Repeatable from its beginning. @returns absent where its sign-in is to be waited for */
async function give(
  client: Client,
  input: GiveCredentialsInput,
  bulk: BulkActionDocument,
  { mailUserId, credentials, since }: GivenCredentials,
): Promise<Fate | undefined> {
  const ids = credentials.map(({ credentialId }) => credentialId);
  // Named on the row before they are its own: the row shows at once that they wait to be checked.
  await askCredentials(new Types.ObjectId(mailUserId), ids, since);
  await handOver(ids, mailUserId, input.times.credentialLifeMs);
  const row = await MailUsers.findById(mailUserId).lean<MailUser>();
  if (row === null || !(await tell(client, input, row, credentials))) {
    await destroyCredentials(ids);
    if (row !== null) await unaskCredentials(row._id, ids);
    return row === null ? 'gone' : 'unchanged';
  }
  const { by, createdAt: at, _id: bulkId } = bulk;
  const what = { name: bulkId, at, by, bulkId, action: 'credentialsGiven' } as const;
  await auditParts(what, [{ mailUserId, address: row.source.address }]);
  const isAtIt = { _id: bulkId, 'giving.mailUserId': mailUserId };
  await BulkActions.updateOne(isAtIt, { $set: { 'giving.told': true } });
  return undefined;
}

function refusalOf(
  row: MailUser | null,
  ids: readonly string[],
  unusable: ReadonlySet<string>,
): Fate | undefined {
  if (row === null) return 'gone';
  if (ids.length === 0) return 'credentialGone';
  if (!isActionable('giveCredentials', shownState(row))) return 'unchanged';
  const connectors = [row.source.connectorId, row.target.connectorId].map((id) => id.toHexString());
  return connectors.some((id) => unusable.has(id)) ? 'connectorUnusable' : undefined;
}

/** @returns false where no workflow takes them */
async function tell(
  client: Client,
  { by, times }: GiveCredentialsInput,
  row: MailUser,
  credentials: readonly CredentialSignal[],
): Promise<boolean> {
  // Not the state that pages show: the row names what it is given already.
  if (row.projection !== undefined && isEndState(row.projection.state))
    await startMigration(client, row, { reason: 'start', by, times });
  const told = credentials.map(({ side, credentialId }): CredentialSignal => ({ side, credentialId }));
  return tellCredentials(client, row, told, { by, times });
}

/** What became of a row's sign-in; absent as long as it is being checked. */
async function fateOf(giving: GivenCredentials): Promise<Fate | undefined> {
  const { mailUserId, credentials, since } = giving;
  const row = await MailUsers.findById(mailUserId).lean<MailUser>();
  if (row === null) return 'gone';
  const answers = credentials.map((one) => answerOf(row, giving, one));
  if (answers.includes('refused')) return 'signInRefused';
  if (answers.includes('checking'))
    return Date.now() - since.getTime() > longestMs ? 'unanswered' : undefined;
  return answers.includes('unreachable') ? 'unanswered' : 'done';
}

function answerOf(
  row: MailUser,
  { standingRefusalAt }: GivenCredentials,
  { side, credentialId, lastRefusalAt }: GivenCredentials['credentials'][number],
): 'accepted' | 'refused' | 'checking' | 'unreachable' {
  const { projection } = row;
  if (!projection?.handledCredentialIds.includes(credentialId)) return 'checking';
  const refusal = lastRefusal(row, side);
  if (refusal !== undefined && refusal.at.getTime() !== lastRefusalAt?.getTime())
    return refusal.outcome === 'refused' ? 'refused' : 'unreachable';
  if (!projection.checking?.includes(side)) return 'accepted';
  const { refusal: standing } = projection;
  // What stood there before was said of another password.
  const isAnswer = standing?.side === side && standing.at.getTime() !== standingRefusalAt?.getTime();
  return isAnswer && standing.outcome === 'unreachable' ? 'unreachable' : 'checking';
}

function lastRefusal({ projection }: MailUser, side: Side): SignInRefusal | undefined {
  return (projection?.refusals ?? []).findLast((refusal) => refusal.side === side);
}

/** Counts the row, and goes no further after the third refusal in a row. */
async function note(bulk: BulkActionDocument, mailUserId: string, fate: Fate): Promise<void> {
  const row = await MailUsers.findById(mailUserId, { source: 1 }).lean<Pick<MailUser, 'source'>>();
  const address = row?.source.address ?? '';
  const counted = fate === 'done' || fate === 'unanswered' ? 'done' : fate === 'unchanged' ? fate : 'refused';
  const before = bulk.refusedInRow ?? [];
  const refusedInRow =
    fate === 'signInRefused' ? [...before, { mailUserId, address }] : fate === 'done' ? [] : before;
  const isOver = refusedInRow.length >= mostRefusedInRow;
  const wasTold = counted === 'done' || fate === 'signInRefused';
  const askedForRest = (bulk.askedForRest ?? 0) + (wasTold && bulk.giving?.isAskedForRest ? 1 : 0);
  const refusals =
    counted === 'refused'
      ? [...bulk.refusals, { mailUserId, address, reason: fate as BulkRefusal }]
      : bulk.refusals;
  if (isOver) await purgeCredentials(bulk._id);
  await BulkActions.updateOne(
    { _id: bulk._id, cursor: bulk.cursor ?? { $exists: false }, finishedAt: { $exists: false } },
    {
      $set: {
        cursor: mailUserId,
        [counted]: bulk[counted] + 1,
        refusals: refusals.slice(0, 100),
        refusedInRow,
        ...(askedForRest > 0 && { askedForRest }),
        ...(isOver ? { finishedAt: new Date() } : {}),
      },
      $unset: { giving: true },
    },
  );
}
