import { Schema, model } from 'mongoose';
import { versioned } from './schema-version';

/** The one-time link by which the first administrator is made; there is at most one. */
export interface SetUpLink {
  _id: 'setUpLink';
  /** SHA-256 of the token, hex: who reads the database cannot use the link. */
  tokenHash: string;
  expiresAt: Date;
}

const schema = new Schema<SetUpLink>(
  {
    _id: { type: String, required: true },
    tokenHash: { type: String, required: true },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'settings', versionKey: false },
);

schema.plugin(versioned);
export const Settings = model<SetUpLink>('Setting', schema);

/** Makes this token the only one that sets up; the one before it is void. */
export async function keepSetUpLink(tokenHash: string, expiresAt: Date): Promise<void> {
  await Settings.updateOne({ _id: 'setUpLink' }, { $set: { tokenHash, expiresAt } }, { upsert: true });
}

/** Whether the token is the one that sets up now. */
export async function isSetUpLink(tokenHash: string, now: Date): Promise<boolean> {
  const link = await Settings.findOne({ _id: 'setUpLink', tokenHash }).lean<SetUpLink>();
  return link !== null && link.expiresAt > now;
}

/** @returns true for exactly one caller per link: whoever took it may make the administrator */
export async function takeSetUpLink(tokenHash: string): Promise<boolean> {
  const taken = await Settings.deleteOne({ _id: 'setUpLink', tokenHash });
  return taken.deletedCount === 1;
}
