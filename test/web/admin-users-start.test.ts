import { randomUUID } from 'node:crypto';
import { AuditLog } from '../../src/models/audit-log';
import { BulkActions } from '../../src/models/bulk-actions';
import { MailUsers } from '../../src/models/mail-users';
import {
  aConnector,
  aMailUser,
  aPair,
  historyOf,
  idOf,
  inputOf,
  press,
  read,
  send,
  shown,
  startAdmin,
  unusable,
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

describe('Start', () => {
  it('says before what it does: how many start, who gets mail and who does not', async () => {
    const silent = {
      source: await aConnector('source', {
        signIn: { kind: 'selfMigration', signInName: { kind: 'address' }, invitation: 'none' },
      }),
      target: pair.target,
    };
    const rows = [
      await aMailUser(pair),
      await aMailUser(silent),
      await aMailUser(pair, { state: 'working' }),
    ];
    const query = rows.map((row) => `ids=${idOf(row)}`).join('&');
    const { text } = await agent.get(`/admin/users/confirm?action=start&${query}`).expect(200);
    expect(text).toContain('Start 2 users');
    expect(text).toContain('Mail goes out to 1 user.');
    expect(text).toContain('No mail will be sent to 1 user.');
    expect(text).toContain('1 user was started already');
  });

  it('starts the workflow with what the row says was asked for', async () => {
    const row = await aMailUser(pair);
    await press(agent, 'start', row).expect(303);
    const { asked } = await read(row);
    expect(await inputOf(app, row)).toMatchObject({
      mailUserId: idOf(row),
      startId: asked.startId,
      reason: 'start',
      by: { kind: 'administrator' },
    });
    const page = await agent.get(`/admin/users/${idOf(row)}`).expect(200);
    expect(page.text).toContain('Starting');
  });

  it('among many says when it begins, and that no worker runs only 30 s after that', async () => {
    const noteAfter = async (seconds: number) => {
      const beginsAt = new Date(Date.now() + seconds * 1000);
      const asked = { startId: 's', startedAt: new Date(Date.now() - 90_000), beginsAt, credentialIds: [] };
      const row = await aMailUser(pair, { asked });
      const { text } = await agent.get(`/admin/users/${idOf(row)}`).expect(200);
      return [text.includes('Started with many others; it begins'), text.includes('No worker is running')];
    };
    expect(await noteAfter(60)).toEqual([true, false]);
    expect(await noteAfter(-20)).toEqual([false, false]);
    expect(await noteAfter(-40)).toEqual([false, true]);
  });

  it('does nothing to a row that was started, and counts it', async () => {
    const row = await aMailUser(pair);
    await press(agent, 'start', row).expect(303);
    await agent.get('/admin/users');
    const before = await read(row);
    await press(agent, 'start', row).expect(303);
    expect(await shown(agent)).toContain('1 user was started already; nothing happens to it.');
    expect((await read(row)).asked).toEqual(before.asked);
  });

  it('takes its mark back where the workflow runs already', async () => {
    const row = await aMailUser(pair);
    await press(agent, 'start', row).expect(303);
    await MailUsers.updateOne({ _id: row._id }, { $unset: { 'asked.startId': true } });
    await press(agent, 'start', row).expect(303);
    expect((await read(row)).asked.startId).toBeUndefined();
  });

  it('is refused, naming the connector, while its last test found no usable sign-in', async () => {
    const blocked = {
      source: await aConnector('source', {
        name: 'Tailspin',
        lastCheck: { at: new Date(), report: unusable },
      }),
      target: pair.target,
    };
    const row = await aMailUser(blocked);
    const { text } = await agent.get(`/admin/users/confirm?action=start&ids=${idOf(row)}`).expect(200);
    expect(text).toContain('Tailspin');
    await press(agent, 'start', row).expect(303);
    expect(await shown(agent)).toContain('Not started: the last test of Tailspin found no sign-in');
    expect((await read(row)).asked.startId).toBeUndefined();
    await expect(historyOf(app, row)).rejects.toThrow();
  });

  it('leaves alone who has moved, where he stands among many, and begins him again alone', async () => {
    const [moved, other] = [await aMailUser(pair, { state: 'completed' }), await aMailUser(pair)];
    await press(agent, 'start', moved, other).expect(303);
    expect((await read(moved)).asked.startId).toBeUndefined();
    await press(agent, 'start', moved).expect(303);
    expect((await read(moved)).asked.startId).toBeDefined();
  });

  it('of all that a filter matches becomes a bulk action that can be left', async () => {
    await aMailUser(pair, { batch: 'Bulk' });
    const answer = await send(agent, '/admin/users/new', '/admin/users/actions', {
      action: 'start',
      all: '1',
      batch: 'Bulk',
    }).expect(303);
    const bulk = await BulkActions.findOne({ action: 'start' }).orFail().lean();
    expect(answer.headers['location']).toBe(`/admin/bulk/${bulk._id}`);
    expect(bulk.selection).toEqual({ kind: 'filter', filter: { batch: 'Bulk' } });
    const { type } = await app.temporal.workflow.getHandle(`bulk-${bulk._id}`).describe();
    expect(type).toBe('bulkAction');
    expect((await agent.get(`/admin/bulk/${bulk._id}`).expect(200)).text).toContain('Waiting for a worker');
    expect((await agent.get('/admin/users').expect(200)).text).toContain(`href="/admin/bulk/${bulk._id}"`);
    const audited = await AuditLog.findOne({ bulkId: bulk._id }).orFail().lean();
    expect(audited).toMatchObject({ action: 'bulkStarted', subject: 'Start: 1 user (batch Bulk)' });
  });

  it('takes from the list the filter that all is ticked for, and confirms for these alone', async () => {
    await aMailUser(pair, { batch: 'Ulm' });
    await aMailUser(pair, { batch: 'Bonn' });
    const { text } = await agent.get('/admin/users?batch=Ulm&q=berger').expect(200);
    const form = /<form id="selection".*?<\/form>/s.exec(text)?.[0] ?? '';
    const hidden = [...form.matchAll(/type="hidden" name="(.*?)" value="(.*?)"/g)];
    const fields = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]));
    expect(fields).toEqual({ batch: 'Ulm', q: 'berger' });
    const query = new URLSearchParams({ ...fields, action: 'start', all: '1' }).toString();
    expect((await agent.get(`/admin/users/confirm?${query}`).expect(200)).text).toContain(
      'whom this matches: batch Ulm;',
    );
  });

  it('of many goes no further once somebody has stopped it', async () => {
    await aMailUser(pair, { batch: 'Stopped' });
    const { headers } = await send(agent, '/admin/users/new', '/admin/users/actions', {
      action: 'start',
      all: '1',
      batch: 'Stopped',
    }).expect(303);
    const page = headers['location'] ?? '';
    await send(agent, page, `${page}/stop`, {}).expect(303);
    const bulk = await BulkActions.findById(page.split('/').at(-1)).orFail().lean();
    expect(bulk.stopAsked?.by).toEqual({ kind: 'administrator', email: 'admin@contoso.example' });
    expect(await AuditLog.countDocuments({ action: 'bulkStopped', bulkId: bulk._id })).toBe(1);
    expect((await agent.get(page).expect(200)).text).toContain('It stops after the users it is at.');
  });

  it('of many that was broken off says so on its page and the list until somebody takes it up again or stops it', async () => {
    const broken = async () => {
      const { _id } = await BulkActions.create({
        _id: randomUUID(),
        action: 'pause',
        selection: { kind: 'filter', filter: { batch: 'Nobody' } },
        by: { kind: 'system' },
        createdAt: new Date(),
        total: 5000,
        done: 1200,
        finishedAt: new Date(),
        brokenOffAt: new Date(),
      });
      return `/admin/bulk/${_id}`;
    };
    const [first, second] = [await broken(), await broken()];
    const { text } = await agent.get(first).expect(200);
    expect(text).toContain('It was broken off after 1,200 of 5,000 users.');
    expect(text).toContain('nobody is told twice');
    expect(await shown(agent)).toContain('Pause: broken off after 1,200 of 5,000 users');
    await send(agent, first, `${first}/go-on`, {}).expect(303);
    await send(agent, first, `${first}/go-on`, {}).expect(303);
    const { status } = await app.temporal.workflow
      .getHandle(first.replace('/admin/bulk/', 'bulk-'))
      .describe();
    expect(status.name).toBe('RUNNING');
    expect((await agent.get(first).expect(200)).text).toContain('1,200 of 5,000 users done.');
    expect(await AuditLog.countDocuments({ action: 'bulkGoneOn' })).toBe(1);
    await send(agent, second, `${second}/stop`, {}).expect(303);
    expect((await agent.get(second).expect(200)).text).toContain('Stopped here by');
    expect(await shown(agent)).not.toContain('broken off');
  });
});
