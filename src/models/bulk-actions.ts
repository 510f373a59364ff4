import { Schema, model } from 'mongoose';
import type { Actor, BulkActionName } from '../domain/migration';
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
}

/**
 * - `connectorUnusable`: the last **Test connection** of one of its connectors found no sign-in that can be used.
 * - `running`: only what does not run can be deleted.
 * - `gone`: the row was deleted meanwhile.
 */
export type BulkRefusal = 'connectorUnusable' | 'running' | 'gone';

const schema = new Schema<BulkActionDocument>(
  {
    _id: { type: String, required: true },
    action: { type: String, required: true },
    selection: { type: Schema.Types.Mixed, required: true },
    by: { type: Schema.Types.Mixed, required: true },
    createdAt: { type: Date, required: true },
    total: Number,
    done: { type: Number, default: 0 },
    unchanged: { type: Number, default: 0 },
    refused: { type: Number, default: 0 },
    refusals: { type: [Schema.Types.Mixed], default: [] } as never,
    cursor: String,
    stopAsked: Schema.Types.Mixed,
    finishedAt: Date,
  },
  { collection: 'bulkActions', minimize: false, versionKey: false },
);

schema.index({ finishedAt: 1, createdAt: -1 });

schema.plugin(versioned);
export const BulkActions = model<BulkActionDocument>('BulkAction', schema);

/** Those that are under way, the newest first. */
export async function runningBulkActions(limit: number): Promise<BulkActionDocument[]> {
  return BulkActions.find({ finishedAt: { $exists: false } })
    .sort({ createdAt: -1 })
    .limit(limit)
    .lean<BulkActionDocument[]>();
}

/** @returns false where it has ended already, or somebody else has stopped it */
export async function stopBulkAction(bulkId: string, by: Actor, now: Date): Promise<boolean> {
  const stopped = await BulkActions.updateOne(
    { _id: bulkId, finishedAt: { $exists: false }, stopAsked: { $exists: false } },
    { $set: { stopAsked: { by, at: now } } },
  );
  return stopped.matchedCount === 1;
}
