import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import mongoose from 'mongoose';
import { createFolderActivities, createMailboxActivities, createShortActivities } from '../activities/index';
import type { ActivityDeps, Server } from '../activities/deps';
import { ConnectorTurns } from '../activities/connector-turns';
import { ConnectorWaits } from '../activities/connector-waits';
import { faultInterceptor } from '../activities/faults';
import { GateBell } from '../activities/gate-bell';
import { OpenMailboxes } from '../activities/open-mailboxes';
import { keepStanding } from '../activities/standing';
import { WorkerRoom } from '../activities/worker-room';
import { mailboxQueue, mainQueue, workerQueue } from '../workflows/names';
import { readWorkerConfig, type WorkerConfig } from './config';
import { createConnectors, type Connectors } from './connectors/registry';
import { defaultTimeouts, fasterTimeouts } from './connectors/exchange';
import { ByteBudget } from './engine/byte-budget';
import { fasterClock, systemClock } from './engine/clock';
import { AdaptiveWidth } from './engine/width';
import { createLogger, type Logger } from './log';
import { createMailer } from './mail/mailer';
import { createMailRenderer } from './mail/render';
import type { ConnectorDocument } from './models/connectors';
import { connectDatabase } from './models/database';
import { MongoLedgerStore } from './models/ledger-store';
import { createOpen } from './secrets/open';
import { ensureSearchAttributes, SearchAttributesMissing } from './search-attributes';
import { connectTemporal, reachTemporal } from './temporal';

const megabyte = 1024 * 1024;
const minute = 60_000;

/** By this machine's clock, however fast waits pass. */
const leastSendWindowMs = 500;

/** What an ending worker's mailboxes and activities have to let go of what they are doing. */
const graceMs = 20_000;

/** What the three Workers of a process share. */
export interface WorkersOptions {
  connection: NativeConnection;
  namespace: string;
  deps: ActivityDeps;
  /** Where the workflow code comes from; a bundle made before starts in a moment. And how long Temporal keeps tasks for this process alone. */
  workflows: Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'stickyQueueScheduleToStartTimeout'>;
}

/**
 * The three Workers of a process: workflows and short activities, open mailboxes up to its capacity, and, on a queue that only this
 * process serves, the folders of the mailboxes it has open.
 */
export async function createWorkers(options: WorkersOptions): Promise<Worker[]> {
  const { connection, namespace, deps, workflows } = options;
  const { capacity } = deps.room;
  const shared: Partial<WorkerOptions> = {
    connection,
    namespace,
    interceptors: { activity: [faultInterceptor(deps.log)] },
    // Whoever cannot be told by `closeMailbox` learns of a Stop from the answer to a heartbeat.
    maxHeartbeatThrottleInterval: '3 seconds',
    shutdownGraceTime: graceMs,
    shutdownForceTime: graceMs + 5000,
  };
  return Promise.all([
    Worker.create({
      ...shared,
      ...workflows,
      taskQueue: mainQueue,
      activities: createShortActivities(deps),
      maxConcurrentActivityTaskExecutions: 50,
      maxCachedWorkflows: 300,
      // One thread runs them. More would only stand between Temporal and whoever else asks it, such as a bulk action.
      maxConcurrentWorkflowTaskExecutions: 10,
    }),
    Worker.create({
      ...shared,
      taskQueue: mailboxQueue,
      activities: createMailboxActivities(deps),
      maxConcurrentActivityTaskExecutions: capacity,
    }),
    Worker.create({
      ...shared,
      taskQueue: deps.workerQueue,
      activities: createFolderActivities(deps),
      maxConcurrentActivityTaskExecutions: capacity * 3,
    }),
  ]);
}

/** A connector of the list with its settings as they stand now. */
function serverOf(
  connectors: Connectors,
  { kind, exchange, connectionsPerMailbox }: ConnectorDocument,
): Server {
  const connector = connectors[kind];
  const settings = { ...exchange, connectionsPerMailbox };
  return {
    openSource: (...rest) => connector.openSource(settings, ...rest),
    openTarget: (...rest) => connector.openTarget(settings, ...rest),
    check: (...rest) => connector.check(settings, ...rest),
  };
}

