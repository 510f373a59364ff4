import { createLogger } from '../../src/log';
import { shownState } from '../../src/domain/shown-state';
import { Credentials } from '../../src/models/credentials';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import { createSeal } from '../../src/secrets/seal';
import { connectTemporal, type Temporal } from '../../src/temporal';
import { giveCredential, startMigration, stopMigration, type MigrationDeps } from '../../src/web/migrations';
import { aMailUser, aPair, read, startAdmin, type AdminApp, type Pair } from './admin-app';

const by = { kind: 'user' } as const;
const typed = { userName: 'anna', password: 'hunter2-hunter2' };

let app: AdminApp;
let away: Temporal;
let there: MigrationDeps;
let notThere: MigrationDeps;
let pair: Pair;
beforeAll(async () => {
  app = await startAdmin();
  // Nothing listens on this port.
  away = connectTemporal({ address: '127.0.0.1:1', namespace: 'default' }, 1000);
  const { config } = app;
  const parts = {
    config,
    seal: createSeal(config.SEAL_PUBLIC_KEYS_FILE),
    log: createLogger('web', 'silent'),
  };
  there = { ...parts, temporal: app.temporal };
  notThere = { ...parts, temporal: away.client };
  pair = await aPair();
});
afterAll(async () => {
  await away.close();
  await app.end();
});

const credentialsOf = (row: MailUser) => Credentials.countDocuments({ 'owner.id': row._id.toHexString() });

describe('while Temporal does not answer', () => {
  it('a start is kept on the row', async () => {
    const row = await aMailUser(pair);
    expect(await startMigration(notThere, row, 'start', by)).toBe('kept');
    expect((await read(row)).asked).toMatchObject({ reason: 'start', startId: expect.any(String) });
  });

  it('what was typed is kept, sealed', async () => {
    const row = await aMailUser(pair);
    expect(await giveCredential(notThere, row, 'source', typed, by)).toBe('kept');
    expect((await read(row)).asked.credentialIds).toHaveLength(1);
    expect(await credentialsOf(row)).toBe(1);
  });

  it('a stop is kept nowhere, so whoever pressed is told', async () => {
    const row = await aMailUser(pair, { state: 'working' });
    await expect(stopMigration(notThere, row, by)).rejects.toThrow();
  });
});

describe('a credential', () => {
  it('for a migration that has ended is destroyed', async () => {
    const row = await aMailUser(pair, { state: 'completed' });
    expect(await giveCredential(there, row, 'source', typed, by)).toBe('nothing');
    expect(await credentialsOf(row)).toBe(0);
    expect((await read(row)).asked.credentialIds).toEqual([]);
  });

  it('of a form on a row that was set back to before its migration, which has ended, starts it again', async () => {
    const row = await aMailUser(pair);
    expect(await giveCredential(there, row, 'source', typed, by)).toBe('sent');
    const handle = app.temporal.workflow.getHandle(`migration-${row._id.toHexString()}`);
    const first = (await handle.describe()).runId;
    await handle.terminate();
    await MailUsers.updateOne({ _id: row._id }, { $set: { asked: { credentialIds: [] } } });
    expect(await giveCredential(there, await read(row), 'source', typed, by)).toBe('sent');
    expect((await handle.describe()).runId).not.toBe(first);
    expect(shownState(await read(row))).toBe('starting');
  });

  it('of two forms sent at once names one start', async () => {
    const row = await aMailUser(pair);
    await Promise.all([
      giveCredential(there, row, 'source', typed, by),
      giveCredential(there, row, 'target', typed, by),
    ]);
    const { asked } = await read(row);
    const { events } = await app.temporal.workflow
      .getHandle(`migration-${row._id.toHexString()}`)
      .fetchHistory();
    const data = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    expect(Buffer.from(data ?? []).toString('utf8')).toContain(`"startId":"${asked.startId}"`);
    expect(await credentialsOf(row)).toBe(2);
  });
});
