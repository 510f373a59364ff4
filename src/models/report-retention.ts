import { isEndState, migrationStates } from '../domain/migration';
import { AuditLog } from './audit-log';
import { keepPair, purgeLedger, releasedPairs } from './ledger-purge';
import { MailUsers, type MailUser } from './mail-users';

const endStates = migrationStates.filter(isEndState);

export interface Retention {
  /** What has ended until then is past its time. */
  until: Date;
  now: Date;
  /** How many rows and how many pairs without one are dealt with at most; the next time goes on. */
  most: number;
}

/**
 * Deletes the reports of migrations that are past their time, and the ledgers that they were made of. On the row stay addresses, states,
 * times and how many items there were; the audit log names each. Ledgers of rows that were deleted, or got other mailboxes, go after the same time. Repeating it
 * goes on where it was cut off.
 * @returns how many reports were deleted
 */
export async function purgeReports({ until, now, most }: Retention): Promise<number> {
  const rows = await MailUsers.find(
    {
      'projection.endedAt': { $lte: until },
      'projection.state': { $in: endStates },
      'asked.startPending': { $ne: true },
      pairId: { $exists: true },
    },
    { source: 1, pairId: 1, 'projection.epoch': 1, 'projection.revision': 1 },
  )
    .limit(most)
    .lean<MailUser[]>();
  for (const row of rows) await purgeReport(row, now);
  for (const pairId of await releasedPairs(until, most)) {
    const isListed = (await MailUsers.exists({ pairId })) !== null;
    await (isListed ? keepPair(pairId) : purgeLedger(pairId));
  }
  return rows.length;
}

async function purgeReport({ _id, source, pairId, projection }: MailUser, now: Date): Promise<void> {
  // The same two mailboxes may be listed through other connectors too; the last of the rows takes the ledger with it.
  if (pairId !== undefined && (await MailUsers.exists({ pairId, _id: { $ne: _id } })) === null)
    await purgeLedger(pairId);
  const { modifiedCount } = await MailUsers.updateOne(
    { _id, 'projection.epoch': projection?.epoch, 'projection.revision': projection?.revision },
    {
      $set: { reportPurgedAt: now },
      $unset: {
        pairId: '',
        targetIdentity: '',
        'projection.summary': '',
        'projection.verified': '',
        'projection.refusal': '',
        'projection.refusals': '',
      },
    },
  );
  if (modifiedCount === 0) return;
  const mailUserId = _id.toHexString();
  const by = { kind: 'system' } as const;
  await AuditLog.create({ at: now, by, action: 'reportPurged', subject: source.address, mailUserId });
}
