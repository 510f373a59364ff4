import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Actor, MigrationTimes } from './domain/migration';
import { askStart, hasBegun, unaskStart } from './models/mail-user-asks';
import type { MailUser } from './models/mail-users';
import { formStart, signals, workflowTypes, type CredentialSignal } from '../workflows/messages';
import { migrationId } from '../workflows/names';

/** Who is named for the start where the first of the credentials is what starts the migration. */
interface FormOrder {
  by: Actor;
  times: MigrationTimes;
}

/**
 * Tells a row's workflow of sealed credentials that are stored and noted on the row. From **Not started** the first of them starts it,
 * under the start that stands on the row or one that is noted now. Repeatable: what was told twice is taken once.
 *
 * @returns false where no workflow is left that takes them, or the row is gone: whoever stored them destroys them.
 * Rejects where Temporal does not answer.
 */
export async function tellCredentials(
  client: Client,
  row: MailUser,
  credentials: readonly CredentialSignal[],
  order: FormOrder,
): Promise<boolean> {
  let rest = credentials;
  const [first] = credentials;
  if (first !== undefined && row.projection === undefined) {
    if (!(await startWith(client, row, first, order))) return false;
    rest = credentials.slice(1);
  }
  const handle = client.workflow.getHandle(migrationId(row._id.toHexString()));
  try {
    for (const credential of rest) await handle.signal<[CredentialSignal]>(signals.credential, credential);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

async function startWith(
  client: Client,
  row: MailUser,
  credential: CredentialSignal,
  order: FormOrder,
): Promise<boolean> {
  const startId = await standingStart(row);
  if (startId === undefined) return false;
  const input = { mailUserId: row._id.toHexString(), startId, reason: 'form', ...order } as const;
  const pair = { sourceAddress: row.source.address, targetAddress: row.target.address };
  const start = (isSetBack: boolean) =>
    client.workflow.signalWithStart(
      workflowTypes.migrateMailbox,
      formStart(input, pair, credential, isSetBack),
    );
  try {
    await start(false);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    if (await hasBegun(row._id)) {
      await unaskStart(row._id, startId);
      return false;
    }
    // A workflow of it has ended that the row knows nothing of: the database was set back.
    await start(true);
  }
  return true;
}

/** Where a start was asked for and not handled yet, its workflow may run already: a form must not name another. */
async function standingStart({ _id, asked }: MailUser): Promise<string | undefined> {
  return asked.startId ?? (await askStart(_id, undefined, randomUUID(), 'form', new Date()));
}
