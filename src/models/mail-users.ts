import { Schema, model, type Types } from 'mongoose';
import type {
  Actor,
  InvitationChoice,
  MailboxCounters,
  MigrationState,
  SignInRefusal,
  TimelineEntry,
  VerifyCounts,
} from '../domain/migration';
import type { PassKind } from '../domain/batch-plan';
import type { FaultText } from '../domain/faults';
import type { MendedCounts } from '../domain/mended';
import type { MoveSummary } from '../domain/move-summary';
import type { WantedPass } from '../domain/passes';
import { recipientTypes, type RecipientType } from '../domain/mail-user-row';
import type { Side } from '../domain/mailbox';
import { versioned } from './schema-version';

export { recipientTypes, type RecipientType };

/** One end of a row: a mailbox is connector + address + recipient type. */
export interface MailboxOfRow {
  connectorId: Types.ObjectId;
  /** As typed; compared without regard to case through `addressKey`. */
  address: string;
  /** The address in lower case. */
  addressKey: string;
  recipientType: RecipientType;
  /** The name that signs in where it is not what the connector's pattern makes of the address. */
  userName?: string;
}

/** What happened to the last invitation. */
export interface InvitationProjection {
  choice: InvitationChoice;
  to: string[];
  sentAt?: Date;
  refused?: { at: Date; answer: string };
  /** When its turn comes, at the set rate; absent once it was sent. */
  dueAt?: Date;
  /** The mail server does not take it just now; it is tried again. */
  delayed?: { at: Date; answer: string };
  /** When the last reminder was taken, and when the next one goes out. */
  remindedAt?: Date;
  reminderDueAt?: Date;
  /** How long it takes to sign in, also where no mail was sent. */
  linkExpiresAt?: Date;
}

/** What the workflow says of itself; written by activities only, guarded by `(epoch, revision)`. */
export interface MailUserProjection {
  epoch: number;
  revision: number;
  /** The first run id of the workflow that this epoch belongs to. */
  runId: string;
  state: MigrationState;
  since: Date;
  /** The `asked.startId` and `asked.credentialIds` that this projection has taken note of. */
  handledStartId?: string;
  handledCredentialIds: string[];
  /** Those of them that are accepted or being checked, and no others; releases before 0.2.0 did not say. */
  usedCredentialIds?: string[];
  invitation?: InvitationProjection;
  /** Sides whose credential was accepted and is kept. */
  signedIn: Side[];
  /** Sides whose credential is still wanted, also while one is being checked. */
  wanted: Side[];
  /** Those of them that have one, which is being checked or waits for its server. */
  checking?: Side[];
  refusal?: SignInRefusal;
  /** Sign-ins of this epoch that were not accepted, oldest first, at most the newest ten; see `domain/sign-in-tries.ts`. */
  refusals?: SignInRefusal[];
  /** Written at the end. */
  summary?: MoveSummary;
  /** What the last comparison of both mailboxes with the ledger found. */
  verified?: VerifyCounts;
  /** What the comparisons before it, of the same pass, found and had mended. */
  mended?: MendedCounts;
  pass?: {
    kind: PassKind;
    step: 'planning' | 'copying' | 'verifying';
    /** 0 while the folders are copied first. */
    sweep: number;
  };
  /** The passes of these mailboxes, oldest first, at most the newest twenty. One without an end is under way, or was cut off. */
  passes?: { kind: PassKind; beganAt: Date; endedAt?: Date }[];
  /** The pass that somebody asked for, until it has begun or, a cut-over, ended; gone once the migration is stopped. */
  wantedPass?: WantedPass;
  /** Which pass is to begin, and when: without `at` it is at hand or, in **Up to date**, made when an administrator asks for it. */
  nextPass?: { kind: PassKind; at?: Date };
  /** Why it is **Scheduled**, where that is not the queue. Without `until` its start windows are never open together. */
  waitsFor?: { kind: 'startWindow'; until?: Date };
  /** Set while a pause stands; the state is **Paused** as soon as it is not the user's turn to sign in. */
  pausedBy?: Actor;
  throttledUntil?: Date;
  fault?: { text: FaultText; side?: Side };
  /** When the credentials were destroyed, or will be at the latest. */
  credentialsDestroyedAt?: Date;
  credentialsDestroyAt?: Date;
  endedAt?: Date;
  by?: Actor;
  timeline: TimelineEntry[];
}

