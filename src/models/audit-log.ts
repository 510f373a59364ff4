import { Schema, model, type Types } from 'mongoose';
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
    through: String,
  },
  { collection: 'auditLog', versionKey: false },
);
schema.index({ mailUserId: 1, _id: -1 });

schema.plugin(versioned);
export const AuditLog = model<AuditEntry>('AuditEntry', schema);

/** The newest entries, newest first; `before` is the id of the last one already shown. */
export async function listAudit(
  limit: number,
  filter: { mailUserId?: string; before?: Types.ObjectId; without?: AuditedAction } = {},
): Promise<AuditEntry[]> {
  return AuditLog.find({
    ...(filter.mailUserId === undefined ? {} : { mailUserId: filter.mailUserId }),
    ...(filter.without === undefined ? {} : { action: { $ne: filter.without } }),
    ...(filter.before === undefined ? {} : { _id: { $lt: filter.before } }),
  })
    .sort({ _id: -1 })
    .limit(limit)
    .lean<AuditEntry[]>();
}
