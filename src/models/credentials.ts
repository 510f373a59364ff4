import { Schema, model, type Types } from 'mongoose';
import type { Side } from '../domain/mailbox';
import type { MailUser } from './mail-users';
import { versioned } from './schema-version';

/** Sealed proof. To destroy it is to delete the document. */
export interface CredentialDocument {
  _id: Types.ObjectId;
  /** A mail user's, or of a **Test with a mailbox** (then of the check's id), or of a bulk action that has not given it yet. */
  owner: { kind: 'mailUser' | 'check' | 'bulk'; id: string };
  /** Of a bulk action's: whom it is sealed for. */
  mailUserId?: string;
  side: Side;
  /** A JWE (compact) sealed with the public key whose id is in its header; holds `{userName, password}`. */
  sealed: string;
  takenAt: Date;
  destroyAt: Date;
  /** Until when it is to live where a migration takes it over again; set while it is only kept for **Retry**. */
  livesUntil?: Date;
}

const schema = new Schema<CredentialDocument>(
  {
    owner: {
      type: new Schema(
        { kind: { type: String, required: true }, id: { type: String, required: true } },
        { _id: false },
      ),
      required: true,
    },
    mailUserId: String,
    side: { type: String, enum: ['source', 'target'], required: true },
    sealed: { type: String, required: true },
    takenAt: { type: Date, required: true },
    destroyAt: { type: Date, required: true },
    livesUntil: Date,
  },
  { collection: 'credentials', versionKey: false },
);
schema.index({ 'owner.id': 1 });

schema.plugin(versioned);
export const Credentials = model<CredentialDocument>('Credential', schema);

/** Whom a credential of a row is sealed for and opens to. */
export function credentialOwner(row: Pick<MailUser, '_id' | Side>, side: Side) {
  const { connectorId, addressKey } = row[side];
  return {
    ownerId: row._id.toHexString(),
    side,
    mailbox: { connectorId: connectorId.toHexString(), addressKey },
  };
}

/** The sealed credential, unless it was destroyed, belongs to another, or is past its time. */
export async function findCredential(
  credentialId: string,
  owner: { ownerId: string; side: Side },
  now: Date,
): Promise<CredentialDocument | undefined> {
  const credential = await Credentials.findById(credentialId).lean<CredentialDocument>();
  if (credential === null || credential.owner.id !== owner.ownerId || credential.side !== owner.side)
    return undefined;
  return credential.destroyAt > now ? credential : undefined;
}

/** Whether a mail user has a credential that is not past its time. */
export async function hasCredential(ownerId: string, now: Date): Promise<boolean> {
  return (await Credentials.exists({ 'owner.id': ownerId, destroyAt: { $gt: now } })) !== null;
}

/** All credentials of a mail user or a check, oldest first. */
export async function credentialsOf(ownerId: string): Promise<CredentialDocument[]> {
  return Credentials.find({ 'owner.id': ownerId }).sort({ _id: 1 }).lean<CredentialDocument[]>();
}

/** Destroys these; harmless when repeated. */
export async function destroyCredentials(credentialIds: readonly string[]): Promise<void> {
  await Credentials.deleteMany({ _id: { $in: [...credentialIds] } });
}

/** Destroys all that a mail user or a check has, except these. */
export async function purgeCredentials(ownerId: string, except: readonly string[] = []): Promise<void> {
  await Credentials.deleteMany({ 'owner.id': ownerId, _id: { $nin: [...except] } });
}

/**
 * Keeps these of a mail user until `until` or the first of their own ends, whichever is soonest: what is said to be kept is kept as a
 * whole. Harmless when repeated.
 * @returns when they are destroyed; absent where none is left
 */
export async function keepCredentials(
  credentialIds: readonly string[],
  until: Date,
): Promise<Date | undefined> {
  const kept = await Credentials.find({ _id: { $in: [...credentialIds] } }).lean<CredentialDocument[]>();
  if (kept.length === 0) return undefined;
  const first = new Date(Math.min(until.getTime(), ...kept.map(({ destroyAt }) => destroyAt.getTime())));
  for (const { _id, destroyAt, livesUntil = destroyAt } of kept)
    if (destroyAt > first)
      await Credentials.updateOne({ _id, destroyAt }, { $set: { destroyAt: first, livesUntil } });
  return first;
}

/** Lets one that was only kept for **Retry** live as long as it was to before. @returns it as it is now; harmless when repeated */
export async function reviveCredential(credential: CredentialDocument): Promise<CredentialDocument> {
  const { livesUntil: destroyAt, ...rest } = credential;
  if (destroyAt === undefined) return credential;
  await Credentials.updateOne({ _id: rest._id }, { $set: { destroyAt }, $unset: { livesUntil: true } });
  return { ...rest, destroyAt };
}

/** Has one end at the day it has now, as its user was told, whatever becomes of its migration. @returns it as it is now */
export async function settleCredential(credential: CredentialDocument): Promise<CredentialDocument> {
  const { livesUntil, ...rest } = credential;
  if (livesUntil !== undefined)
    await Credentials.updateOne({ _id: rest._id }, { $unset: { livesUntil: true } });
  return rest;
}

/** What a bulk action still has to give to a mail user, and is not past its time. */
export async function waitingCredentials(
  bulkId: string,
  mailUserId: string,
  now: Date,
): Promise<CredentialDocument[]> {
  return Credentials.find({
    'owner.id': bulkId,
    'owner.kind': 'bulk',
    mailUserId,
    destroyAt: { $gt: now },
  }).lean<CredentialDocument[]>();
}

/** Makes these the mail user's own, for as long after they were typed as his are kept; harmless when repeated. */
export async function handOver(
  credentialIds: readonly string[],
  mailUserId: string,
  lifeMs: number,
): Promise<void> {
  for (const { _id, takenAt } of await Credentials.find({ _id: { $in: [...credentialIds] } }).lean<
    CredentialDocument[]
  >()) {
    const destroyAt = new Date(takenAt.getTime() + lifeMs);
    const owner = { kind: 'mailUser', id: mailUserId } as const;
    await Credentials.updateOne({ _id, 'owner.kind': 'bulk' }, { $set: { owner, destroyAt } });
  }
}