/** A part of its own, guarded by `(epoch, opening)`. */
export interface CountersProjection extends MailboxCounters {
  epoch: number;
  opening: number;
  at: Date;
  /** The folders being copied, by well-known name or number. */
  activeFolders: string[];
}

/** What the web asked for; pages show **Starting** and **Checking sign-in** until the projection names these ids as handled. */
export interface Asked {
  startId?: string;
  /** Set from when a start is asked for until a projection has handled it: what pages show can be looked up by an index. */
  startPending?: boolean;
  /** Why; `start` where it is absent. */
  reason?: 'start' | 'retry' | 'resend' | 'form';
  startedAt?: Date;
  /** When it is to begin, which is later where many are started at once; absent in rows of before 0.2.0: at once. */
  beginsAt?: Date;
  credentialIds: string[];
  credentialAt?: Date;
}

export interface MailUser {
  _id: Types.ObjectId;
  firstName: string;
  lastName: string;
  source: MailboxOfRow;
  target: MailboxOfRow;
  /** `Default` where none was named. */
  batch: string;
  language?: string;
  /** Where the invitation goes instead of the mailboxes. */
  invitationEmail?: string;
  /** Raised to replace a link. */
  linkGeneration: number;
  /** The invitation came back later, as somebody said; it counts until another one is sent. */
  undelivered?: { at: Date; by: Actor };
  createdAt: Date;
  asked: Asked;
  /** Absent while **Not started**. */
  projection?: MailUserProjection;
  /** The two mailboxes by their own identities; known since its folders were planned first. */
  pairId?: string;
  /** Hash of the target's own identity. As long as it stands, another source mailbox is a replaced one, and the pair the same. */
  targetIdentity?: string;
  /** When its report was deleted, and with it what it was made of. Counts while there is no pair: a new start may make another. */
  reportPurgedAt?: Date;
  counters?: CountersProjection;
  /** Set by `reconcile` while it finds no workflow behind a row that should have one. */
  orphanSince?: Date;
}

const mailbox = {
  connectorId: { type: Schema.Types.ObjectId, required: true },
  address: { type: String, required: true },
  addressKey: { type: String, required: true },
  recipientType: { type: String, enum: recipientTypes, required: true },
  userName: String,
};

const schema = new Schema<MailUser>(
  {
    firstName: { type: String, default: '' },
    lastName: { type: String, default: '' },
    source: mailbox,
    target: mailbox,
    batch: { type: String, required: true, default: 'Default' },
    language: String,
    invitationEmail: String,
    linkGeneration: { type: Number, required: true, default: 1 },
    undelivered: { type: Schema.Types.Mixed },
    createdAt: { type: Date, required: true },
    asked: {
      startId: String,
      startPending: Boolean,
      reason: String,
      startedAt: Date,
      beginsAt: Date,
      credentialIds: { type: [String], default: [] },
      credentialAt: Date,
    },
    projection: { type: Schema.Types.Mixed },
    pairId: String,
    targetIdentity: String,
    reportPurgedAt: Date,
    counters: { type: Schema.Types.Mixed },
    orphanSince: Date,
  },
  { collection: 'mailUsers', minimize: false, versionKey: false },
);
schema.index(
  { 'source.connectorId': 1, 'source.addressKey': 1, 'source.recipientType': 1 },
  { unique: true, name: 'one row per source mailbox' },
);
// Each write asks for what stands there by equality on exactly the fields of one of these.
schema.index(
  { _id: 1, 'projection.epoch': 1, 'projection.revision': 1 },
  { unique: true, name: 'projection is written once per revision' },
);
schema.index(
  { _id: 1, 'counters.epoch': 1, 'counters.opening': 1 },
  { unique: true, name: 'counters are written by one opening' },
);
schema.index({ 'projection.state': 1, 'source.addressKey': 1, _id: 1 });
schema.index({ 'asked.startPending': 1, _id: 1 });
schema.index({ 'asked.startId': 1, 'asked.startPending': 1, 'projection.handledStartId': 1, _id: 1 });
schema.index({ 'asked.credentialIds': 1, _id: 1 });
schema.index({ batch: 1, 'source.addressKey': 1, _id: 1 });
schema.index({ 'target.connectorId': 1, 'source.addressKey': 1, _id: 1 });
schema.index({ 'source.addressKey': 1, _id: 1 });
schema.index({ 'projection.endedAt': 1 });
schema.index({ pairId: 1 });

schema.plugin(versioned);
export const MailUsers = model<MailUser>('MailUser', schema);
