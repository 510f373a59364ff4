import { Connection } from '@temporalio/client';
import { pidsOf, type FactsFile, type SandboxFacts } from './facts';
import { prepareNamespace } from './namespace';
import {
  certificateAuthority,
  databasePart,
  exchangePart,
  exchanges,
  inboxPart,
  mongodbUri,
  namespace,
  publicUrl,
  temporalAddress,
  temporalPart,
  temporalUiUrl,
  webPart,
  workerPart,
  type Layout,
} from './parts';
import { firstPeople } from './people';
import { makeMailboxes, withUsers, type SampleUser } from './samples';
import { seed, type SampleConnector } from './seed';
import type { Supervisor } from './supervisor/supervisor';

/** A sandbox as it comes up and while it runs. */
export interface Sandbox {
  layout: Layout;
  workers: number;
  supervisor: Supervisor;
  file: FactsFile;
  /** What the last run wrote. */
  last?: SandboxFacts;
}

const RETENTION_HOURS = 720;

/** Starts every part in order, fills what is empty, and leaves `sandbox.json` written. */
export async function bringUp(sandbox: Sandbox, say: (line: string) => void): Promise<void> {
  const { layout, supervisor, workers, file } = sandbox;
  say('Starting Temporal, the database, the inbox and two Exchange simulators');
  const below = [temporalPart(layout), databasePart(layout), inboxPart(layout)];
  const simulators = exchanges.map((one) => exchangePart(layout, one));
  await supervisor.start([...below, ...simulators].filter((part) => part !== undefined));
  await prepareTemporal(layout);
  const users = sandbox.last ? [] : await firstUsers(layout, say);
  await seedUsers(sandbox, users);
  say('Starting the web server and the worker');
  await supervisor.start([
    webPart(layout),
    ...Array.from({ length: workers }, (_, place) => workerPart(layout, place + 1)),
  ]);
  file.write(withUsers(factsOf(sandbox), users));
}

/** The process ids as they are now. */
export const currentPids = (supervisor: Supervisor) =>
  pidsOf(
    supervisor.running,
    exchanges.map(({ name }) => name),
  );

/** Puts the rows of these users, and the connectors where they are missing, into the product's database. */
export async function seedUsers({ layout, last }: Sandbox, users: readonly SampleUser[]): Promise<void> {
  const [source, target] = exchanges.map((one): SampleConnector => {
    const lastEwsUrl = last?.exchange.find(({ name }) => name === one.name)?.ewsUrl;
    return { name: one.name, ewsUrl: ewsUrl(layout, one), lastEwsUrl, ca: certificateAuthority(layout) };
  });
  if (source && target) await seed(mongodbUri(layout), { source, target, users });
}

/** The people of the first start, with their mailboxes. */
async function firstUsers({ ports }: Layout, say: (line: string) => void): Promise<SampleUser[]> {
  say('Making the sample mailboxes');
  const controls = { contoso: ports.contosoControl, fabrikam: ports.fabrikamControl };
  const users: SampleUser[] = [];
  for (const { firstName, lastName, localPart, ...size } of firstPeople) {
    users.push(await makeMailboxes({ firstName, lastName, localPart }, size, controls));
  }
  return users;
}

async function prepareTemporal(layout: Layout): Promise<void> {
  const connection = await Connection.connect({ address: temporalAddress(layout), connectTimeout: 10_000 });
  try {
    await prepareNamespace(connection, { namespace, retentionHours: RETENTION_HOURS });
  } finally {
    await connection.close();
  }
}

function factsOf({ layout, supervisor, last }: Sandbox): SandboxFacts {
  const { sources, ports, admin } = layout;
  const mailboxesOf = (name: string) => last?.exchange.find((one) => one.name === name)?.mailboxes ?? [];
  return {
    admin: { url: `${publicUrl(layout)}/admin`, email: admin.email, password: admin.password },
    temporal: {
      address: temporalAddress(layout),
      ui: 'address' in sources.temporal ? undefined : temporalUiUrl(layout),
    },
    mongodb: mongodbUri(layout),
    inbox: { url: `http://127.0.0.1:${ports.inbox}`, smtp: `smtp://127.0.0.1:${ports.smtp}` },
    exchange: exchanges.map((one) => ({
      name: one.name,
      ewsUrl: ewsUrl(layout, one),
      ca: certificateAuthority(layout),
      mailboxes: mailboxesOf(one.name),
    })),
    pids: currentPids(supervisor),
  };
}

const ewsUrl = ({ ports }: Layout, { port }: (typeof exchanges)[number]) =>
  `https://127.0.0.1:${ports[port]}/EWS/Exchange.asmx`;
