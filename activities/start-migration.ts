import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { Actor, MigrationTimes } from '../src/domain/migration';
import { Connectors, type ConnectorDocument } from '../src/models/connectors';
import { startAsked } from '../src/models/mail-user-asks';
import { MailUsers, type MailUser } from '../src/models/mail-users';
import { migrationStart, workflowTypes, type StartReason } from '../workflows/messages';

export interface StartOrder {
  reason: Exclude<StartReason, 'form'>;
  by: Actor;
  times: MigrationTimes;
  /** So much later it begins; a signal has it begin at once. Absent: at once. */
  afterMs?: number;
}

/** Notes the start on the row and starts its workflow. @returns false where it runs already */
export async function startMigration(
  client: Client,
  row: MailUser,
  { reason, by, times, afterMs = 0 }: StartOrder,
): Promise<boolean> {
  const startId = randomUUID();
  const startedAt = new Date();
  const { asked } = row;
  const beginsAt = new Date(startedAt.getTime() + afterMs);
  await MailUsers.updateOne({ _id: row._id }, { $set: startAsked(startId, reason, startedAt, beginsAt) });
  const input = { mailUserId: row._id.toHexString(), startId, reason, by, times };
  const pair = { sourceAddress: row.source.address, targetAddress: row.target.address };
  try {
    const options = { ...migrationStart(input, pair), startDelay: afterMs };
    await client.workflow.start(workflowTypes.migrateMailbox, options);
    return true;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    await MailUsers.updateOne({ _id: row._id, 'asked.startId': startId }, { $set: { asked } });
    return false;
  }
}

/** Ids of the connectors whose last **Test connection** found no sign-in that can be used: nothing is started on them. */
export async function unusableConnectors(): Promise<Set<string>> {
  const connectors = await Connectors.find({}, { 'lastCheck.report.usable': 1 }).lean<ConnectorDocument[]>();
  const unusable = connectors.filter(({ lastCheck }) => lastCheck?.report.usable === false);
  return new Set(unusable.map(({ _id }) => _id.toHexString()));
}
