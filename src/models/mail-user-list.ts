import { Types, type QueryFilter } from 'mongoose';
import { queryOf, queryOfSelection, type MailUserFilter, type MailUserSelection } from './mail-user-filter';
import { MailUsers, type InvitationProjection, type MailUser } from './mail-users';

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

/** All of a selection, in the order of the list, some hundreds at a time. */
export async function* mailUsersInParts(selection: MailUserSelection): AsyncGenerator<MailUser[]> {
  let part: MailUser[] = [];
  const rows = MailUsers.find(queryOfSelection(selection), { projection: 0, counters: 0 })
    .sort({ 'source.addressKey': 1, _id: 1 })
    .lean<MailUser[]>()
    .cursor();
  for await (const row of rows) {
    part.push(row);
    if (part.length < rowsInPart) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

const rowsInPart = 500;

/**
 * Rows that go on only when somebody acts: failed, expired, a new sign-in needed, a sign-in or a mail refused, an invitation silent
 * after its last reminder; newest first.
 */
export async function needsSomebody(limit: number): Promise<ListedMailUser[]> {
  const rows = await MailUsers.find(
    {
      $or: [
        { 'projection.state': { $in: ['failed', 'expired', 'signInNeeded'] } },
        { 'projection.state': 'emailSent', 'projection.refusal': { $exists: true } },
        { 'projection.state': 'emailSent', 'projection.invitation.refused': { $exists: true } },
        { 'projection.state': 'emailSent', undelivered: { $exists: true } },
        {
          'projection.state': 'emailSent',
          'projection.invitation.remindedAt': { $exists: true },
          'projection.invitation.reminderDueAt': { $exists: false },
        },
      ],
    },
    { 'projection.timeline': 0, 'projection.refusals': 0, 'projection.summary': 0 },
  )
    .sort({ 'projection.since': -1 })
    .limit(limit)
    .lean<ListedMailUser[]>();
  // A mark counts until another invitation is sent.
  return rows.filter(
    (row) =>
      row.projection?.state !== 'emailSent' ||
      row.projection.refusal !== undefined ||
      row.projection.invitation?.refused !== undefined ||
      isUndelivered(row) ||
      isSilent(row.projection.invitation),
  );
}

function isSilent(invitation: InvitationProjection | undefined): boolean {
  return invitation?.remindedAt !== undefined && invitation.reminderDueAt === undefined;
}

/** Whether the invitation that was sent last came back, as somebody said. */
export function isUndelivered({ undelivered, projection }: ListedMailUser): boolean {
  const sentAt = projection?.invitation?.sentAt;
  return undelivered !== undefined && (sentAt === undefined || new Date(sentAt) <= undelivered.at);
}
