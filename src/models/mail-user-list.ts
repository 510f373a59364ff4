import { Types, type QueryFilter } from 'mongoose';
import { shownState } from '../domain/shown-state';
import type { MigrationState } from '../domain/migration';
import { queryOf, type MailUserFilter, type MailUserSelection } from './mail-user-filter';
import { MailUsers, type MailUser } from './mail-users';

/** By source address, or the newest first. */
export const listOrders = ['address', 'newest'] as const;
export type ListOrder = (typeof listOrders)[number];

/** A place in the list: the first or last row that was shown. */
export interface Place {
  addressKey: string;
  id: string;
}

export interface ListRequest {
  filter: MailUserFilter;
  order: ListOrder;
  /** Rows behind this place, or before it; neither: from the beginning. */
  after?: Place;
  before?: Place;
  limit: number;
}

/** A mail user as the list shows it: without time line, refusals and summary. */
export interface ListedMailUser extends Omit<MailUser, 'projection'> {
  projection?: Omit<NonNullable<MailUser['projection']>, 'timeline' | 'refusals' | 'summary'>;
}

export interface ListPage {
  rows: ListedMailUser[];
  hasBefore: boolean;
  hasAfter: boolean;
}

/** One page; its cost does not grow with how far down it is. */
export async function listMailUsers({ filter, order, after, before, limit }: ListRequest): Promise<ListPage> {
  const backwards = before !== undefined;
  const ascending = (order === 'address') !== backwards;
  const place = after ?? before;
  const conditions = [queryOf(filter), ...(place === undefined ? [] : [beyond(place, order, ascending)])];
  const direction = ascending ? 1 : -1;
  const found = await MailUsers.find(
    { $and: conditions },
    { 'projection.timeline': 0, 'projection.refusals': 0, 'projection.summary': 0 },
  )
    .sort(order === 'address' ? { 'source.addressKey': direction, _id: direction } : { _id: direction })
    .limit(limit + 1)
    .lean<ListedMailUser[]>();
  const rows = found.slice(0, limit);
  const more = found.length > limit;
  if (backwards) return { rows: rows.reverse(), hasBefore: more, hasAfter: true };
  return { rows, hasBefore: place !== undefined, hasAfter: more };
}

function beyond({ addressKey, id }: Place, order: ListOrder, ascending: boolean): QueryFilter<MailUser> {
  const side = ascending ? '$gt' : '$lt';
  const _id = { [side]: new Types.ObjectId(id) };
  if (order === 'newest') return { _id };
  return {
    $or: [{ 'source.addressKey': { [side]: addressKey } }, { 'source.addressKey': addressKey, _id }],
  };
}

/** Counting stops one above this: the page then says *10,000+*. */
export const countedUpTo = 10_000;

export async function countMailUsers(filter: MailUserFilter): Promise<number> {
  return MailUsers.countDocuments(queryOf(filter)).limit(countedUpTo + 1);
}

/** Names of batches for a filter's choices, in order; at most 500. */
export async function batchNames(): Promise<string[]> {
  const names = await MailUsers.distinct('batch');
  return names.sort((a, b) => a.localeCompare(b)).slice(0, 500);
}

/** Rows that are alike for what a button does to them. */
export interface RowGroup {
  state: MigrationState;
  sourceConnectorId: string;
  targetConnectorId: string;
  count: number;
}

/** What a selection consists of; states of a filter's rows are as the projection says, of ticked ones as pages show them. */
export async function groupsOf(selection: MailUserSelection): Promise<RowGroup[]> {
  return selection.kind === 'ids' ? groupsOfIds(selection.ids) : groupsOfFilter(selection.filter);
}

