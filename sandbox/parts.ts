import { existsSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { mainQueue } from '../workflows/names';
import type { KeyFiles } from './keys';
import type { Ports } from './ports';
import { databaseCommand, temporalCommand, type DatabaseSource, type TemporalSource } from './servers';
import type { PartDefinition } from './supervisor/part';

/** What the parts are made from. */
export interface Layout {
  /** The work tree. */
  root: string;
  /** What the sandbox keeps, `.data`. */
  data: string;
  ports: Ports;
  keys: KeyFiles;
  sources: { temporal: TemporalSource; mongodb: DatabaseSource };
  /** Settings given on the command line. */
  settings: Record<string, string>;
  admin: { email: string; password: string };
}

export const namespace = 'default';

/** `temporal.api.enums.v1.TaskQueueType`, TASK_QUEUE_TYPE_ACTIVITY. */
const ACTIVITY = 2;

/** The address of Temporal, host:port. */
export const temporalAddress = ({ sources, ports }: Layout) =>
  'address' in sources.temporal ? sources.temporal.address : `127.0.0.1:${ports.temporal}`;

/** The URI of the database. A write counts only when it is in the journal: MongoDB alone may lose the last 100 ms. */
export const mongodbUri = ({ sources, ports }: Layout) =>
  'uri' in sources.mongodb
    ? sources.mongodb.uri
    : `mongodb://127.0.0.1:${ports.mongodb}/mailporter?journal=true`;

export const publicUrl = ({ ports }: Layout) => `http://127.0.0.1:${ports.web}`;

/** The two simulators: the name users see, its ports, the domain of its addresses. */
export const exchanges = [
  { name: 'Contoso', domain: 'contoso.example', port: 'contoso', controlPort: 'contosoControl' },
  { name: 'Fabrikam', domain: 'fabrikam.example', port: 'fabrikam', controlPort: 'fabrikamControl' },
] as const;

export const exchangeFolder = ({ data }: Layout) => join(data, 'exchange');
export const certificateAuthority = (layout: Layout) => join(exchangeFolder(layout), 'ca.pem');

const answers = (port: number) => () =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });

export function temporalPart({ data, ports, sources }: Layout): PartDefinition | undefined {
  if ('address' in sources.temporal) return undefined;
  const { temporal: port, temporalUi: uiPort } = ports;
  const file = join(data, 'temporal', 'temporal.db');
  return {
    name: 'temporal',
    command: temporalCommand(sources.temporal, { port, uiPort, file }),
    isReady: answers(port),
    endWithinMs: 5000,
  };
}

export function databasePart({ data, ports, sources }: Layout): PartDefinition | undefined {
  if ('uri' in sources.mongodb) return undefined;
  const port = ports.mongodb;
  const command = databaseCommand(sources.mongodb, { port, folder: join(data, 'mongodb') });
  return { name: 'mongodb', command, isReady: answers(port), endWithinMs: 5000 };
}

export function inboxPart({ root, data, ports }: Layout): PartDefinition {
  const maildev = join(root, 'node_modules', 'maildev', 'dist', 'bin', 'maildev.js');
  const folder = join(data, 'inbox');
  mkdirSync(folder, { recursive: true });
  const args = ['--ip', '127.0.0.1', '--web-ip', '127.0.0.1', '--mail-directory', folder];
  args.push('--smtp', String(ports.smtp), '--web', String(ports.inbox));
  return {
    name: 'inbox',
    command: { program: process.execPath, args: [maildev, ...args] },
    isReady: async () => (await answers(ports.smtp)()) && (await answers(ports.inbox)()),
    endWithinMs: 2000,
  };
}

