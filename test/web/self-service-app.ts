import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Types } from 'mongoose';
import { ensureKeys } from '../../sandbox/keys';
import { readWebConfig, type WebConfig } from '../../src/config';
import type { Side } from '../../src/domain/mailbox';
import { createLogger } from '../../src/log';
import { Connectors, type ConnectorDocument } from '../../src/models/connectors';
import { MailUsers, type MailUser, type MailUserProjection } from '../../src/models/mail-users';
import { mintLinkToken, type LinkPurpose } from '../../src/secrets/link-token';
import { createSeal } from '../../src/secrets/seal';
import { createFigures } from '../../src/web/admin/figures';
import { createApp } from '../../src/web/app';
import { freshDatabase } from '../support/mongo';
import { freshNamespace } from '../support/temporal';

/** The web server over a database and a Temporal namespace of its own; no worker runs. */
export interface SelfServiceApp {
  /** `http://127.0.0.1:<port>` */
  url: string;
  config: WebConfig;
  /** What the server logged. */
  log(): string;
  temporal: Awaited<ReturnType<typeof freshNamespace>>['client'];
  /** A row with connectors of its own. */
  addMailUser(change?: MailUserChange): Promise<MailUser>;
  path(row: MailUser, link?: { purpose?: LinkPurpose; generation?: number }): string;
  end(): Promise<void>;
}

export interface MailUserChange extends Partial<Omit<MailUser, 'projection' | 'source' | 'target'>> {
  projection?: Partial<MailUserProjection>;
  connectors?: Partial<Record<Side, Partial<ConnectorDocument>>>;
}

/** @param temporal a client that the web server has instead of one of its namespace */
export async function startSelfService(
  figures = createFigures(),
  temporal?: SelfServiceApp['temporal'],
): Promise<SelfServiceApp> {
  const folder = mkdtempSync(join(tmpdir(), 'mailporter-web-'));
  const keys = ensureKeys(folder);
  const [database, namespace] = await Promise.all([freshDatabase(), freshNamespace()]);
  const config = readWebConfig({
    MONGODB_URI: database.uri,
    TEMPORAL_ADDRESS: namespace.address,
    TEMPORAL_NAMESPACE: namespace.namespace,
    PUBLIC_URL: 'http://127.0.0.1:3000',
    ORGANISATION: 'Contoso IT',
    CONTACT: 'help@contoso.example',
    MAIL_FROM: 'mailporter@contoso.example',
    LINK_KEY_FILE: keys.link,
    SESSION_SECRET_FILE: keys.session,
    SEAL_PUBLIC_KEYS_FILE: keys.sealPublic,
    TIME_ZONE: 'Europe/Berlin',
  });
  const lines: string[] = [];
  const log = createLogger('web', 'info', { write: (line: string) => void lines.push(line) });
  const seal = createSeal(config.SEAL_PUBLIC_KEYS_FILE);
  const app = createApp({
    config,
    database: database.connection,
    temporal: temporal ?? namespace.client,
    seal,
    log,
    figures,
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    config,
    log: () => lines.join(''),
    temporal: namespace.client,
    addMailUser,
    path: (row, { purpose = 'invitation', generation = row.linkGeneration } = {}) =>
      `/m/${mintLinkToken(config.LINK_KEY_FILE, { mailUserId: row._id.toHexString(), purpose, generation })}`,
    async end() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await namespace.end();
      await database.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let made = 0;

async function addMailUser({ projection, connectors, ...change }: MailUserChange = {}): Promise<MailUser> {
  const number = ++made;
  const mailbox = async (side: Side, address: string) => ({
    connectorId: await addConnector(side, number, connectors?.[side]),
    address,
    addressKey: address.toLowerCase(),
    recipientType: 'Standard' as const,
  });
  const created = await MailUsers.create({
    firstName: 'Anna',
    lastName: 'Berg',
    source: await mailbox('source', `anna.berg${number}@contoso.example`),
    target: await mailbox('target', `a.berg${number}@fabrikam.example`),
    batch: 'Default',
    linkGeneration: 1,
    createdAt: new Date(),
    asked: { credentialIds: [] },
    ...(projection && { projection: aProjection(projection) }),
    ...change,
  });
  return created.toObject();
}

/** A projection of a first epoch, in **Email Sent** unless said otherwise. */
export function aProjection(change: Partial<MailUserProjection> = {}): MailUserProjection {
  return {
    epoch: 1,
    revision: 1,
    runId: 'run',
    state: 'emailSent',
    since: new Date(),
    handledCredentialIds: [],
    signedIn: [],
    wanted: ['source', 'target'],
    timeline: [],
    ...change,
  };
}

async function addConnector(
  side: Side,
  number: number,
  change: Partial<ConnectorDocument> = {},
): Promise<Types.ObjectId> {
  const { _id } = await Connectors.create({
    side,
    kind: 'exchange',
    name: `${side} ${number}`,
    exchange: { serverName: 'mail.example', serverVersion: 'Exchange2013' },
    signIn: {
      kind: 'selfMigration',
      signInName: { kind: 'address' },
      invitation: side === 'source' ? 'source' : 'none',
    },
    createdAt: new Date(),
    ...change,
  });
  return _id;
}
