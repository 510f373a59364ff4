import { AuditLog } from '../../src/models/audit-log';
import { BulkActions } from '../../src/models/bulk-actions';
import { Credentials } from '../../src/models/credentials';
import type { MailUser } from '../../src/models/mail-users';
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
  sendFile,
  signalsOf,
  startAdmin,
  type AdminApp,
  type Agent,
  type Pair,
} from './admin-app';
import { aProjection } from './self-service-app';

let app: AdminApp;
let agent: Agent;
let pair: Pair;
beforeAll(async () => {
  app = await startAdmin();
  agent = await app.signedIn();
  pair = await aPair();
});
afterAll(() => app.end());

/** Connectors that send no mail to users. */
async function silentPair(): Promise<Pair> {
  const { signIn } = pair.source;
  const source = await aConnector('source', { signIn: { ...signIn, invitation: 'none' } });
  return { ...pair, source };
}

describe('Give credentials', () => {
  const give = (fields: Record<string, string | string[]>) =>
    send(agent, '/admin/users/new', '/admin/users/credentials', { action: 'giveCredentials', ...fields });
  const expectNoSecret = (text: string) => {
    for (const secret of ['magic-password', Buffer.from('magic-password').toString('base64')])
      expect(text).not.toContain(secret);
  };

  it('seals one password for both sides of a user and starts him', async () => {
    const row = await aMailUser(pair);
    await give({ side: 'both', password: 'magic-password', ids: idOf(row) }).expect(303);
    const sealed = await Credentials.find({ 'owner.id': idOf(row) }).lean();
    expect(sealed.map(({ side }) => side).sort()).toEqual(['source', 'target']);
    expect((await read(row)).asked.credentialIds.sort()).toEqual(
      sealed.map(({ _id }) => _id.toHexString()).sort(),
    );
    expect(await signalsOf(app, row)).toEqual(['credential', 'credential']);
    expect(await inputOf(app, row)).toMatchObject({ reason: 'form' });
    const events = (await historyOf(app, row)).map((event) => JSON.stringify(event));
    expectNoSecret(JSON.stringify([sealed, await read(row), events]));
    expect(await AuditLog.countDocuments({ mailUserId: idOf(row), action: 'credentialsGiven' })).toBe(1);
  });

  it('of several seals for each and has a workflow sign in one after the other; none is told before', async () => {
    const rows = [await aMailUser(pair), await aMailUser(pair)];
    const answer = await give({ side: 'both', password: 'magic-password', ids: rows.map(idOf) }).expect(303);
    const page = answer.headers['location'] ?? '';
    const bulkId = page.split('/').at(-1) ?? '';
    const { type } = await app.temporal.workflow.getHandle(`bulk-${bulkId}`).describe();
    expect(type).toBe('giveCredentials');
    const sealed = await Credentials.find({ 'owner.id': bulkId }).lean();
    expect(sealed.map(({ mailUserId, side }) => `${mailUserId} ${side}`).sort()).toEqual(
      rows.flatMap((row) => [`${idOf(row)} source`, `${idOf(row)} target`]).sort(),
    );
    for (const row of rows) expect((await read(row)).asked).toEqual({ credentialIds: [] });
    const bulk = await BulkActions.findById(bulkId).orFail().lean();
    const { events } = await app.temporal.workflow.getHandle(`bulk-${bulkId}`).fetchHistory();
    expectNoSecret(JSON.stringify([sealed, bulk, events?.map((event) => JSON.stringify(event))]));
    await BulkActions.updateOne(
      { _id: bulkId },
      {
        $set: {
          finishedAt: new Date(),
          total: 9,
          refused: 3,
          refusedInRow: ['a', 'b', 'c'].map((name) => ({
            mailUserId: name,
            address: `${name}@contoso.example`,
          })),
        },
      },
    );
    expect((await agent.get(page).expect(200)).text).toContain(
      'three refused sign-ins in a row: a@contoso.example, b@contoso.example, and c@contoso.example.',
    );
  });

  it('takes a list with a password for each of the selection, and tells faulty lines by their numbers alone', async () => {
    const rows = [
      await aMailUser(pair, { batch: 'List' }),
      await aMailUser(pair, { batch: 'List' }),
      await aMailUser(pair, { batch: 'List' }),
    ];
    const [first, second] = rows as [MailUser, MailUser, MailUser];
    const head = 'SourceEmail;SourcePassword;TargetPassword';
    const fields = { action: 'giveCredentials', all: '1', batch: 'List' };
    const upload = (lines: string[]) =>
      sendFile(agent, '/admin/users/new', '/admin/users/credentials', fields, {
        name: 'secret.csv',
        field: 'file',
        content: Buffer.from([head, ...lines].join('\r\n'), 'utf8'),
      });
    for (const [lines, words] of [
      [
        [`${first.source.address};magic-password;`, 'nobody@contoso.example;magic-password;'],
        'who is selected: 3.',
      ],
      [[`${first.source.address};;`, `${second.source.address};magic-password;;x`], 'too many cells: 2, 3.'],
    ] as const) {
      const { status, text } = await upload([...lines]);
      expect(status).toBe(422);
      expect(text).toContain(words);
      expectNoSecret(text);
    }
    const { headers } = await upload([
      `${first.source.address};magic-password ;`,
      `${second.source.address.toUpperCase()};"magic;password";magic-password`,
    ]);
    const bulkId = headers['location']?.split('/').at(-1) ?? '';
    const sealed = await Credentials.find({ 'owner.id': bulkId }).lean();
    expect(sealed.map(({ mailUserId, side }) => `${mailUserId} ${side}`).sort()).toEqual(
      [`${idOf(first)} source`, `${idOf(second)} source`, `${idOf(second)} target`].sort(),
    );
    expectNoSecret(app.log());
  });

  it('uses the start that was asked for where no worker has taken it yet', async () => {
    const row = await aMailUser(pair);
    await press(agent, 'start', row).expect(303);
    const { startId } = (await read(row)).asked;
    await give({ side: 'source', password: 'magic-password', ids: [idOf(row)] }).expect(303);
    expect((await read(row)).asked.startId).toBe(startId);
    expect(await signalsOf(app, row)).toEqual(['credential']);
  });

  it('says who gets a mail that asks for the other password, before and after', async () => {
    const kept = { credentialsDestroyAt: new Date(Date.now() + 3_600_000) };
    const row = await aMailUser(pair, { state: 'stopped' });
    const one = await aMailUser(pair, {
      projection: aProjection({ state: 'failed', signedIn: ['target'], ...kept }),
    });
    const rows = [row, one, await aMailUser(pair), await aMailUser(await silentPair(), { state: 'stopped' })];
    const query = rows.map((each) => `ids=${idOf(each)}`).join('&');
    const { text } = await agent.get(`/admin/users/confirm?action=giveCredentials&${query}`).expect(200);
    const said = (side: string) => new RegExp(`id="hint-side-${side}">([^<]*)`).exec(text)?.[1];
    expect(said('source')).toBe('1 user gets an invitation by mail, which asks for the other password.');
    expect(said('target')).toBe('2 users get an invitation by mail, which asks for the other password.');
    expect(said('both')).toBe('Nobody gets a mail for it.');
    await give({ side: 'source', password: 'magic-password', ids: idOf(row) }).expect(303);
    expect(await shown(agent)).toContain(`An invitation goes by mail to ${row.source.address}:`);
    await give({ side: 'source', password: 'magic-password', ids: idOf(one) }).expect(303);
    expect(await shown(agent)).not.toContain('An invitation goes by mail');
  });

  it('without a password asks for it and keeps the rest', async () => {
    const row = await aMailUser(pair);
    const { text } = await give({ side: 'target', password: '', ids: [idOf(row)] }).expect(422);
    expect(text).toContain('Enter the password.');
    expect(text).toMatch(/value="target"\s+checked/);
    expect(text).toContain(idOf(row));
  });
});
