import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { Types } from 'mongoose';
import type { ActivityDeps } from '../../activities/deps';
import { ConnectorTurns } from '../../activities/connector-turns';
import { ConnectorWaits } from '../../activities/connector-waits';
import { GateBell } from '../../activities/gate-bell';
import { OpenMailboxes } from '../../activities/open-mailboxes';
import { WorkerRoom } from '../../activities/worker-room';
import { reachTemporal } from '../../src/temporal';
import type { SealKey } from '../../src/config';
import {
  defaultTimes,
  type Actor,
  type MigrationState,
  type MigrationTimes,
} from '../../src/domain/migration';
import type { Side } from '../../src/domain/mailbox';
import { ByteBudget } from '../../src/engine/byte-budget';
import { systemClock } from '../../src/engine/clock';
import { AdaptiveWidth } from '../../src/engine/width';
import { createLogger } from '../../src/log';
import { createMailer } from '../../src/mail/mailer';
import { createMailRenderer } from '../../src/mail/render';
import { Connectors, type ConnectorDocument } from '../../src/models/connectors';
import { credentialOwner, Credentials } from '../../src/models/credentials';
import { MongoLedgerStore } from '../../src/models/ledger-store';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import { createOpen } from '../../src/secrets/open';
import { createSeal, type Seal } from '../../src/secrets/seal';
import { createWorkers } from '../../src/worker';
import { gateId, mainQueue, migrationId, searchAttributes, workerQueue } from '../../workflows/names';
import {
  formStart,
  migrationStart,
  signals,
  workflowTypes,
  type CredentialSignal,
  type MigrateMailboxInput,
  type StartReason,
} from '../../workflows/messages';
import { startInbox, type Inbox } from '../mail/inbox';
import { sharedPart } from '../support/parts-door';
import { eventually } from '../support/eventually';
import { freshDatabase, type FreshDatabase } from '../support/mongo';
import { freshNamespace, type FreshNamespace } from '../support/temporal';
import { MailServers } from './mail-servers';

export { eventually };

export const administrator: Actor = { kind: 'administrator', email: 'admin@contoso.example' };
export const linkKey = 'l'.repeat(40);

/** What takes minutes takes moments here. */
export const quickTimes: MigrationTimes = {
  ...defaultTimes,
  verifyForMs: 20_000,
  retryFirstMs: 100,
  retryMostMs: 1000,
  heartbeatMs: 5000,
  scheduledRefreshMs: 2000,
  folderStartMs: 10_000,
  drainMs: 2000,
};

// A machine that does much else at the time makes it slower, not wrong.
jest.setTimeout(300_000);

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
});

/** The workflow code, bundled once in a run. */
export async function workflowCode(): Promise<{ code: string }> {
  return { code: readFileSync(await sharedPart('workflows'), 'utf8') };
}

export interface KeyPair {
  publicKey: SealKey;
  privateKey: SealKey;
}

function keyPair(kid: string): KeyPair {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const as = (key: typeof pair.publicKey): SealKey => ({
    ...key.export({ format: 'jwk' }),
    kty: 'EC',
    kid,
  });
  return { publicKey: as(pair.publicKey), privateKey: as(pair.privateKey) };
}

export interface RowChange {
  invitation?: ConnectorDocument['signIn']['invitation'];
  batch?: string;
  mailboxesAtOnce?: number;
  source?: ConnectorDocument;
  target?: ConnectorDocument;
  targetAddress?: string;
  invitationEmail?: string;
}

/** What a worker has other than most: parts of its own, or room for another number of mailboxes. */
type DepsChange = Partial<Omit<ActivityDeps, 'room'>> & { capacity?: number };

/** A running worker. */
export interface RunningWorker {
  deps: ActivityDeps;
  end(): Promise<void>;
}