export function exchangePart(
  layout: Layout,
  { name, port, controlPort }: (typeof exchanges)[number],
): PartDefinition {
  const main = join(layout.root, 'dist', 'sandbox', 'exchange', 'main.js');
  const folder = exchangeFolder(layout);
  const args = [main, '--name', name, '--host', '127.0.0.1', '--port', String(layout.ports[port])];
  args.push('--control-port', String(layout.ports[controlPort]));
  args.push('--data', join(folder, name.toLowerCase()), '--ca', folder);
  const isControlReady = answers(layout.ports[controlPort]);
  const isReady = async () => (await isControlReady()) && (await answers(layout.ports[port])());
  return {
    name: `exchange-${name.toLowerCase()}`,
    command: { program: process.execPath, args },
    isReady,
    endWithinMs: 5000,
  };
}

export function webPart(layout: Layout): PartDefinition {
  const env = {
    ...productSettings(layout),
    HOST: '127.0.0.1',
    PORT: String(layout.ports.web),
    ...('address' in layout.sources.temporal ? {} : { TEMPORAL_UI_URL: temporalUiUrl(layout) }),
    ADMIN_EMAIL: layout.admin.email,
    ADMIN_PASSWORD: layout.admin.password,
    SESSION_SECRET_FILE: layout.keys.session,
    SEAL_PUBLIC_KEYS_FILE: layout.keys.sealPublic,
  };
  return {
    name: 'web',
    command: product(layout, 'server.js'),
    env,
    isReady: answers(layout.ports.web),
    endWithinMs: 5000,
  };
}

/**
 * Content passes through in short-lived pieces: a small young generation gives them back sooner, an old one that is collected before it
 * has grown far keeps many mailboxes small, and what is collected goes back to the system. docker-compose.yml says the same.
 */
const workerFlags = [
  '--optimize-for-size',
  '--max-semi-space-size=4',
  '--initial-old-space-size=64',
  '--heap-growing-percent=15',
];

/** @param number from 1; the first one is called plainly `worker` */
export function workerPart(layout: Layout, number: number): PartDefinition {
  const env = {
    ...productSettings(layout),
    SMTP_URL: `smtp://127.0.0.1:${layout.ports.smtp}`,
    SEAL_PRIVATE_KEYS_FILE: layout.keys.sealPrivate,
    NODE_EXTRA_CA_CERTS: certificateAuthority(layout),
    // As in the Dockerfile.
    MALLOC_ARENA_MAX: '2',
    MALLOC_MMAP_THRESHOLD_: '65536',
    MALLOC_TRIM_THRESHOLD_: '131072',
  };
  return {
    name: number === 1 ? 'worker' : `worker-${number}`,
    command: product(layout, 'worker.js', workerFlags),
    env,
    isReady: () => isPolled(temporalAddress(layout)),
    endWithinMs: 10_000,
  };
}

export const temporalUiUrl = ({ ports }: Layout) => `http://127.0.0.1:${ports.temporalUi}`;

/** True when a worker asks the main queue for work. */
async function isPolled(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 2000 });
  try {
    const taskQueue = { name: mainQueue };
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue,
      taskQueueType: ACTIVITY,
    });
    return (pollers ?? []).length > 0;
  } finally {
    await connection.close();
  }
}

function product({ root }: Layout, file: string, flags: readonly string[] = []): PartDefinition['command'] {
  const main = join(root, 'dist', 'src', file);
  if (!existsSync(main)) throw new Error(`${main} is missing.`);
  return { program: process.execPath, args: ['--enable-source-maps', ...flags, main] };
}

function productSettings(layout: Layout): Record<string, string> {
  return {
    NODE_ENV: 'development',
    MONGODB_URI: mongodbUri(layout),
    TEMPORAL_ADDRESS: temporalAddress(layout),
    TEMPORAL_NAMESPACE: namespace,
    PUBLIC_URL: publicUrl(layout),
    ORGANISATION: 'Contoso',
    CONTACT: 'helpdesk@contoso.example',
    MAIL_FROM: 'Contoso IT <helpdesk@contoso.example>',
    LINK_KEY_FILE: layout.keys.link,
    ...layout.settings,
  };
}
