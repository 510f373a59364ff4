import { Schema, model, type Types } from 'mongoose';
import type { CheckReport } from '../connectors/connector';
import type { ConnectorThrottle } from '../domain/connector-wait';
import type { InvitationChoice } from '../domain/migration';
import type { Side } from '../domain/mailbox';
import type { StartWindow } from '../domain/start-window';
import { versioned } from './schema-version';

/** A configured server and how to sign in to it. */
export interface ConnectorDocument {
  _id: Types.ObjectId;
  side: Side;
  kind: 'exchange';
  name: string;
  exchange: ExchangeSettings;
  signIn: SelfMigration;
  /** Shown on the user's pages and mails instead of "old" and "new". */
  shownName?: string;
  webMailUrl?: string;
  connectionsPerMailbox: number;
  mailboxesAtOnce: number;
  /** When mailboxes may be copied from or to it; absent, at any time. */
  startWindow?: StartWindow;
  /** A wait that its server asked of everybody who comes through it; may be over by now. Written by activities only. */
  throttled?: ConnectorThrottle;
  /** The newest **Test connection**. */
  lastCheck?: { at: Date; report: CheckReport };
  /** Raised by each edit. */
  revision: number;
  createdAt: Date;
}

export const serverVersions = ['Exchange2013', 'Exchange2013_SP1', 'Exchange2016'] as const;
export type ServerVersion = (typeof serverVersions)[number];

export interface ExchangeSettings {
  /** A bare host or an EWS URL, as typed and trimmed. */
  serverName: string;
  serverVersion: ServerVersion;
  /** PEM of a private certificate authority; verification is never switched off. */
  certificateAuthority?: string;
}

/** Each user signs in for himself. */
export interface SelfMigration {
  kind: 'selfMigration';
  /** `address`, a pattern such as `CONTOSO\{local}` with `{local}`, `{domain}` and `{address}`, or `ask` of the user. */
  signInName: { kind: 'address' } | { kind: 'pattern'; pattern: string } | { kind: 'ask' };
  invitation: InvitationChoice;
}

const schema = new Schema<ConnectorDocument>(
  {
    side: { type: String, enum: ['source', 'target'], required: true },
    kind: { type: String, enum: ['exchange'], required: true },
    name: { type: String, required: true },
    exchange: { type: Schema.Types.Mixed, required: true },
    signIn: { type: Schema.Types.Mixed, required: true },
    shownName: String,
    webMailUrl: String,
    connectionsPerMailbox: { type: Number, default: 3, min: 1, max: 27 },
    mailboxesAtOnce: { type: Number, default: 20, min: 1, max: 1000 },
    startWindow: { type: Schema.Types.Mixed },
    throttled: { type: Schema.Types.Mixed },
    lastCheck: { type: Schema.Types.Mixed },
    revision: { type: Number, default: 1 },
    createdAt: { type: Date, required: true },
  },
  { collection: 'connectors', minimize: false, versionKey: false },
);
schema.index({ side: 1, name: 1 }, { unique: true });

schema.plugin(versioned);
export const Connectors = model<ConnectorDocument>('Connector', schema);
