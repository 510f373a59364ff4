import { everything } from '../../src/domain/item-filter';
import { defaultBatchPlan, type BatchPlan } from '../../src/domain/batch-plan';
import { AuditLog } from '../../src/models/audit-log';
import { Batches, batchPlanOf } from '../../src/models/batches';
import { BulkActions } from '../../src/models/bulk-actions';
import { MailUsers } from '../../src/models/mail-users';
import { connectTemporal } from '../../src/temporal';
import { batchPath } from '../../src/web/admin/batch-path';
import {
  aConnector,
  aMailUser,
  aPair,
  send,
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

/** What the form sends where nothing is changed. */
const untouched = {
  revision: '0',
  cutOver: 'atOnce',
  delta: '0',
  kinds: ['mail', 'calendar', 'contacts', 'tasks', 'notes', 'other'],
  deletedItems: '1',
  junkEmail: '1',
  windowDays: ['1', '2', '3', '4', '5', '6', '7'],
  windowZone: 'Europe/Berlin',
};
const pathOf = batchPath;
const save = (name: string, fields: Record<string, string | string[]>) =>
  send(agent, pathOf(name), pathOf(name), { ...untouched, ...fields });

const plan: BatchPlan = {
  prestageOlderThan: '2026-10-01',
  deltaEveryMs: 24 * 3_600_000,
  cutOver: { kind: 'at', at: '2099-06-30T16:00:00.000Z' },
  filter: {
    fromDate: '2019-01-01',
    toDate: '2026-11-20',
    kinds: ['mail', 'calendar'],
    greatestSizeBytes: 25_500_000,
    onlyFolders: ['Inbox', 'Inbox/Projects & more'],
    leaveOutFolders: ['Inbox/Old'],
    timeZone: 'Europe/Berlin',
    deletedItems: false,
    junkEmail: true,
  },
  followDeletions: true,
  startWindow: { from: '19:00', to: '06:00', days: [1, 2, 5], timeZone: 'America/New_York' },
};
const fieldsOfPlan = {
  prestageOlderThan: '2026-10-01',
  delta: '24',
  cutOver: 'at',
  cutOverAt: '2099-06-30T18:00',
  fromDate: '2019-01-01',
  toDate: '2026-11-20',
  kinds: ['mail', 'calendar'],
  greatestSize: '25,5',
  folders: '/Inbox/\r\n\r\nInbox/Projects & more\ninbox',
  foldersLeftOut: 'Inbox/Old',
  deletedItems: '',
  followDeletions: '1',
  windowFrom: '19:00',
  windowTo: '6:00',
  windowDays: ['1', '2', '5'],
  windowZone: 'America/New_York',
};

describe('the form of a batch', () => {
  it('has the labels of a plan, and of a batch that nobody has edited the default', async () => {
    const { text } = await agent.get(pathOf('New')).expect(200);
    for (const label of [
      'Pre-stage items older than',
      'Delta pass',
      'Cut over',
      'Folders',
      'Item kinds',
      'From date',
      'To date',
      'Greatest size',
      'Follow deletions',
    ])
      expect(text).toMatch(new RegExp(`<(label|legend|span)[^>]*>${label}</`));
    expect(text).toMatch(/name="followDeletions" value="1"(?! checked)/);
    expect(await Batches.countDocuments({ _id: 'New' })).toBe(0);
  });

  it('is kept as the plan that was meant, and shows it again', async () => {
    await save('Berlin', fieldsOfPlan).expect(303);
    expect(await batchPlanOf('Berlin')).toEqual(plan);
    await save('Berlin', { ...fieldsOfPlan, revision: '1' }).expect(303);
    expect(await batchPlanOf('Berlin')).toEqual(plan);
    const { text } = await agent.get(pathOf('Berlin')).expect(200);
    for (const shown of ['value="2099-06-30T18:00"', 'value="25.5"', 'Inbox/Projects &amp; more'])
      expect(text).toContain(shown);
    expect(await AuditLog.countDocuments({ action: 'batchEdited', subject: 'Berlin' })).toBe(2);
  });

  it('untouched is the default', async () => {
    await save('Plain', {}).expect(303);
    expect(await batchPlanOf('Plain')).toEqual({ ...defaultBatchPlan, filter: everything });
  });

  const contradictions: [string, Record<string, string | string[]>, string][] = [
    ['from after to', { fromDate: '2026-02-01', toDate: '2026-01-31' }, 'toDate'],
    ['a cut-over that has passed', { cutOver: 'at', cutOverAt: '2020-01-01T10:00' }, 'cutOverAt'],
    ['a cut-over in an hour that clocks skip', { cutOver: 'at', cutOverAt: '2099-03-29T02:30' }, 'cutOverAt'],
    ['a cut-over without its time', { cutOver: 'at' }, 'cutOverAt'],
    ['a pre-stage before a cut-over at once', { prestageOlderThan: '2026-01-01' }, 'cutOver'],
    ['delta passes before a cut-over at once', { delta: '24' }, 'cutOver'],
    ['a pre-stage to come', { prestageOlderThan: '2099-01-01', cutOver: 'byHand' }, 'prestageOlderThan'],
    ['a window on no day', { windowFrom: '19:00', windowTo: '06:00', windowDays: [] }, 'windowDays'],
    ['half a window', { windowFrom: '19:00' }, 'windowTo'],
    ['no kind at all', { kinds: [] }, 'kinds'],
    ['folders that are all left out', { folders: 'A/B', foldersLeftOut: 'a' }, 'foldersLeftOut'],
    ['a day that is none', { fromDate: '2026-02-30' }, 'fromDate'],
    ['a size that is none', { greatestSize: '-1' }, 'greatestSize'],
    ['a zone that is none', { windowFrom: '1:00', windowTo: '2:00', windowZone: 'Mars' }, 'windowZone'],
  ];
  it.each(contradictions)('names %s, and keeps what was typed', async (_, fields, field) => {
    const { text } = await save('Faulty', { foldersLeftOut: 'Kept/as typed', ...fields }).expect(422);
    expect(text).toContain(`href="#field-${field}"`);
    expect(text).toContain(`id="field-${field}"`);
    if (!('foldersLeftOut' in fields)) expect(text).toContain('Kept/as typed');
    expect(await Batches.countDocuments({ _id: 'Faulty' })).toBe(0);
  });

  it('overwrites nothing where somebody else was faster', async () => {
    await save('Raced', { delta: '24', cutOver: 'byHand' }).expect(303);
    await save('Raced', {}).expect(409);
    expect((await batchPlanOf('Raced')).deltaEveryMs).toBe(24 * 3_600_000);
  });

  it('tells the migrations under way, and says how many they are', async () => {
    for (const state of ['working', 'scheduled', 'completed'] as const)
      await aMailUser(pair, { state, batch: 'Told' });
    expect((await agent.get(pathOf('Told')).expect(200)).text).toContain(
      '2 migrations that are under way follow the new plan.',
    );
    const { headers } = await save('Told', { junkEmail: '' }).expect(303);
    const bulk = await BulkActions.findOne({ action: 'planChanged' }).orFail().lean();
    expect(bulk.selection).toEqual({ kind: 'filter', filter: { batch: 'Told' } });
    expect(headers['location']).toBe(`/admin/bulk/${bulk._id}`);
    const { type } = await app.temporal.workflow.getHandle(`bulk-${bulk._id}`).describe();
    expect(type).toBe('bulkAction');
  });

  it('says where they cannot be told that they follow within the hour, and is kept', async () => {
    await aMailUser(pair, { state: 'upToDate', batch: 'Untold' });
    // Nothing listens on this port.
    const away = connectTemporal({ address: '127.0.0.1:1', namespace: 'default' }, 1000);
    const start = jest.spyOn(app.temporal.workflow, 'start');
    start.mockImplementation((...asked) => away.client.workflow.start(...asked));
    const { headers } = await save('Untold', { junkEmail: '' }).expect(303);
    start.mockRestore();
    await away.close();
    expect(headers['location']).toBe(pathOf('Untold'));
    expect((await agent.get(pathOf('Untold')).expect(200)).text).toContain('follows within the hour');
    expect((await batchPlanOf('Untold')).filter.junkEmail).toBe(false);
    expect(await BulkActions.countDocuments({ 'selection.filter.batch': 'Untold' })).toBe(0);
  });
});

describe('start windows that are never open together', () => {
  const evening = { windowFrom: '19:00', windowTo: '06:00' };
  const refusal = 'never open together: ';

  it('are refused where a batch, its connector or who is in it changes, and named', async () => {
    const source = await aConnector('source', {
      startWindow: { from: '08:00', to: '17:00', days: [1, 2, 3, 4, 5], timeZone: 'Europe/Berlin' },
    });
    const row = await aMailUser({ ...pair, source }, { batch: 'By day' });
    const answer = await save('By day', evening).expect(422);
    expect(answer.text).toContain(refusal);
    expect(answer.text).toContain(`${source.name} (08:00 to 17:00, Mon, Tue`);
    await save('By day', { windowFrom: '16:00', windowTo: '06:00' }).expect(303);
    await save('By night', evening).expect(303);
    const move = { ids: row._id.toHexString(), toBatch: 'By night' };
    expect((await send(agent, '/admin/users/new', '/admin/users/move', move).expect(422)).text).toContain(
      refusal,
    );
    const fields = {
      source: source._id.toHexString(),
      target: pair.target._id.toHexString(),
      SourceEmail: row.source.address,
      TargetEmail: row.target.address,
      BatchName: 'By night',
    };
    const edit = `/admin/users/${row._id.toHexString()}/edit`;
    expect((await send(agent, edit, edit, fields).expect(422)).text).toContain(refusal);
    const another = { ...fields, SourceEmail: 'another@contoso.example' };
    expect((await send(agent, edit, '/admin/users/new', another).expect(422)).text).toContain(refusal);
    expect(await MailUsers.countDocuments({ batch: 'By night' })).toBe(0);
  });
});

describe('Move to batch', () => {
  const move = (fields: Record<string, string | string[]>) =>
    send(agent, '/admin/users/new', '/admin/users/move', fields);

  it('moves who is ticked or all that the filter matches, says so in the audit log, and tells whose migration runs', async () => {
    const states = ['notStarted', 'working', 'failed'] as const;
    const rows = await Promise.all(states.map((state) => aMailUser(pair, { state, batch: 'Wave 1' })));
    const ids = rows.slice(0, 1).map(({ _id }) => _id.toHexString());
    await move({ ids, toBatch: 'Wave 2' }).expect(303);
    expect(await MailUsers.countDocuments({ batch: 'Wave 2' })).toBe(1);
    const asked = await agent.get('/admin/users/move?all=1&batch=Wave+1').expect(200);
    expect(asked.text).toContain('Which batch are 2 users to be in?');
    expect(asked.text).toContain('1 of them has a migration under way');
    const { headers } = await move({ all: '1', batch: 'Wave 1', toBatch: 'Wave 2' }).expect(303);
    expect(headers['location']).toBe('/admin/batches/Wave%202');
    expect(await MailUsers.countDocuments({ batch: 'Wave 2' })).toBe(3);
    const audited = await AuditLog.find({ action: 'movedToBatch' }).sort({ _id: 1 }).lean();
    expect(audited.map(({ subject }) => subject)).toEqual([
      '1 user to Wave 2',
      '2 users to Wave 2 (batch Wave 1)',
    ]);
    expect(
      await BulkActions.countDocuments({ action: 'planChanged', 'selection.filter.batch': 'Wave 2' }),
    ).toBe(1);
  });

  it('wants somebody to be ticked and a name', async () => {
    await agent.get('/admin/users/move').expect(303);
    const row = await aMailUser(pair);
    const answer = await move({ ids: row._id.toHexString(), toBatch: ' ' }).expect(422);
    expect(answer.text).toContain('Enter the name of a batch.');
  });
});

describe('the list of batches', () => {
  it('has those that rows name or somebody has edited, and Default', async () => {
    await aMailUser(pair, { state: 'working', batch: 'Named' });
    await save('Edited', { windowFrom: '19:00', windowTo: '06:00' }).expect(303);
    const { text } = await agent.get('/admin/batches').expect(200);
    for (const name of ['Default', 'Named', 'Edited'])
      expect(text).toContain(`<a href="/admin/batches/${name}">${name}</a>`);
    expect(text).toContain('19:00 to 06:00, every day (Europe/Berlin)');
    expect(text).toContain('href="/admin/users?batch&#x3D;Named&amp;state&#x3D;working"');
  });

  it('opens a batch of whatever name', async () => {
    for (const name of ['50 % / “A & B” #1?', '東京', 'a+b', '.', '..', '~Zg', '../users']) {
      const row = await aMailUser(pair, { batch: name });
      const { headers } = await agent
        .get(`/admin/batches?${new URLSearchParams({ name }).toString()}`)
        .expect(303);
      expect(headers['location']).toBe(pathOf(name));
      await save(name, { cutOver: 'byHand' }).expect(303);
      expect((await batchPlanOf(name)).cutOver).toEqual({ kind: 'byHand' });
      const list = await agent.get(`/admin/users?batch=${encodeURIComponent(name)}`).expect(200);
      expect(list.text).toContain(`row-${row._id.toHexString()}`);
      expect(list.text).toContain(`href="${pathOf(name)}"`);
    }
  });

  it('forgets a plan that nobody runs under', async () => {
    await save('Mistyped', {}).expect(303);
    await send(agent, pathOf('Mistyped'), `${pathOf('Mistyped')}/forget`, {}).expect(303);
    expect(await Batches.countDocuments({ _id: 'Mistyped' })).toBe(0);
    expect((await agent.get('/admin/batches').expect(200)).text).not.toContain('/Mistyped"');
  });
});