/** A Temporal namespace, a database, mail servers and an inbox of a test file's own, with as many workers as it starts. */
export class House {
  readonly servers = new MailServers();
  readonly ledger = new MongoLedgerStore();
  /** What the workers logged. */
  readonly logged: string[] = [];
  /** Newest first; the web server seals for the first. */
  private keys: KeyPair[] = [keyPair('key 1')];
  private readonly workers = new Set<RunningWorker>();
  private rows = 0;

  private constructor(
    readonly temporal: FreshNamespace,
    readonly database: FreshDatabase,
    readonly inbox: Inbox,
  ) {}

  /** @param own a namespace of a server that this file alone uses */
  static async open(own?: FreshNamespace): Promise<House> {
    const [temporal, database, inbox] = await Promise.all([
      own ?? freshNamespace(),
      freshDatabase(),
      startInbox(),
    ]);
    await Promise.all([MailUsers.init(), Connectors.init()]);
    return new House(temporal, database, inbox);
  }

  get client(): Client {
    return this.temporal.client;
  }

  async close(): Promise<void> {
    await Promise.all([...this.workers].map((worker) => worker.end()));
    await Promise.all([this.temporal.end(), this.database.end(), this.inbox.close()]);
  }

  deps({ capacity = 8, ...change }: DepsChange = {}): ActivityDeps {
    const log = createLogger('worker', 'debug', { write: (line: string) => void this.logged.push(line) });
    const queue = workerQueue(randomUUID());
    const connectorTurns = new ConnectorTurns(systemClock);
    return {
      client: this.client,
      log,
      open: createOpen(this.keys.map(({ privateKey }) => privateKey)),
      serverOf: this.servers.serverOf,
      ledger: this.ledger,
      copying: {
        clock: systemClock,
        width: (connections) => new AdaptiveWidth(connections),
        parcel: { items: 20, bytes: 1 << 20 },
        bytesInFlight: 8 << 20,
        sendWindowMs: 1000,
      },
      keyMemory: new ByteBudget(16 << 20),
      mail: {
        mailer: createMailer({ url: this.inbox.url, from: 'move@contoso.example' }),
        render: createMailRenderer(),
        organisation: { name: 'Contoso', contact: 'help@contoso.example', timeZone: 'UTC', language: 'en' },
        publicUrl: 'https://move.contoso.example',
        linkKey,
        intervalMs: 1,
        reminders: { afterMs: [], timeOfDay: '09:00', timeZone: 'UTC' },
      },
      workerQueue: queue,
      openMailboxes: new OpenMailboxes(),
      room: new WorkerRoom({
        log,
        workerQueue: queue,
        capacity,
        turns: connectorTurns,
        reachTemporal: () => reachTemporal(this.client),
      }),
      gateBell: new GateBell({ client: this.client, log }),
      reportLifeMs: 365 * 24 * 3_600_000,
      connectorWaits: new ConnectorWaits({ log }),
      connectorTurns,
      ...change,
    };
  }

  async startWorker(change: DepsChange = {}): Promise<RunningWorker> {
    const deps = this.deps(change);
    // Workers of one queue must not share a connection, as those of two processes do not.
    const connection = await NativeConnection.connect({ address: this.temporal.address });
    const workers: Worker[] = await createWorkers({
      connection,
      namespace: this.temporal.namespace,
      deps,
      // What a worker that was ended had cached is soon given to another.
      workflows: { workflowBundle: await workflowCode(), stickyQueueScheduleToStartTimeout: '1 second' },
    });
    await deps.room.begin();
    const runs = Promise.all(workers.map((worker) => worker.run()));
    const running: RunningWorker = {
      deps,
      end: async () => {
        if (!this.workers.delete(running)) return;
        deps.openMailboxes.closeAll();
        for (const worker of workers) worker.shutdown();
        await Promise.all([runs, deps.room.end()]);
        await connection.close();
        deps.mail.mailer.close();
      },
    };
    this.workers.add(running);
    return running;
  }

  get seal(): Seal {
    return createSeal(this.keys.map(({ publicKey }) => publicKey));
  }

