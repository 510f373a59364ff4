import { WorkflowNotFoundError } from '@temporalio/client';
import type { RowAction } from '../../domain/administrator-actions';
import type { Actor } from '../../domain/migration';
import { releasePair } from '../../models/ledger-purge';
import { purgeCredentials } from '../../models/credentials';
import { MailUsers, type MailUser } from '../../models/mail-users';
import { migrationId } from '../../../workflows/names';
import type { WebDeps } from '../deps';
import {
  askForPass,
  isTemporalAway,
  pauseMigration,
  resendInvitation,
  resumeMigration,
  startMigration,
  stopMigration,
  type Outcome,
} from '../migrations';

/**
 * What became of one row:
 * - `kept`: Temporal does not answer; it is done when it is back.
 * - `away`: Temporal does not answer, and nothing is kept.
 * - `doubtful`: somebody has to look at it on its own.
 */
export type RowOutcome =
  { kind: 'done' | 'kept' | 'nothing' | 'away' | 'doubtful' } | { kind: 'connectorUnusable'; name: string };

/** Does to one row what a button says. What is not for its state is `nothing`. */
export async function actOnRow(
  deps: WebDeps,
  row: MailUser,
  action: Exclude<RowAction, 'giveCredentials'>,
  by: Actor,
): Promise<RowOutcome> {
  try {
    const outcome = await act(deps, row, action, by);
    return { kind: outcome === 'sent' ? 'done' : outcome };
  } catch (error) {
    if (isTemporalAway(error)) return { kind: 'away' };
    throw error;
  }
}

function act(
  deps: WebDeps,
  row: MailUser,
  action: Exclude<RowAction, 'giveCredentials'>,
  by: Actor,
): Promise<Outcome> {
  switch (action) {
    case 'start':
      return startMigration(deps, row, 'start', by);
    case 'retry':
      return startMigration(deps, row, 'retry', by);
    case 'pause':
      return pauseMigration(deps, row, by);
    case 'resume':
      return resumeMigration(deps, row, by);
    case 'delta':
    case 'cutOver':
      return askForPass(deps, row, action, by);
    case 'stop':
      return stopMigration(deps, row, by);
    case 'resend':
      return resendInvitation(deps, row, by);
    case 'delete':
      return deleteRow(deps, row);
  }
}

/** Takes the row off the list and destroys link and credentials; what is known of the copy stays, so that nothing doubles later. */
async function deleteRow(deps: WebDeps, row: MailUser): Promise<Outcome> {
  const id = row._id.toHexString();
  if (await isRunning(deps, id)) return 'nothing';
  const seen = row.asked.startId === undefined ? { $exists: false } : row.asked.startId;
  const deleted = await MailUsers.deleteOne({ _id: row._id, 'asked.startId': seen });
  if (deleted.deletedCount === 0) return 'nothing';
  await releasePair(row.pairId, new Date());
  await purgeCredentials(id);
  return 'sent';
}

async function isRunning({ temporal }: WebDeps, mailUserId: string): Promise<boolean> {
  try {
    const { status } = await temporal.workflow.getHandle(migrationId(mailUserId)).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
