import { Schema, model, type Types } from 'mongoose';
import type { Side } from '../domain/mailbox';

/** Sealed proof. To destroy it is to delete the document. */
export interface CredentialDocument {
  _id: Types.ObjectId;
  /** A mail user's, or of a **Test with a mailbox** (then of the check's id). */
  owner: { kind: 'mailUser'; id: string } | { kind: 'check'; id: string };
  side: Side;
  /** A JWE (compact) sealed with the public key whose id is in its header; holds `{userName, password}`. */
  sealed: string;
  takenAt: Date;
  destroyAt: Date;
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
    side: { type: String, enum: ['source', 'target'], required: true },
    sealed: { type: String, required: true },
    takenAt: { type: Date, required: true },
    destroyAt: { type: Date, required: true },
  },
  { collection: 'credentials', versionKey: false },
);
schema.index({ 'owner.id': 1 });

export const Credentials = model<CredentialDocument>('Credential', schema);