  /** The web server seals for a new key from now on; workers that are started from now on have it too. */
  addKey(): void {
    this.keys = [keyPair(`key ${this.keys.length + 1}`), ...this.keys];
  }

  /** Workers that are started from now on have only the newest key. */
  takeOldKeysAway(): void {
    this.keys = this.keys.slice(0, 1);
  }

  async startGate(): Promise<void> {
    const gate = { busyMs: 300, idleMs: 500, tellAgainMs: 1000, historyEvents: 4000 };
    await this.client.workflow.start(workflowTypes.gate, {
      workflowId: gateId,
      taskQueue: mainQueue,
      args: [gate],
    });
  }

  async connector(side: Side, change: Partial<ConnectorDocument> = {}): Promise<ConnectorDocument> {
    const _id = new Types.ObjectId();
    const document: ConnectorDocument = {
      _id,
      side,
      kind: 'exchange',
      name: `${side} ${_id.toHexString()}`,
      exchange: { serverName: 'mail.contoso.example', serverVersion: 'Exchange2013' },
      signIn: { kind: 'selfMigration', signInName: { kind: 'address' }, invitation: 'none' },
      connectionsPerMailbox: 3,
      mailboxesAtOnce: 20,
      revision: 1,
      createdAt: new Date(),
      ...change,
    };
    await Connectors.create(document);
    return document;
  }

  /** A row **Not started**, with connectors of its own unless some are given. */
  async row(change: RowChange = {}): Promise<MailUser> {
    const { invitation = 'source', batch = 'Default', mailboxesAtOnce = 20, invitationEmail } = change;
    const number = (this.rows += 1);
    const signIn = { kind: 'selfMigration', signInName: { kind: 'address' }, invitation } as const;
    const source = change.source ?? (await this.connector('source', { signIn, mailboxesAtOnce }));
    const target = change.target ?? (await this.connector('target', { mailboxesAtOnce }));
    const mailbox = (connectorId: Types.ObjectId, address: string) => ({
      connectorId,
      address,
      addressKey: address.toLowerCase(),
      recipientType: 'Standard' as const,
    });
    const row: MailUser = {
      _id: new Types.ObjectId(),
      firstName: 'Ada',
      lastName: `Lovelace ${number}`,
      source: mailbox(source._id, `Ada${number}@contoso.example`),
      target: mailbox(target._id, change.targetAddress ?? `ada${number}@fabrikam.example`),
      batch,
      ...(invitationEmail === undefined ? {} : { invitationEmail }),
      linkGeneration: 1,
      createdAt: new Date(),
      asked: { credentialIds: [] },
    };
    await MailUsers.create(row);
    return row;
  }

  input(row: MailUser, reason: StartReason, times: Partial<MigrationTimes> = {}): MigrateMailboxInput {
    const mailUserId = row._id.toHexString();
    return {
      mailUserId,
      startId: randomUUID(),
      reason,
      by: administrator,
      times: { ...quickTimes, ...times },
    };
  }

  /** **Start**, as the web does it. */
  async start(
    row: MailUser,
    times: Partial<MigrationTimes> = {},
    reason: Exclude<StartReason, 'form'> = 'start',
  ): Promise<WorkflowHandle> {
    const input = this.input(row, reason, times);
    await MailUsers.updateOne(
      { _id: row._id },
      { $set: { 'asked.startId': input.startId, 'asked.startedAt': new Date() } },
    );
    return this.client.workflow.start(workflowTypes.migrateMailbox, migrationStart(input, pairOf(row)));
  }

