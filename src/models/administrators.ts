import { Schema, model, type Types } from 'mongoose';
import { versioned } from './schema-version';

/** Someone who may sign in to `/admin`. */
export interface AdministratorDocument {
  _id: Types.ObjectId;
  /** As typed. */
  email: string;
  /** The address in lower case; unique. */
  emailKey: string;
  /** An argon2id hash in PHC form. */
  passwordHash: string;
  createdAt: Date;
  signedInAt?: Date;
  /** Absent before the first change. Who signed in before it is signed in no longer. */
  passwordChangedAt?: Date;
}

const schema = new Schema<AdministratorDocument>(
  {
    email: { type: String, required: true },
    emailKey: { type: String, required: true },
    passwordHash: { type: String, required: true },
    createdAt: { type: Date, required: true },
    signedInAt: Date,
    passwordChangedAt: Date,
  },
  { collection: 'administrators', versionKey: false },
);
schema.index({ emailKey: 1 }, { unique: true });

schema.plugin(versioned);
export const Administrators = model<AdministratorDocument>('Administrator', schema);

/**
 * Adds an administrator.
 * @returns false where the address is taken; nothing is changed then
 */
export async function addAdministrator(email: string, passwordHash: string, at: Date): Promise<boolean> {
  try {
    await Administrators.create({ email, emailKey: email.toLowerCase(), passwordHash, createdAt: at });
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 11000) return false;
    throw error;
  }
}

/** Everyone, by address. There are few. */
export async function listAdministrators(): Promise<AdministratorDocument[]> {
  return Administrators.find().sort({ emailKey: 1 }).lean<AdministratorDocument[]>();
}

export async function findAdministrator(_id: Types.ObjectId): Promise<AdministratorDocument | undefined> {
  return (await Administrators.findById(_id).lean<AdministratorDocument>()) ?? undefined;
}

/** Whether there is such an administrator, whose password has not been changed since he signed in. */
export async function isSignedIn(id: string, signedInAt: Date): Promise<boolean> {
  const since = { $or: [{ passwordChangedAt: null }, { passwordChangedAt: { $lte: signedInAt } }] };
  return (await Administrators.exists({ _id: id, ...since })) !== null;
}

export async function changePassword(_id: Types.ObjectId, passwordHash: string, at: Date): Promise<void> {
  await Administrators.updateOne({ _id }, { $set: { passwordHash, passwordChangedAt: at } });
}

/** @returns false where he is gone already. He is signed in no longer. */
export async function removeAdministrator(_id: Types.ObjectId): Promise<boolean> {
  return (await Administrators.deleteOne({ _id })).deletedCount === 1;
}
