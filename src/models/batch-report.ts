import type { QueryFilter } from 'mongoose';
import type { FaultText } from '../domain/faults';
import { disagreementOf, fates, type Disagreement, type ItemCounts } from '../domain/item-counts';
import type { MigrationState } from '../domain/migration';
import { shownState } from '../domain/shown-state';
import type { ListedMailUser } from './mail-user-list';
import { MailUsers, type MailUser } from './mail-users';

/** One mail user as the report of its batch states it. */
export interface BatchRow {
  id: string;
  source: string;
  target: string;
  state: MigrationState;
  /** Absent before a copy has begun. */
  counts?: ItemCounts & { copiedBytes: number; remaining: number };
  endedAt?: Date;
  fault?: FaultText;
}

/** Every row of a batch in the order they were listed, one at a time and with one query. */
export async function* rowsOfBatch(
  batch: string,
  { onlyIssues }: { onlyIssues: boolean } = { onlyIssues: false },
): AsyncGenerator<BatchRow> {
  const issues: QueryFilter<MailUser> = {
    $or: [
      { 'projection.state': { $in: ['failed', 'completedWithIssues'] } },
      { 'counters.failed': { $gt: 0 } },
      { 'counters.skipped': { $gt: 0 } },
    ],
  };
  const rows = MailUsers.find(
    { batch, ...(onlyIssues ? issues : {}) },
    { 'projection.timeline': 0, 'projection.refusals': 0, 'projection.summary': 0 },
  )
    .sort({ _id: 1 })
    .lean<ListedMailUser[]>()
    .cursor({ batchSize: 500 });
  for await (const row of rows) yield rowOf(row);
}

const mostDisagreements = 50;

/** The first mailboxes of a batch, or of all, whose figures do not add up, by source address. */
export async function disagreementsOfBatch(batch?: string): Promise<Disagreement[]> {
  const accounted = { $add: fates.map((fate) => ({ $ifNull: [`$counters.${fate}`, 0] })) };
  const rows = await MailUsers.aggregate<Pick<MailUser, 'source'> & { counters: ItemCounts }>([
    { $match: { ...(batch === undefined ? {} : { batch }), counters: { $exists: true } } },
    { $project: { source: 1, counters: 1, accounted } },
    { $match: { $expr: { $ne: ['$counters.found', '$accounted'] } } },
    { $sort: { 'source.addressKey': 1, _id: 1 } },
    { $limit: mostDisagreements },
  ]);
  return rows.flatMap(({ source, counters }) => disagreementOf(counters, source.address) ?? []);
}

function rowOf(row: ListedMailUser): BatchRow {
  const { _id, source, target, counters, projection } = row;
  return {
    id: _id.toHexString(),
    source: source.address,
    target: target.address,
    state: shownState(row),
    ...(counters === undefined ? {} : { counts: counters }),
    ...(projection?.endedAt === undefined ? {} : { endedAt: projection.endedAt }),
    ...(projection?.fault === undefined ? {} : { fault: projection.fault.text }),
  };
}
