import { noMailboxCounters } from '../../src/domain/migration';
import { Credentials } from '../../src/models/credentials';
import { releasedPairs } from '../../src/models/ledger-purge';
import { Pairs } from '../../src/models/ledger-store';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import {
  aMailUser,
  aPair,
  idOf,
  press,
  read,
  send,
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

describe('Create Single', () => {
  const fields = () => ({
    source: pair.source._id.toHexString(),
    target: pair.target._id.toHexString(),
    FirstName: 'Björn',
    SourceEmail: 'Bjorn@Contoso.example',
    TargetEmail: 'bjorn@fabrikam.example',
    BatchName: 'Berlin',
  });

  it('has the only connectors chosen already', async () => {
    const { text } = await agent.get('/admin/users/new').expect(200);
    expect(text).toContain(`<option value="${pair.source._id.toHexString()}" selected>`);
  });

  it('lists a mailbox once, however its address is written', async () => {
    await send(agent, '/admin/users/new', '/admin/users/new', fields()).expect(303);
    const twice = await send(agent, '/admin/users/new', '/admin/users/new', {
      ...fields(),
      SourceEmail: 'bjorn@contoso.EXAMPLE',
    }).expect(422);
    expect(twice.text).toContain('This source mailbox is in the list already.');
    const [row, ...more] = await MailUsers.find({ 'source.addressKey': 'bjorn@contoso.example' }).lean<
      MailUser[]
    >();
    expect(more).toEqual([]);
    expect(row).toMatchObject({
      firstName: 'Björn',
      batch: 'Berlin',
      source: { address: 'Bjorn@Contoso.example' },
    });
  });

  it('says what is missing and keeps what was typed', async () => {
    const { text } = await send(agent, '/admin/users/new', '/admin/users/new', {
      ...fields(),
      target: '',
      SourceEmail: 'anna',
      SourceRecipientType: 'SharedMailbox',
    }).expect(422);
    for (const field of ['target', 'SourceEmail', 'InvitationEmail', 'SourceUserName'])
      expect(text).toContain(`href="#field-${field}"`);
    expect(text).toContain('value="Björn"');
  });

  it('starts it at once with Create and start', async () => {
    const answer = await send(agent, '/admin/users/new', '/admin/users/new', {
      ...fields(),
      SourceEmail: 'started@contoso.example',
      then: 'start',
    }).expect(303);
    const id = answer.headers['location']?.split('/').at(-1);
    const { type } = await app.temporal.workflow.getHandle(`migration-${id}`).describe();
    expect(type).toBe('migrateMailbox');
  });
});

describe('a row', () => {
  it('keeps its mailboxes when items have been copied, and changes the rest', async () => {
    const counters = {
      epoch: 1,
      opening: 1,
      at: new Date(),
      activeFolders: [],
      ...noMailboxCounters,
      folders: 1,
      found: 1,
      copied: 1,
      remaining: 4,
    };
    const row = await aMailUser(pair, { state: 'working', counters });
    const page = `/admin/users/${idOf(row)}/edit`;
    expect((await agent.get(page).expect(200)).text).toContain('the mailboxes stay as they are');
    await send(agent, page, page, {
      FirstName: 'Renamed',
      SourceEmail: 'other@contoso.example',
      TargetEmail: 'other@fabrikam.example',
      BatchName: 'New',
    }).expect(303);
    const edited = await read(row);
    expect(edited).toMatchObject({ firstName: 'Renamed', batch: 'New' });
    expect(edited.source.address).toBe(row.source.address);
  });

  describe('with a password', () => {
    const password = (row: MailUser) =>
      Credentials.create({
        owner: { kind: 'mailUser', id: idOf(row) },
        side: 'source',
        sealed: 'x',
        takenAt: new Date(),
        destroyAt: new Date(Date.now() + 60_000),
      });
    const other = (row: MailUser) => ({
      FirstName: 'Renamed',
      source: row.source.connectorId.toHexString(),
      target: row.target.connectorId.toHexString(),
      SourceEmail: row.source.address,
      TargetEmail: `other-${row.target.address}`,
      BatchName: row.batch,
    });

    it('keeps its mailboxes while its migration runs, and says so', async () => {
      const row = await aMailUser(pair, { state: 'scheduled' });
      const page = `/admin/users/${idOf(row)}/edit`;
      await password(row);
      expect((await agent.get(page).expect(200)).text).toContain('stop the migration first');
      await send(agent, page, page, other(row)).expect(303);
      expect(await read(row)).toMatchObject({
        firstName: 'Renamed',
        target: { address: row.target.address },
      });
      expect((await agent.get(`/admin/users/${idOf(row)}`).expect(200)).text).toContain(
        'stop the migration first',
      );
    });

    it('gets other mailboxes after an end, and what was kept for Retry is destroyed', async () => {
      const row = await aMailUser(pair, { state: 'failed' });
      const page = `/admin/users/${idOf(row)}/edit`;
      await password(row);
      await send(agent, page, page, other(row)).expect(303);
      expect((await read(row)).target.address).toBe(`other-${row.target.address}`);
      expect(await Credentials.countDocuments({ 'owner.id': idOf(row) })).toBe(0);
    });

    it('gives up the ledger of its mailboxes when it gets others, so that it goes after its time', async () => {
      const row = await aMailUser(pair, { state: 'failed' });
      await Pairs.create({ _id: 'given up', fence: 1 });
      await MailUsers.updateOne({ _id: row._id }, { $set: { pairId: 'given up' } });
      const page = `/admin/users/${idOf(row)}/edit`;
      await send(agent, page, page, other(row)).expect(303);
      expect((await read(row)).pairId).toBeUndefined();
      expect(await releasedPairs(new Date(), 10)).toEqual(['given up']);
    });

    it('keeps it for Retry where its other mailbox is listed already', async () => {
      const [row, listed] = [await aMailUser(pair, { state: 'failed' }), await aMailUser(pair)];
      const page = `/admin/users/${idOf(row)}/edit`;
      await password(row);
      await send(agent, page, page, { ...other(row), SourceEmail: listed.source.address }).expect(422);
      expect(await Credentials.countDocuments({ 'owner.id': idOf(row) })).toBe(1);
    });
  });

  it('has its migration read the plan again where it is put into another batch', async () => {
    const row = await aMailUser(pair);
    await press(agent, 'start', row).expect(303);
    const page = `/admin/users/${idOf(row)}/edit`;
    const fields = {
      source: row.source.connectorId.toHexString(),
      target: row.target.connectorId.toHexString(),
      SourceEmail: row.source.address,
      TargetEmail: row.target.address,
    };
    await send(agent, page, page, { ...fields, BatchName: row.batch, FirstName: 'New' }).expect(303);
    expect(await signalsOf(app, row)).toEqual([]);
    await send(agent, page, page, { ...fields, BatchName: 'Friday' }).expect(303);
    expect(await signalsOf(app, row)).toEqual(['planChanged']);
  });
});
