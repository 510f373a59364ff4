import { createHash } from 'node:crypto';
import { Schema, Types, model } from 'mongoose';
import type { RowAction } from '../domain/administrator-actions';
import type { Actor } from '../domain/migration';
import { versioned } from './schema-version';

/** What somebody did, in the past tense of the page that shows it (`admin.audit.actions.<action>`). */
export const auditedActions = [
  'signedIn',
  'signInRefused',
  'administratorAdded',
  'administratorRemoved',
  'passwordChanged',
  'connectorCreated',
  'connectorEdited',
  'connectorDeleted',
  'connectorTested',
  'mailUserCreated',
  'mailUserEdited',
  'mailUserDeleted',
  'imported',
  'started',
  'retried',
  'stopped',
  'paused',
  'resumed',
  'deltaAsked',
  'cutOverAsked',
  'invitationResent',
  'credentialsGiven',
  'userLinkShown',
  'userLinksDownloaded',
  'invitationUndelivered',
  'invitationDelivered',
  'linkReplaced',
  'bulkStarted',
  'bulkStopped',
  'bulkGoneOn',
  'importGoneOn',
  'batchEdited',
  'batchForgotten',
  'movedToBatch',
  'sourceAccepted',
  'reportPurged',
] as const;
export type AuditedAction = (typeof auditedActions)[number];

/** What the log says of an action that was done to a row. */
export const auditedRowAction: Record<RowAction, AuditedAction> = {
  start: 'started',
  pause: 'paused',
  resume: 'resumed',
  delta: 'deltaAsked',
  cutOver: 'cutOverAsked',
  retry: 'retried',
  stop: 'stopped',
  resend: 'invitationResent',
  giveCredentials: 'credentialsGiven',
  delete: 'mailUserDeleted',
};

export interface AuditEntry {
  _id: Types.ObjectId;
  at: Date;
  by: Actor;
  action: AuditedAction;
  /** What it was done to: an address, a connector's name, or a count. Never a secret, never a link. */
  subject: string;
  mailUserId?: string;
  connectorId?: string;
  /** The bulk action whose page says how far it is. */
  bulkId?: string;
  /** One of many that were dealt with at once: the row's page shows it, and the log the one line that stands for them all. */
  isPart?: true;
  /** How the link that was used for it had come to whoever used it. */
  through?: 'invitation' | 'reminder' | 'administrator';
}

const schema = new Schema<AuditEntry>(
  {
    at: { type: Date, required: true },
    by: { type: Schema.Types.Mixed, required: true },
    action: { type: String, enum: auditedActions, required: true },
    subject: { type: String, required: true },
    mailUserId: String,
    connectorId: String,
    bulkId: String,
    isPart: Boolean,
    through: String,
  },
  { collection: 'auditLog', versionKey: false },
);
schema.index({ mailUserId: 1, _id: -1 });
schema.index({ isPart: 1, _id: -1 });

schema.plugin(versioned);
export const AuditLog = model<AuditEntry>('AuditEntry', schema);

/**
 * Writes to the rows' own pages what was done to them with many others, as of the moment it was asked for. Harmless when repeated with
 * the same `name`.
 */
export async function auditParts(
  what: Pick<AuditEntry, 'at' | 'by' | 'action' | 'bulkId'> & { name: string },
  rows: readonly { mailUserId: string; address: string }[],
): Promise<void> {
  const { name, ...entry } = what;
  const entries = rows.map(({ mailUserId, address }) => ({
    ...entry,
    _id: idOfPart(what.at, `${name} ${mailUserId}`),
    subject: address,
    mailUserId,
    isPart: true as const,
  }));
  try {
    await AuditLog.insertMany(entries, { ordered: false });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 11000) throw error;
  }
}

/** Stands in the log's order where others of that moment do, and is the same each time. */
function idOfPart(at: Date, name: string): Types.ObjectId {
  const seconds = Math.floor(at.getTime() / 1000).toString(16);
  return new Types.ObjectId(`${seconds}${createHash('sha256').update(name).digest('hex').slice(0, 16)}`);
}

/** The newest entries, newest first; `before` is the id of the last one already shown. Parts are among those of their row alone. */
export async function listAudit(
  limit: number,
  filter: {
    mailUserId?: string;
    before?: Types.ObjectId;
    without?: AuditedAction;
    only?: readonly AuditedAction[];
  } = {},
): Promise<AuditEntry[]> {
  return AuditLog.find({
    ...(filter.mailUserId === undefined ? { isPart: { $exists: false } } : { mailUserId: filter.mailUserId }),
    ...(filter.without === undefined ? {} : { action: { $ne: filter.without } }),
    ...(filter.only === undefined ? {} : { action: { $in: [...filter.only] } }),
    ...(filter.before === undefined ? {} : { _id: { $lt: filter.before } }),
  })
    .sort({ _id: -1 })
    .limit(limit)
    .lean<AuditEntry[]>();
}
