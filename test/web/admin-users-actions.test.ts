import { BulkActions } from '../../src/models/bulk-actions';
import { Credentials } from '../../src/models/credentials';
import { MailUsers } from '../../src/models/mail-users';
import { aProjection } from './self-service-app';
import {
  aMailUser,
  aPair,
  idOf,
  inputOf,
  press,
  read,
  send,
  shown,
  signalsOf,
  startAdmin,
  type AdminApp,
  type Agent,
  type Pair,
} from './admin-app';

let app: AdminApp;
let agent: Agent;
let pair: Pair;
beforeAll(async () => {
  app = await startAdmin();
  agent = await app.signedIn();
  pair = await aPair();
});
afterAll(() => app.end());

describe('the other buttons', () => {
  it('signal a running migration to stop and to send the invitation again', async () => {
    const row = await aMailUser(pair);
    await press(agent, 'start', row).expect(303);
    await MailUsers.updateOne(
      { _id: row._id },
      { $set: { projection: aProjection({ handledStartId: (await read(row)).asked.startId ?? '' }) } },
    );
    await press(agent, 'resend', row).expect(303);
    await press(agent, 'stop', row).expect(303);
    expect(await signalsOf(app, row)).toEqual(['resendInvitation', 'stop']);
  });

  it('retry what failed', async () => {
    const row = await aMailUser(pair, { state: 'failed' });
    await press(agent, 'retry', row).expect(303);
    expect(await inputOf(app, row)).toMatchObject({ reason: 'retry' });
    expect((await read(row)).asked.reason).toBe('retry');
  });

  it('retry nobody among others whose source looks emptied, say so before and after, and retry him on his own', async () => {
    const [plain, emptied] = [
      await aMailUser(pair, { state: 'failed' }),
      await aMailUser(pair, { state: 'failed' }),
    ];
    const text = { code: 'SourceEmpty', remedy: 'checkSourceMailbox', message: 'It lists nothing.' };
    await MailUsers.updateOne({ _id: emptied._id }, { $set: { 'projection.fault': { text } } });
    const both = `ids=${idOf(plain)}&ids=${idOf(emptied)}`;
    const asked = await agent.get(`/admin/users/confirm?action=retry&${both}`).expect(200);
    expect(asked.text).toContain(
      '1 user is left as it is: it stopped because its source mailbox looks emptied',
    );
    await press(agent, 'retry', plain, emptied).expect(303);
    expect(await shown(agent)).toContain('1 user is left as it is');
    expect((await read(emptied)).asked.startId).toBeUndefined();
    expect((await read(plain)).asked.reason).toBe('retry');
    await press(agent, 'retry', emptied).expect(303);
    expect((await read(emptied)).asked.reason).toBe('retry');
  });

  it('begin anew to send the invitation of a link that expired', async () => {
    const row = await aMailUser(pair, { state: 'expired' });
    await press(agent, 'resend', row).expect(303);
    expect(await inputOf(app, row)).toMatchObject({ reason: 'resend' });
  });

  it('delete a row with its credentials, but not one that runs', async () => {
    const [running, row] = [await aMailUser(pair), await aMailUser(pair, { state: 'stopped' })];
    await press(agent, 'start', running).expect(303);
    await Credentials.create({
      owner: { kind: 'mailUser', id: idOf(row) },
      side: 'source',
      sealed: 'x',
      takenAt: new Date(),
      destroyAt: new Date(),
    });
    await press(agent, 'delete', running, row).expect(303);
    expect(await MailUsers.exists({ _id: running._id })).not.toBeNull();
    expect(await MailUsers.exists({ _id: row._id })).toBeNull();
    expect(await Credentials.countDocuments({ 'owner.id': idOf(row) })).toBe(0);
  });

  it('are not offered where there is nothing to do, and do nothing then', async () => {
    const row = await aMailUser(pair, { state: 'completed', batch: 'Nothing' });
    for (const action of ['pause', 'resume', 'retry', 'stop', 'delta', 'cutOver']) {
      const one = await agent.get(`/admin/users/confirm?action=${action}&ids=${idOf(row)}`).expect(200);
      expect(one.text).toContain('There is ');
      expect(one.text).not.toContain('type="submit">0');
      expect(one.text).not.toContain(' 0 users');
      await send(agent, '/admin/users/new', '/admin/users/actions', {
        action,
        all: '1',
        batch: 'Nothing',
      }).expect(303);
    }
    expect(await BulkActions.countDocuments({ 'selection.filter.batch': 'Nothing' })).toBe(0);
  });

  it('count by what the workflow says: a pause that waits for a sign-in can be taken back', async () => {
    const by = { kind: 'system' } as const;
    await aMailUser(pair, { projection: aProjection({ pausedBy: by }), batch: 'Facts' });
    await aMailUser(pair, { projection: aProjection({ state: 'working' }), batch: 'Facts' });
    await aMailUser(pair, {
      projection: aProjection({ state: 'working', pass: { kind: 'cutOver', step: 'copying', sweep: 0 } }),
      batch: 'Facts',
    });
    const ask = async (action: string) =>
      (await agent.get(`/admin/users/confirm?action=${action}&all=1&batch=Facts`).expect(200)).text;
    expect(await ask('pause')).toContain('Pause 2 users?');
    expect(await ask('resume')).toContain('Resume 1 user?');
    expect(await ask('cutOver')).toContain('Cut over 1 user?');
  });

  it('say of a delta pass after a pre-stage that it is the full pass, before and after', async () => {
    const passes = [{ kind: 'prestage' as const, beganAt: new Date(), endedAt: new Date() }];
    const after = [...passes, { kind: 'full' as const, beganAt: new Date(), endedAt: new Date() }];
    const rows = await Promise.all(
      [passes, after].map((made) =>
        aMailUser(pair, {
          projection: aProjection({ state: 'upToDate', passes: made }),
          batch: 'Staged',
          asked: { startId: 'run', credentialIds: [] },
        }),
      ),
    );
    await MailUsers.updateMany({ batch: 'Staged' }, { $set: { 'projection.handledStartId': 'run' } });
    for (const query of ['all=1&batch=Staged', rows.map((row) => `ids=${idOf(row)}`).join('&')])
      expect((await agent.get(`/admin/users/confirm?action=delta&${query}`).expect(200)).text).toContain(
        '1 of them has at most been pre-staged, so this is its full pass',
      );
  });

  it('say of a link that expired that its time begins anew, and for how long', async () => {
    const row = await aMailUser(pair, { state: 'expired' });
    const { text } = await agent.get(`/admin/users/confirm?action=resend&ids=${idOf(row)}`).expect(200);
    expect(text).toContain('The time of 1 link is over. It begins anew: this user can sign in for 21 days');
    expect(text).not.toContain('has run before');
  });

  it('want a row to be selected first', async () => {
    await agent.get('/admin/users/confirm?action=start').expect(303);
    expect(await shown(agent)).toContain('Select at least one user first.');
  });
});