function depsOf(config: WorkerConfig, client: Client, log: Logger): ActivityDeps {
  const workerId = randomUUID().slice(0, 13);
  const queue = workerQueue(workerId);
  const scale = config.TIME_SCALE;
  const clock = scale === 1 ? systemClock : fasterClock(systemClock, scale);
  const exchange = { settleMs: config.EXCHANGE_SETTLE, timeouts: fasterTimeouts(defaultTimeouts, scale) };
  const connectors = createConnectors({ exchange });
  const connectorTurns = new ConnectorTurns(clock);
  return {
    client,
    log,
    open: createOpen(config.SEAL_PRIVATE_KEYS_FILE),
    serverOf: (connector) => serverOf(connectors, connector),
    ledger: new MongoLedgerStore(),
    copying: {
      clock,
      width: (connections) => new AdaptiveWidth(connections),
      parcel: { items: 100, bytes: 4 * megabyte },
      bytesInFlight: 16 * megabyte,
      memory: new ByteBudget(24 * megabyte),
      // A write to the database must fit in, and disks do not get faster.
      sendWindowMs: Math.max(5000, leastSendWindowMs * scale),
    },
    // A folder of some thousand items waits for no large one, which may have its share for as long as a server asks to wait.
    keyMemory: new ByteBudget(16 * megabyte, { atOnce: megabyte / 4 }),
    mail: {
      mailer: createMailer({ url: config.SMTP_URL, from: config.MAIL_FROM }),
      render: createMailRenderer(),
      organisation: {
        name: config.ORGANISATION,
        contact: config.CONTACT,
        colour: config.ORGANISATION_COLOUR,
        timeZone: config.TIME_ZONE,
        language: config.DEFAULT_LANGUAGE,
      },
      publicUrl: config.PUBLIC_URL.replace(/\/+$/, ''),
      linkKey: config.LINK_KEY_FILE,
      intervalMs: minute / config.INVITATIONS_PER_MINUTE,
      reminders: {
        afterMs: config.REMINDERS,
        timeOfDay: config.REMINDER_TIME,
        timeZone: config.TIME_ZONE,
      },
    },
    workerQueue: queue,
    openMailboxes: new OpenMailboxes(),
    room: new WorkerRoom({
      log,
      workerQueue: queue,
      capacity: config.CAPACITY,
      turns: connectorTurns,
      reachTemporal: () => reachTemporal(client),
    }),
    gateBell: new GateBell({ client, log }),
    reportLifeMs: config.REPORT_LIFE,
    connectorWaits: new ConnectorWaits({ log, timeScale: scale }),
    connectorTurns,
  };
}

/** A part that is away when the process starts is waited for; once there, drivers come back to it by themselves. */
async function untilThere<T>(log: Logger, what: string, connect: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      if (error instanceof SearchAttributesMissing) throw error;
      log.warn({ what, err: error }, 'not there yet; tried again');
      await pause(1000);
    }
  }
}

async function main(): Promise<void> {
  const config = readWorkerConfig();
  const log = createLogger('worker', config.LOG_LEVEL);
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = config;
  Runtime.install({
    telemetryOptions: { logging: { filter: 'WARN', forward: {} } },
    logger: temporalLogger(log),
  });
  await connectDatabase(config.MONGODB_URI, log);
  const connection = await untilThere(log, 'Temporal', () => NativeConnection.connect({ address }));
  const temporal = connectTemporal({ address, namespace });
  await untilThere(log, 'the namespace', () => ensureSearchAttributes(temporal.services, namespace));
  const deps = depsOf(config, temporal.client, log);
  const workers = await createWorkers({
    connection,
    namespace,
    deps,
    workflows: workflowsOf(),
  });
  // The runtime ends the Workers on these signals; the mailboxes would be held until their grace is over.
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      deps.openMailboxes.closeAll();
      void deps.room.end();
    });
  const ending = new AbortController();
  const { times, TIME_SCALE: timeScale } = config;
  void keepStanding(temporal.client, { times, timeScale, log }, ending.signal);
  await deps.room.begin();
  log.info({ queue: deps.workerQueue, capacity: config.CAPACITY }, 'the worker is ready');
  await Promise.all(workers.map((worker) => worker.run()));
  ending.abort();
  await deps.room.end();
  deps.mail.mailer.close();
  await temporal.close();
  await connection.close();
  await mongoose.disconnect();
  log.info('the worker has ended');
}

function workflowsOf(): WorkersOptions['workflows'] {
  const codePath = join(__dirname, '..', 'workflow-bundle.js');
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  return { workflowsPath: require.resolve('../workflows/index') };
}

/** The runtime's own lines among ours. */
function temporalLogger(log: Logger): NonNullable<Parameters<typeof Runtime.install>[0]['logger']> {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
  const child = log.child({ part: 'temporal' });
  const line = (level: (typeof levels)[keyof typeof levels]) => (message: string, meta?: object) =>
    child[level](meta ?? {}, message);
  return {
    log: (level, message, meta) => line(levels[level])(message, meta),
    trace: line('trace'),
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  };
}

if (require.main === module)
  main().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    },
  );
