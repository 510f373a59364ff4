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
}

const schema = new Schema<AdministratorDocument>(
  {
    email: { type: String, required: true },
    emailKey: { type: String, required: true },
    passwordHash: { type: String, required: true },
    createdAt: { type: Date, required: true },
    signedInAt: Date,
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