async function groupsOfIds(ids: readonly string[]): Promise<RowGroup[]> {
  const rows = await mailUsersOf(ids);
  const groups = new Map<string, RowGroup>();
  for (const row of rows) {
    const group = {
      state: shownState(row),
      sourceConnectorId: row.source.connectorId.toHexString(),
      targetConnectorId: row.target.connectorId.toHexString(),
    };
    const key = Object.values(group).join(' ');
    groups.set(key, { ...group, count: (groups.get(key)?.count ?? 0) + 1 });
  }
  return [...groups.values()];
}

async function groupsOfFilter(filter: MailUserFilter): Promise<RowGroup[]> {
  const groups = await MailUsers.aggregate<{
    _id: { state?: MigrationState; source: Types.ObjectId; target: Types.ObjectId };
    count: number;
  }>([
    { $match: queryOf(filter) },
    {
      $group: {
        _id: { state: '$projection.state', source: '$source.connectorId', target: '$target.connectorId' },
        count: { $sum: 1 },
      },
    },
  ]);
  return groups.map(({ _id, count }) => ({
    state: _id.state ?? 'notStarted',
    sourceConnectorId: _id.source.toHexString(),
    targetConnectorId: _id.target.toHexString(),
    count,
  }));
}

/** These mail users, in the order of the list; ids that are none or gone are left out. */
export async function mailUsersOf(ids: readonly string[]): Promise<MailUser[]> {
  const known = ids.filter((id) => /^[0-9a-f]{24}$/.test(id)).map((id) => new Types.ObjectId(id));
  return MailUsers.find({ _id: { $in: known } })
    .sort({ 'source.addressKey': 1, _id: 1 })
    .lean<MailUser[]>();
}

/** Those that a filter matches, in the order of the list; the first `limit`. */
export async function mailUsersMatching(filter: MailUserFilter, limit: number): Promise<MailUser[]> {
  return MailUsers.find(queryOf(filter))
    .sort({ 'source.addressKey': 1, _id: 1 })
    .limit(limit)
    .lean<MailUser[]>();
}

/** How many mail users are in each state, as projections say. */
export async function countStates(): Promise<Map<MigrationState, number>> {
  const groups = await MailUsers.aggregate<{ _id: MigrationState | null; count: number }>([
    { $group: { _id: '$projection.state', count: { $sum: 1 } } },
  ]);
  return new Map(groups.map(({ _id, count }) => [_id ?? 'notStarted', count]));
}

/** What has been found and copied in all mailboxes together. */
export interface CountersSum {
  found: number;
  copied: number;
  copiedBytes: number;
  issues: number;
}

export async function sumCounters(): Promise<CountersSum> {
  const [sum] = await MailUsers.aggregate<CountersSum & { failed: number; skipped: number }>([
    { $match: { counters: { $exists: true } } },
    {
      $group: {
        _id: null,
        found: { $sum: '$counters.found' },
        copied: { $sum: '$counters.copied' },
        copiedBytes: { $sum: '$counters.copiedBytes' },
        failed: { $sum: '$counters.failed' },
        skipped: { $sum: '$counters.skipped' },
      },
    },
  ]);
  if (sum === undefined) return { found: 0, copied: 0, copiedBytes: 0, issues: 0 };
  const { found, copied, copiedBytes, failed, skipped } = sum;
  return { found, copied, copiedBytes, issues: failed + skipped };
}

/** Rows that go on only when somebody acts: failed, expired, a new sign-in needed, a sign-in or a mail refused; newest first. */
export async function needsSomebody(limit: number): Promise<ListedMailUser[]> {
  return MailUsers.find(
    {
      $or: [
        { 'projection.state': { $in: ['failed', 'expired', 'signInNeeded'] } },
        { 'projection.state': 'emailSent', 'projection.refusal': { $exists: true } },
        { 'projection.state': 'emailSent', 'projection.invitation.refused': { $exists: true } },
      ],
    },
    { 'projection.timeline': 0, 'projection.refusals': 0, 'projection.summary': 0 },
  )
    .sort({ 'projection.since': -1 })
    .limit(limit)
    .lean<ListedMailUser[]>();
}
