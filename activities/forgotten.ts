import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { isEndState, type MigrationTimes } from '../src/domain/migration';
import { isUsed } from '../src/domain/passwords-kept';
import { Credentials, type CredentialDocument } from '../src/models/credentials';
import { markUnmarkedStarts, noteStartHandled, unaskStart } from '../src/models/mail-user-asks';
import { MailUsers, type MailUser } from '../src/models/mail-users';
import { tellCredentials } from '../src/tell-credentials';
import { migrationStart, workflowTypes } from '../workflows/messages';

/** Starts that no projection names as handled, credentials that none names as used; at most a thousand of each. */
export interface Forgotten {
  starts?: { mailUserId: string; startId: string }[];
  credentialIds?: string[];
}

export interface MendInput extends Required<Forgotten> {
  times: MigrationTimes;
}

/** How often each thing was done. */
export interface Mended {
  started: number;
  toldAgain: number;
  destroyed: number;
}

const most = 1000;
const rowsAtOnce = 500;

/** Asks and answers of a row; not what else its projection holds. */
const askedAndSaid = {
  asked: 1,
  'projection.state': 1,
  'projection.handledStartId': 1,
  'projection.handledCredentialIds': 1,
  'projection.usedCredentialIds': 1,
} as const;

type Asking = Pick<MailUser, '_id' | 'asked' | 'projection'>;

/** Looks at what is asked for now, and not at how long ago. */
export async function findForgotten(): Promise<Required<Forgotten>> {
  return { starts: await startsLeft(), credentialIds: await credentialsLeft() };
}

async function startsLeft(): Promise<Required<Forgotten>['starts']> {
  await markUnmarkedStarts();
  const rows = await MailUsers.find({ 'asked.startPending': true }, askedAndSaid)
    .limit(most)
    .lean<Asking[]>();
  return rows.flatMap(({ _id, asked: { startId } }) =>
    startId === undefined ? [] : [{ mailUserId: _id.toHexString(), startId }],
  );
}

async function credentialsLeft(): Promise<string[]> {
  const left: string[] = [];
  const all = Credentials.find({ 'owner.kind': 'mailUser' }, { owner: 1 })
    .lean<Pick<CredentialDocument, '_id' | 'owner'>[]>()
    .cursor();
  let batch: Pick<CredentialDocument, '_id' | 'owner'>[] = [];
  const look = async () => {
    const rows = await MailUsers.find(
      { _id: { $in: batch.map(({ owner }) => owner.id) } },
      askedAndSaid,
    ).lean<Asking[]>();
    const byId = new Map(rows.map((row) => [row._id.toHexString(), row]));
    left.push(
      ...batch
        .filter((one) => isLeft(byId.get(one.owner.id), one._id.toHexString()))
        .map(({ _id }) => _id.toHexString()),
    );
    batch = [];
  };
  for await (const one of all) {
    batch.push(one);
    if (batch.length >= rowsAtOnce) await look();
    if (left.length >= most) break;
  }
  if (batch.length > 0) await look();
  return left.slice(0, most);
}

/** Whether no workflow has taken it, or one that has taken it no longer uses it: then it was there again in a restored database. */
function isLeft(row: Asking | undefined, credentialId: string): boolean {
  return !isUsed(row?.projection, credentialId);
}

/** Starts what was asked for and never started, tells again what no workflow uses, destroys what none is left to take. */
export async function mendForgotten(
  client: Client,
  { times, starts, credentialIds }: MendInput,
): Promise<Mended> {
  const mended = { started: 0, toldAgain: 0, destroyed: 0 };
  for (const { mailUserId, startId } of starts) {
    const row = await MailUsers.findById(mailUserId).lean<MailUser>();
    if (row?.asked.startId === startId && (await startAgain(client, row, startId, times)))
      mended.started += 1;
  }
  for (const id of credentialIds) {
    const credential = await Credentials.findById(id).lean<CredentialDocument>();
    if (credential === null) continue;
    const row = await MailUsers.findById(credential.owner.id).lean<MailUser>();
    if (!isLeft(row ?? undefined, id)) continue;
    if (row !== null && (await tellAgain(client, row, credential, times))) {
      mended.toldAgain += 1;
      continue;
    }
    await Credentials.deleteOne({ _id: credential._id });
    await MailUsers.updateOne({ _id: row?._id }, { $pull: { 'asked.credentialIds': id } });
    mended.destroyed += 1;
  }
  return mended;
}

/** @returns whether it was started now */
async function startAgain(
  client: Client,
  row: MailUser,
  startId: string,
  times: MigrationTimes,
): Promise<boolean> {
  const { reason = 'start' } = row.asked;
  const state = row.projection?.state ?? 'notStarted';
  if (row.projection?.handledStartId === startId) {
    await noteStartHandled(row._id, startId);
    return false;
  }
  if (!(state === 'notStarted' || isEndState(state))) {
    // It runs by another: the database was set back to before that one was asked for, and nothing comes of the one that it names.
    await unaskStart(row._id, startId);
    return false;
  }
  // The start of a form from Not started is told again with its credential.
  if (reason === 'form' || (row.projection === undefined && row.asked.credentialIds.length > 0)) return false;
  const by = { kind: 'system' } as const;
  const input = { mailUserId: row._id.toHexString(), startId, reason, by, times };
  try {
    await client.workflow.start(workflowTypes.migrateMailbox, migrationStart(input, pairOf(row)));
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/** @returns false where no workflow is left that could take it */
async function tellAgain(
  client: Client,
  row: MailUser,
  credential: CredentialDocument,
  times: MigrationTimes,
): Promise<boolean> {
  const { _id, side } = credential;
  const credentialId = _id.toHexString();
  if (row.projection === undefined && !row.asked.credentialIds.includes(credentialId)) return false;
  return tellCredentials(client, row, [{ side, credentialId }], { by: { kind: 'user' }, times });
}

function pairOf({ source, target }: MailUser) {
  return { sourceAddress: source.address, targetAddress: target.address };
}
