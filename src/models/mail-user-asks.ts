import type { Types } from 'mongoose';
import { MailUsers, type Asked, type MailUser } from './mail-users';

/**
 * Notes on the row that a start was asked for, unless another one was noted since the row was read.
 * @param seen the row's `asked.startId` as it was read
 * @returns the start that stands on the row now: this one, or the one that was faster; `undefined` where the row is gone
 */
export async function askStart(
  id: Types.ObjectId,
  seen: string | undefined,
  startId: string,
  reason: NonNullable<Asked['reason']>,
  at: Date,
): Promise<string | undefined> {
  const expected = seen === undefined ? { $exists: false } : seen;
  await MailUsers.updateOne(
    { _id: id, 'asked.startId': expected },
    { $set: startAsked(startId, reason, at) },
  );
  const row = await MailUsers.findById(id, { asked: 1 }).lean<Pick<MailUser, 'asked'>>();
  return row?.asked.startId;
}

/** What stands on a row once a start was asked for. @param beginsAt when nobody does anything for it sooner */
export function startAsked(
  startId: string,
  reason: NonNullable<Asked['reason']>,
  at: Date,
  beginsAt: Date = at,
) {
  return {
    'asked.startId': startId,
    'asked.startPending': true,
    'asked.reason': reason,
    'asked.startedAt': at,
    'asked.beginsAt': beginsAt,
  };
}

/** Notes that a projection has handled this start; harmless when repeated, and never another start's. */
export async function noteStartHandled(id: Types.ObjectId, startId: string): Promise<void> {
  await MailUsers.updateOne(
    { _id: id, 'asked.startId': startId },
    { $unset: { 'asked.startPending': true } },
  );
}

/**
 * Marks as pending what a process of 0.1.0 has asked for since its row was brought forward: such a one names its start and knows of no
 * mark. One index is read, whatever there is of rows.
 */
export async function markUnmarkedStarts(): Promise<void> {
  const unmarked = await MailUsers.aggregate<Pick<MailUser, '_id' | 'asked' | 'projection'>>([
    { $match: { 'asked.startId': { $gt: '' }, 'asked.startPending': { $ne: true } } },
    { $project: { 'asked.startId': 1, 'projection.handledStartId': 1 } },
    { $match: { $expr: { $ne: ['$asked.startId', '$projection.handledStartId'] } } },
  ]);
  for (const { _id, asked, projection } of unmarked)
    await MailUsers.updateOne(
      {
        _id,
        'asked.startId': asked.startId,
        'projection.handledStartId': projection?.handledStartId ?? null,
      },
      { $set: { 'asked.startPending': true } },
    );
}

/** Takes back what `askStart` noted, where nothing came of it: the page shows no **Starting** that never ends. */
export async function unaskStart(id: Types.ObjectId, startId: string): Promise<void> {
  await MailUsers.updateOne(
    { _id: id, 'asked.startId': startId },
    {
      $unset: {
        'asked.startId': true,
        'asked.startPending': true,
        'asked.reason': true,
        'asked.startedAt': true,
        'asked.beginsAt': true,
      },
    },
  );
}

/** Whether any workflow has told of the row; `false` where it was set back to before that with its database. */
export async function hasBegun(id: Types.ObjectId): Promise<boolean> {
  return (await MailUsers.countDocuments({ _id: id, projection: { $exists: false } })) === 0;
}

/** Notes on the row that these sealed credentials wait for its workflow. */
export async function askCredentials(
  id: Types.ObjectId,
  credentialIds: readonly string[],
  at: Date,
): Promise<void> {
  await MailUsers.updateOne(
    { _id: id },
    {
      $addToSet: { 'asked.credentialIds': { $each: [...credentialIds] } },
      $set: { 'asked.credentialAt': at },
    },
  );
}

/** Takes them back; harmless when repeated. */
export async function unaskCredentials(id: Types.ObjectId, credentialIds: readonly string[]): Promise<void> {
  await MailUsers.updateOne({ _id: id }, { $pull: { 'asked.credentialIds': { $in: [...credentialIds] } } });
}

/** Notes that the invitation came back; another mark takes the place of one that stands. */
export async function markUndelivered(
  id: Types.ObjectId,
  undelivered: NonNullable<MailUser['undelivered']>,
): Promise<void> {
  await MailUsers.updateOne({ _id: id }, { $set: { undelivered } });
}

export async function unmarkUndelivered(id: Types.ObjectId): Promise<void> {
  await MailUsers.updateOne({ _id: id }, { $unset: { undelivered: true } });
}

/**
 * Makes every link that was given out so far one that a newer link has replaced.
 * @returns false where somebody else was faster
 */
export async function replaceLink(id: Types.ObjectId, seenGeneration: number): Promise<boolean> {
  const replaced = await MailUsers.updateOne(
    { _id: id, linkGeneration: seenGeneration },
    { $set: { linkGeneration: seenGeneration + 1 } },
  );
  return replaced.matchedCount === 1;
}
