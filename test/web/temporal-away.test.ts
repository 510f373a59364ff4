import { AuditLog } from '../../src/models/audit-log';
import type { MailUser } from '../../src/models/mail-users';
import { connectTemporal, type Temporal } from '../../src/temporal';
import {
  aMailUser,
  aPair,
  idOf,
  press,
  shown,
  startAdmin,
  type AdminApp,
  type Agent,
  type Pair,
} from './admin-app';

let app: AdminApp;
let agent: Agent;
let away: Temporal;
let pair: Pair;
beforeAll(async () => {
  // Nothing listens on this port.
  away = connectTemporal({ address: '127.0.0.1:1', namespace: 'default' }, 1000);
  app = await startAdmin(undefined, away.client);
  agent = await app.signedIn();
  pair = await aPair();
});
afterAll(async () => {
  await app.end();
  await away.close();
});

const auditedOf = async (row: MailUser) =>
  (await AuditLog.find({ mailUserId: idOf(row) }).lean()).map(({ action }) => action);

describe('while Temporal does not answer, the audit log', () => {
  it('does not tell of a stop that nobody was told and that is kept nowhere', async () => {
    const row = await aMailUser(pair, { state: 'working' });
    await press(agent, 'stop', row).expect(303);
    expect(await shown(agent)).toContain('For 1 user nothing was done');
    expect(await auditedOf(row)).toEqual([]);
  });

  it('tells of a start that is kept and goes on by itself', async () => {
    const row = await aMailUser(pair);
    await press(agent, 'start', row).expect(303);
    expect(await shown(agent)).toContain('is kept and goes on by itself');
    expect(await auditedOf(row)).toEqual(['started']);
  });
});
