import { AuditLog } from '../../src/models/audit-log';
import type { MailUser } from '../../src/models/mail-users';
import { connectTemporal, type Temporal } from '../../src/temporal';
import { aConnector, aMailUser, send, startAdmin, type AdminApp, type Agent } from './admin-app';

let app: AdminApp;
let agent: Agent;
let away: Temporal;
let pair: { source: Awaited<ReturnType<typeof aConnector>>; target: Awaited<ReturnType<typeof aConnector>> };
beforeAll(async () => {
  // Nothing listens on this port.
  away = connectTemporal({ address: '127.0.0.1:1', namespace: 'default' }, 1000);
  app = await startAdmin(undefined, away.client);
  agent = await app.signedIn();
  pair = { source: await aConnector('source'), target: await aConnector('target') };
});
afterAll(async () => {
  await app.end();
  await away.close();
});

const press = (action: string, row: MailUser) =>
  send(agent, '/admin/users/new', '/admin/users/actions', { action, ids: row._id.toHexString() });
const auditedOf = async (row: MailUser) =>
  (await AuditLog.find({ mailUserId: row._id.toHexString() }).lean()).map(({ action }) => action);

describe('while Temporal does not answer, the audit log', () => {
  it('does not tell of a stop that nobody was told and that is kept nowhere', async () => {
    const row = await aMailUser(pair, { state: 'working' });
    await press('stop', row).expect(303);
    expect((await agent.get('/admin/users').expect(200)).text).toContain('For 1 user nothing was done');
    expect(await auditedOf(row)).toEqual([]);
  });

  it('tells of a start that is kept and goes on by itself', async () => {
    const row = await aMailUser(pair);
    await press('start', row).expect(303);
    expect((await agent.get('/admin/users').expect(200)).text).toContain('is kept and goes on by itself');
    expect(await auditedOf(row)).toEqual(['started']);
  });
});