  /** Seals and stores what a user typed, as the web does it. */
  async keep(
    row: MailUser,
    side: Side,
    password = this.servers.password,
    takenAt = new Date(),
  ): Promise<CredentialSignal> {
    const owner = credentialOwner(row, side);
    const sealed = await this.seal({ kind: 'password', userName: row[side].address, password }, owner);
    const _id = new Types.ObjectId();
    const destroyAt = new Date(takenAt.getTime() + quickTimes.credentialLifeMs);
    await Credentials.create({
      _id,
      owner: { kind: 'mailUser', id: owner.ownerId },
      side,
      sealed,
      takenAt,
      destroyAt,
    });
    const credentialId = _id.toHexString();
    await MailUsers.updateOne({ _id: row._id }, { $push: { 'asked.credentialIds': credentialId } });
    return { side, credentialId };
  }

  /** The user's form in any state but **Not started**. */
  async signIn(row: MailUser, side: Side, password?: string): Promise<CredentialSignal> {
    const credential = await this.keep(row, side, password);
    await this.handle(row).signal<[CredentialSignal]>(signals.credential, credential);
    return credential;
  }

  /** The user's form in **Not started**: both sides at once. */
  async sendForm(row: MailUser, times: Partial<MigrationTimes> = {}): Promise<WorkflowHandle> {
    const [source, target] = [await this.keep(row, 'source'), await this.keep(row, 'target')];
    const input = { ...this.input(row, 'form', times), reason: 'form' as const };
    const handle = await this.client.workflow.signalWithStart(
      workflowTypes.migrateMailbox,
      formStart(input, pairOf(row), source),
    );
    await handle.signal<[CredentialSignal]>(signals.credential, target);
    return handle;
  }

  /** Waits until the row's workflow has worked off a signal of this name. */
  async eventuallyTaken(row: MailUser, signalName: string): Promise<void> {
    await eventually(
      async () => {
        const { events = [] } = await this.handle(row).fetchHistory();
        const at = events?.findIndex(
          (event) => event.workflowExecutionSignaledEventAttributes?.signalName === signalName,
        );
        const after = at === undefined || at < 0 ? [] : (events ?? []).slice(at);
        return after.some((event) => event.workflowTaskCompletedEventAttributes) ? true : undefined;
      },
      () => this.read(row),
    );
  }

  /** What the workflow itself tells Temporal. */
  async said(row: MailUser, what: keyof typeof searchAttributes = 'state'): Promise<string | undefined> {
    const { typedSearchAttributes } = await this.handle(row).describe();
    return typedSearchAttributes.get(defineSearchAttributeKey(searchAttributes[what], 'KEYWORD'));
  }

  handle(row: MailUser): WorkflowHandle {
    return this.client.workflow.getHandle(migrationId(row._id.toHexString()));
  }

  async read(row: MailUser): Promise<MailUser> {
    const found = await MailUsers.findById(row._id).lean<MailUser>();
    if (found === null) throw new Error('the row is gone');
    return found;
  }

  /** Waits until the row is as wanted, and answers with it. */
  async until(
    row: MailUser,
    wanted: MigrationState | ((row: MailUser) => boolean),
    withinMs = 120_000,
  ): Promise<MailUser> {
    const isThere = typeof wanted === 'string' ? (now: MailUser) => now.projection?.state === wanted : wanted;
    return eventually(
      async () => {
        const now = await this.read(row);
        return isThere(now) ? now : undefined;
      },
      () => this.read(row),
      withinMs,
    );
  }

  /** Waits until the row's migration has come to its end. */
  async untilEnded(row: MailUser, withinMs = 180_000): Promise<MailUser> {
    return this.until(row, (now) => now.projection?.endedAt !== undefined, withinMs);
  }

  /** The states of the time line of the newest epoch, in order. */
  async states(row: MailUser): Promise<MigrationState[]> {
    const { projection } = await this.read(row);
    return (projection?.timeline ?? []).map(({ state }) => state);
  }

  credentialsOf(row: MailUser): Promise<number> {
    return Credentials.countDocuments({ 'owner.id': row._id.toHexString() });
  }
}

export function pairOf({ source, target }: MailUser) {
  return { sourceAddress: source.address, targetAddress: target.address };
}
