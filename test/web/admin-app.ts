import type { Types } from 'mongoose';
import request from 'supertest';
import type { CheckReport } from '../../src/connectors/connector';
import type { MigrationState } from '../../src/domain/migration';
import type { Side } from '../../src/domain/mailbox';
import { Connectors, type ConnectorDocument } from '../../src/models/connectors';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import type { Figures } from '../../src/web/admin/figures';
import { ensureFirstAdministrator } from '../../src/web/admin/first-administrator';
import { createLogger } from '../../src/log';
import type { MigrateMailboxInput } from '../../workflows/messages';
import { aProjection, startSelfService, type SelfServiceApp } from './self-service-app';

export const administrator = { email: 'admin@contoso.example', password: 'correct horse battery staple' };

export type Agent = ReturnType<typeof request.agent>;

/** The web server with one administrator; no worker runs. */
export interface AdminApp extends SelfServiceApp {
  /** A browser that nobody has signed in with. */
  visitor(): Agent;
  /** A browser in which the administrator is signed in. */
  signedIn(): Promise<Agent>;
}

export async function startAdmin(figures?: Figures, temporal?: AdminApp['temporal']): Promise<AdminApp> {
  const app = await startSelfService(figures, temporal);
  const config = { ...app.config, ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password };
  await ensureFirstAdministrator(config, createLogger('web', 'silent'));
  const visitor = (): Agent => request.agent(app.url);
  return {
    ...app,
    visitor,
    async signedIn() {
      const agent = visitor();
      await send(agent, '/admin/sign-in', '/admin/sign-in', administrator).expect(303);
      return agent;
    },
  };
}

/** The token of a page's forms. */
export async function tokenOf(agent: Agent, page: string): Promise<string> {
  const { text } = await agent.get(page);
  return /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
}

/** Opens `page` and sends a form of it to `action`. */
export function send(agent: Agent, page: string, action: string, fields: Record<string, string | string[]>) {
  const sent = tokenOf(agent, page).then((token) =>
    agent
      .post(action)
      .type('form')
      .send({ _csrf: token, ...fields }),
  );
  return {
    /** The answer, which has this status. */
    async expect(status: number): Promise<request.Response> {
      const answer = await sent;
      if (answer.status !== status)
        throw new Error(`${action} answered ${answer.status}: ${answer.text.slice(0, 2000)}`);
      return answer;
    },
  };
}

/** As {@link send}, for a form with a file. */
export async function sendFile(
  agent: Agent,
  page: string,
  action: string,
  fields: Record<string, string>,
  file?: { name: string; field: string; content: Buffer },
): Promise<request.Response> {
  const token = await tokenOf(agent, page);
  let sent = agent.post(action).field('_csrf', token);
  for (const [name, value] of Object.entries(fields)) sent = sent.field(name, value);
  return file === undefined ? sent : sent.attach(file.field, file.content, file.name);
}

export const usable: CheckReport = {
  usable: true,
  steps: [{ step: 'signIns', result: 'green', detail: 'Basic' }],
};
export const unusable: CheckReport = {
  usable: false,
  steps: [{ step: 'signIns', result: 'red', detail: 'NTLM only', code: 'NTLM', remedy: 'enableBasic' }],
};

let made = 0;

/** A connector; the source invites the source mailbox, the target nobody. */
export async function aConnector(
  side: Side,
  change: Partial<ConnectorDocument> = {},
): Promise<ConnectorDocument> {
  const created = await Connectors.create({
    side,
    kind: 'exchange',
    name: `${side} no. ${++made}`,
    exchange: { serverName: `mail${made}.example`, serverVersion: 'Exchange2013' },
    signIn: {
      kind: 'selfMigration',
      signInName: { kind: 'address' },
      invitation: side === 'source' ? 'source' : 'none',
    },
    createdAt: new Date(),
    ...change,
  });
  return created.toObject<ConnectorDocument>();
}

export interface Pair {
  source: ConnectorDocument;
  target: ConnectorDocument;
}

export const aPair = async (): Promise<Pair> => ({
  source: await aConnector('source'),
  target: await aConnector('target'),
});

/** A mail user between two connectors, in **Not started** unless a state is said. */
export async function aMailUser(
  pair: Pair,
  change: Partial<MailUser> & { state?: MigrationState } = {},
): Promise<MailUser> {
  const { state, ...rest } = change;
  const local = `user${++made}`;
  const mailbox = (connectorId: Types.ObjectId, address: string) => ({
    connectorId,
    address,
    addressKey: address.toLowerCase(),
    recipientType: 'Standard' as const,
  });
  const created = await MailUsers.create({
    firstName: 'Anna',
    lastName: `Berger ${made}`,
    source: mailbox(pair.source._id, `${local}@contoso.example`),
    target: mailbox(pair.target._id, `${local}@fabrikam.example`),
    batch: 'Default',
    linkGeneration: 1,
    createdAt: new Date(),
    asked: { credentialIds: [] },
    ...(state === undefined ? {} : { projection: aProjection({ state }) }),
    ...rest,
  });
  return created.toObject<MailUser>();
}

export const idOf = (row: MailUser): string => row._id.toHexString();
/** The row as it is now. */
export const read = (row: MailUser) => MailUsers.findById(row._id).orFail().lean<MailUser>();

/** Presses a button for these rows of the list. */
export const press = (agent: Agent, action: string, ...rows: MailUser[]) =>
  send(agent, '/admin/users/new', '/admin/users/actions', { action, ids: rows.map(idOf) });
/** The list, with what the last press of a button had to say. */
export const shown = async (agent: Agent) => (await agent.get('/admin/users').expect(200)).text;

/** What Temporal has of a row's migration. */
export async function historyOf({ temporal }: AdminApp, row: MailUser) {
  const { events } = await temporal.workflow.getHandle(`migration-${idOf(row)}`).fetchHistory();
  return events ?? [];
}
export async function signalsOf(app: AdminApp, row: MailUser): Promise<string[]> {
  const names = (await historyOf(app, row)).map(
    (event) => event.workflowExecutionSignaledEventAttributes?.signalName,
  );
  return names.filter((name) => typeof name === 'string');
}
export async function inputOf(app: AdminApp, row: MailUser): Promise<MigrateMailboxInput> {
  const [first] = await historyOf(app, row);
  const data = first?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
  return JSON.parse(Buffer.from(data ?? []).toString('utf8')) as MigrateMailboxInput;
}
