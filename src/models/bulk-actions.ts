import { Schema, model } from 'mongoose';
import type { Actor, BulkActionName } from '../domain/migration';
import type { Side } from '../domain/mailbox';
import type { MailUserSelection } from './mail-user-filter';
import { versioned } from './schema-version';

/**
 * One press of a button for many rows. The web writes it and starts the workflow `bulkAction`; the workflow writes its progress;
 * pages read it.
 */
export interface BulkActionDocument {
  /** The bulk's id. */
  _id: string;
  action: BulkActionName;
  selection: MailUserSelection;
  by: Actor;
  createdAt: Date;
  /** Rows selected; absent until the workflow has counted them. */
  total?: number;
  /** Where it is for a filter: the mark under which those who matched are noted. Absent until they are. */
  rowsMark?: string;
  /** Rows acted on. */
  done: number;
  /** Rows for which there was nothing to do. */
  unchanged: number;
  /** Rows that could not be acted on. */
  refused: number;
  /** Why, the first hundred of them. */
  refusals: { mailUserId: string; address: string; reason: BulkRefusal }[];
  /** Rows up to this id are dealt with. */
  cursor?: string;
  /** Somebody wants it to go no further: it ends after the rows it is at. */
  stopAsked?: { by: Actor; at: Date };
  finishedAt?: Date;
  /** Set with `finishedAt` where its workflow was gone before it was through. */
  brokenOffAt?: Date;
  /** Of **Give credentials**: users who get a mail that asks for the other password. */
  askedForRest?: number;
  /** Of **Give credentials**: whose sign-in is waited for. */
  giving?: GivenCredentials;
  /** Of **Give credentials**: who was refused one after the other, up to now; the third ends it. */
  refusedInRow?: { mailUserId: string; address: string }[];
}

/** A row's credentials, on their way to its workflow. */
export interface GivenCredentials {
  mailUserId: string;
  credentials: {
    side: Side;
    credentialId: string;
    /** The refusal of this side that was the last before. */
    lastRefusalAt?: Date;
  }[];
  since: Date;
  /** What stood on the row of its last sign-in, before. */
  standingRefusalAt?: Date;
  /** Its user gets a mail that asks for the other password. */
  isAskedForRest?: true;
  /** Its workflow has them. */
  told?: true;
}

/** So many refusals one after the other end **Give credentials**: the password is not theirs, and accounts would be locked. */
export const mostRefusedInRow = 3;

/**
 * - `connectorUnusable`: the last **Test connection** of one of its connectors found no sign-in that can be used.
 * - `running`: only what does not run can be deleted.
 * - `gone`: the row was deleted meanwhile.
 * - `sourceDoubtful`: it stopped because its source looks emptied, or is another one: somebody has to look at it on its own.
 * - `signInRefused`: its mail server did not accept what was given.
 * - `credentialGone`: what was to be given was destroyed before its turn came.
 */
export type BulkRefusal =
  'connectorUnusable' | 'running' | 'gone' | 'sourceDoubtful' | 'signInRefused' | 'credentialGone';

const schema = new Schema<BulkActionDocument>(
  {
    _id: { type: String, required: true },
    action: { type: String, required: true },
    selection: { type: Schema.Types.Mixed, required: true },
    by: { type: Schema.Types.Mixed, required: true },
    createdAt: { type: Date, required: true },
    total: Number,
    rowsMark: String,
    done: { type: Number, default: 0 },
    unchanged: { type: Number, default: 0 },
    refused: { type: Number, default: 0 },
    refusals: { type: [Schema.Types.Mixed], default: [] } as never,
    cursor: String,
    stopAsked: Schema.Types.Mixed,
    finishedAt: Date,
    brokenOffAt: Date,
    askedForRest: Number,
    giving: Schema.Types.Mixed,
    refusedInRow: { type: [Schema.Types.Mixed], default: undefined } as never,
  },
  { collection: 'bulkActions', minimize: false, versionKey: false },
);

schema.index({ finishedAt: 1, createdAt: -1 });

schema.plugin(versioned);
export const BulkActions = model<BulkActionDocument>('BulkAction', schema);

/** As long as nobody says what is to become of it, the list names one that was broken off. */
const namedForMs = 7 * 86_400_000;

/** Those that are under way, and those that were broken off and still want somebody, the newest first. */
export async function openBulkActions(limit: number, now: Date): Promise<BulkActionDocument[]> {
  const since = new Date(now.getTime() - namedForMs);
  return BulkActions.find({
    $or: [{ finishedAt: { $exists: false } }, { ...left, finishedAt: { $gte: since } }],
  })
    .sort({ createdAt: -1 })
    .limit(limit)
    .lean<BulkActionDocument[]>();
}

const left = { brokenOffAt: { $exists: true }, stopAsked: { $exists: false } };

/** @returns false where it has ended already, or somebody else has stopped it */
export async function stopBulkAction(bulkId: string, by: Actor, now: Date): Promise<boolean> {
  const stopped = await BulkActions.updateOne(
    {
      _id: bulkId,
      stopAsked: { $exists: false },
      $or: [{ finishedAt: { $exists: false } }, { brokenOffAt: { $exists: true } }],
    },
    { $set: { stopAsked: { by, at: now } } },
  );
  return stopped.matchedCount === 1;
}

/** Notes that nobody works at it any more. @returns false where it has ended meanwhile */
export async function breakOffBulkAction(bulkId: string, now: Date): Promise<boolean> {
  const ended = await BulkActions.updateOne(
    { _id: bulkId, finishedAt: { $exists: false } },
    { $set: { finishedAt: now, brokenOffAt: now } },
  );
  return ended.modifiedCount === 1;
}

/** One that was broken off is under way again. @returns false where it is not broken off, or was stopped */
export async function reopenBulkAction(bulkId: string): Promise<boolean> {
  const reopened = await BulkActions.updateOne(
    { _id: bulkId, ...left },
    { $unset: { finishedAt: true, brokenOffAt: true } },
  );
  return reopened.modifiedCount === 1;
}
