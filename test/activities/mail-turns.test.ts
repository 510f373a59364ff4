import { createMailActivities } from '../../activities/mails';
import type { MailDeps } from '../../activities/deps';
import { noMailboxCounters } from '../../src/domain/migration';
import { createLogger } from '../../src/log';
import { Connectors } from '../../src/models/connectors';
import { MailPaces } from '../../src/models/mail-pace';
import { MailUsers } from '../../src/models/mail-users';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await Promise.all([MailPaces.init(), MailUsers.init()]);
});
afterAll(() => database.end());

async function listed(): Promise<string> {
  const connector = (side: 'source' | 'target') =>
    Connectors.create({
      side,
      kind: 'exchange',
      name: side,
      exchange: { serverName: 'mail.example', serverVersion: 'Exchange2013' },
      signIn: { kind: 'selfMigration', signInName: { kind: 'address' }, invitation: 'source' },
      createdAt: new Date(),
    });
  const mailbox = async (side: 'source' | 'target') => ({
    connectorId: (await connector(side))._id,
    address: `ada@${side}.example`,
    addressKey: `ada@${side}.example`,
    recipientType: 'Standard' as const,
  });
  const [source, target] = [await mailbox('source'), await mailbox('target')];
  const { _id } = await MailUsers.create({ source, target, createdAt: new Date() });
  return _id.toHexString();
}

it('gives the turns of invitations by Temporal’s clock, so that a worker whose own is ahead holds up nobody', async () => {
  const mailUserId = await listed();
  const mail = { intervalMs: 2000 } as MailDeps;
  const activities = createMailActivities({ mail, log: createLogger('worker', 'silent') });
  // To Temporal this machine is years ahead.
  const at = '2020-02-02T18:00:00.000Z';
  expect(await activities.reserveInvitation({ mailUserId, at })).toMatchObject({ dueAt: at, waitMs: 0 });
  expect(await activities.reserveInvitation({ mailUserId, at })).toMatchObject({ waitMs: 2000 });
});

/** What is written in the mail of a completed migration whose row has this time line. */
async function completedMail(states: string[]): Promise<string> {
  const row = await MailUsers.findOne().orFail();
  const counters = { ...noMailboxCounters, found: 9, copied: 4, failed: 5 };
  const timeline = states.map((state) => ({ state }));
  const projection = { epoch: 2, state: states.at(-1), handledCredentialIds: [], timeline };
  await MailUsers.updateOne({ _id: row._id }, { $set: { projection, counters } });
  const written: string[] = [];
  const render = (mail: unknown) => (written.push(JSON.stringify(mail)), { html: '', text: '' });
  const organisation = { name: 'Contoso', contact: 'help@contoso.example', timeZone: 'UTC', language: 'en' };
  const mailer = { send: async () => ({ kind: 'accepted' }) };
  const links = { publicUrl: 'http://127.0.0.1', linkKey: Buffer.alloc(32) };
  const mail = { mailer, organisation, render, ...links } as unknown as MailDeps;
  const activities = createMailActivities({ mail, log: createLogger('worker', 'silent') });
  const order = { kind: 'completed' } as const;
  await activities.sendMail({ mailUserId: row._id.toHexString(), order, mailId: 'm', accepted: [] });
  return written.join();
}

it('tells in a mail that comes late that its migration was started anew, and what is not there', async () => {
  const written = await completedMail(['completedWithIssues', 'starting']);
  expect(written).toContain('except 5 items');
  expect(written).toContain('started again');
  expect(written).not.toContain('destroyed');
});

it('sends no mail of an end that the row does not know, as after the database was set back', async () => {
  expect(await completedMail(['starting', 'working'])).toBe('');
});
