import { randomUUID } from 'node:crypto';
import { noMailboxCounters } from '../../src/domain/migration';
import { AuditLog } from '../../src/models/audit-log';
import { BulkActions } from '../../src/models/bulk-actions';
import { Credentials } from '../../src/models/credentials';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import { Slots } from '../../src/models/slots';
import type { MigrateMailboxInput } from '../../workflows/messages';
import { aProjection } from './self-service-app';
import {
  aConnector,
  aMailUser,
  send,
  sendFile,
  startAdmin,
  unusable,
  type AdminApp,
  type Agent,
} from './admin-app';

let app: AdminApp;
let agent: Agent;
let pair: { source: Awaited<ReturnType<typeof aConnector>>; target: Awaited<ReturnType<typeof aConnector>> };
beforeAll(async () => {
  app = await startAdmin();
  agent = await app.signedIn();
  pair = { source: await aConnector('source'), target: await aConnector('target') };
});
afterAll(() => app.end());

const idOf = (row: MailUser): string => row._id.toHexString();
const read = (row: MailUser) => MailUsers.findById(row._id).orFail().lean<MailUser>();
const press = (action: string, ...rows: MailUser[]) =>
  send(agent, '/admin/users/new', '/admin/users/actions', { action, ids: rows.map(idOf) });
const shown = async () => (await agent.get('/admin/users').expect(200)).text;

async function historyOf(row: MailUser) {
  const { events } = await app.temporal.workflow.getHandle(`migration-${idOf(row)}`).fetchHistory();
  return events ?? [];
}
async function signalsOf(row: MailUser): Promise<string[]> {
  const names = (await historyOf(row)).map(
    (event) => event.workflowExecutionSignaledEventAttributes?.signalName,
  );
  return names.filter((name) => typeof name === 'string');
}
async function inputOf(row: MailUser): Promise<MigrateMailboxInput> {
  const [first] = await historyOf(row);
  const data = first?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
  return JSON.parse(Buffer.from(data ?? []).toString('utf8')) as MigrateMailboxInput;
}

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
    await press('start', row).expect(303);
    const { asked } = await read(row);
    expect(await inputOf(row)).toMatchObject({
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
    await press('start', row).expect(303);
    await agent.get('/admin/users');
    const before = await read(row);
    await press('start', row).expect(303);
    expect(await shown()).toContain('1 user was started already; nothing happens to it.');
    expect((await read(row)).asked).toEqual(before.asked);
  });

  it('takes its mark back where the workflow runs already', async () => {
    const row = await aMailUser(pair);
    await press('start', row).expect(303);
    await MailUsers.updateOne({ _id: row._id }, { $unset: { 'asked.startId': true } });
    await press('start', row).expect(303);
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
    await press('start', row).expect(303);
    expect(await shown()).toContain('Not started: the last test of Tailspin found no sign-in');
    expect((await read(row)).asked.startId).toBeUndefined();
    await expect(historyOf(row)).rejects.toThrow();
  });

  it('leaves alone who has moved, where he stands among many, and begins him again alone', async () => {
    const [moved, other] = [await aMailUser(pair, { state: 'completed' }), await aMailUser(pair)];
    await press('start', moved, other).expect(303);
    expect((await read(moved)).asked.startId).toBeUndefined();
    await press('start', moved).expect(303);
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
    expect(await shown()).toContain('Pause: broken off after 1,200 of 5,000 users');
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
    expect(await shown()).not.toContain('broken off');
  });
});

describe('the other buttons', () => {
  it('signal a running migration to stop and to send the invitation again', async () => {
    const row = await aMailUser(pair);
    await press('start', row).expect(303);
    await MailUsers.updateOne(
      { _id: row._id },
      { $set: { projection: aProjection({ handledStartId: (await read(row)).asked.startId ?? '' }) } },
    );
    await press('resend', row).expect(303);
    await press('stop', row).expect(303);
    expect(await signalsOf(row)).toEqual(['resendInvitation', 'stop']);
  });

  it('retry what failed', async () => {
    const row = await aMailUser(pair, { state: 'failed' });
    await press('retry', row).expect(303);
    expect(await inputOf(row)).toMatchObject({ reason: 'retry' });
    expect((await read(row)).asked.reason).toBe('retry');
  });

  it('begin anew to send the invitation of a link that expired', async () => {
    const row = await aMailUser(pair, { state: 'expired' });
    await press('resend', row).expect(303);
    expect(await inputOf(row)).toMatchObject({ reason: 'resend' });
  });

  it('delete a row with its credentials, but not one that runs', async () => {
    const [running, row] = [await aMailUser(pair), await aMailUser(pair, { state: 'stopped' })];
    await press('start', running).expect(303);
    await Credentials.create({
      owner: { kind: 'mailUser', id: idOf(row) },
      side: 'source',
      sealed: 'x',
      takenAt: new Date(),
      destroyAt: new Date(),
    });
    await press('delete', running, row).expect(303);
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
    expect(await shown()).toContain('Select at least one user first.');
  });
});

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
    expect(await signalsOf(row)).toEqual(['credential', 'credential']);
    expect(await inputOf(row)).toMatchObject({ reason: 'form' });
    const events = (await historyOf(row)).map((event) => JSON.stringify(event));
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
    await press('start', row).expect(303);
    const { startId } = (await read(row)).asked;
    await give({ side: 'source', password: 'magic-password', ids: [idOf(row)] }).expect(303);
    expect((await read(row)).asked.startId).toBe(startId);
    expect(await signalsOf(row)).toEqual(['credential']);
  });

  it('without a password asks for it and keeps the rest', async () => {
    const row = await aMailUser(pair);
    const { text } = await give({ side: 'target', password: '', ids: [idOf(row)] }).expect(422);
    expect(text).toContain('Enter the password.');
    expect(text).toMatch(/value="target"\s+checked/);
    expect(text).toContain(idOf(row));
  });
});

describe('a row', () => {
  it('shows the user link by a form, which is audited, and the link opens the user’s page', async () => {
    const row = await aMailUser(pair);
    await agent.get(`/admin/users/${idOf(row)}/link`).expect(404);
    const { headers } = await send(agent, '/admin/users/new', `/admin/users/${idOf(row)}/link`, {}).expect(
      303,
    );
    await app
      .visitor()
      .get(headers['location'] ?? '')
      .expect(200);
    expect(await AuditLog.countDocuments({ action: 'userLinkShown', mailUserId: idOf(row) })).toBe(1);
  });

  it('gives the whole link to copy', async () => {
    const row = await aMailUser(pair);
    const { text } = await send(agent, '/admin/users/new', `/admin/users/${idOf(row)}/copy-link`, {}).expect(
      200,
    );
    expect(text).toContain(`${app.config.PUBLIC_URL}/m/${idOf(row)}.administrator.1.`);
  });

  it('is downloaded with those of others, audited in one line and on each page', async () => {
    const rows = [
      await aMailUser(pair, { batch: 'Links', firstName: '=1+1' }),
      await aMailUser(pair, { batch: 'Links' }),
    ];
    const page = '/admin/users/links?all=1&batch=Links';
    expect((await agent.get(page).expect(200)).text).toContain(
      'Download the links of 2 users as a CSV file?',
    );
    const ids = rows.map(idOf);
    const selections: Record<string, string | string[]>[] = [{ all: '1', batch: 'Links' }, { ids }];
    for (const fields of selections) {
      const { text, headers } = await send(agent, page, '/admin/users/links.csv', fields).expect(200);
      expect(headers['content-disposition']).toContain('attachment');
      expect(headers['cache-control']).toBe('no-store');
      const [head, ...lines] = text.replace('\uFEFF', '').trim().split('\r\n');
      expect(head).toBe('FirstName,LastName,SourceEmail,TargetEmail,BatchName,UserLink');
      expect(lines).toHaveLength(2);
      expect(lines[0]).toMatch(/^'=1\+1,/);
      const links = lines.map((line) => line.split(',').at(-1) ?? '');
      expect(links.map((link) => link.split('.administrator')[0])).toEqual(
        ids.map((id) => `${app.config.PUBLIC_URL}/m/${id}`),
      );
      await agent.get(new URL(links[0] ?? '').pathname).expect(200);
    }
    const downloads = await AuditLog.find({ action: 'userLinksDownloaded' }).lean();
    expect(downloads.map(({ subject }) => subject)).toEqual(['2 users (batch Links)', '2 users']);
    expect(await AuditLog.countDocuments({ mailUserId: ids[0] ?? '', action: 'userLinkShown' })).toBe(2);
  });

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

  it('tells while it works which pass this is, and how fast and how long where that is steady', async () => {
    const now = Date.now();
    const at = (minutes: number) => new Date(now + minutes * 60_000);
    const counters = (minutes: number) => ({
      ...noMailboxCounters,
      epoch: 1,
      opening: 1,
      at: at(minutes - 3),
      activeFolders: [],
      folders: 4,
      found: 100 * minutes,
      foundBytes: 1_000_000 * minutes,
      copied: 100 * minutes,
      copiedBytes: 1_000_000 * minutes,
      remaining: 100 * (33 - minutes),
      remainingBytes: 1_000_000 * (33 - minutes),
    });
    const pass = { kind: 'delta', step: 'copying', sweep: 0 } as const;
    const row = await aMailUser(pair, {
      projection: aProjection({ state: 'working', pass }),
      counters: counters(0.1),
    });
    const page = async () => (await agent.get(`/admin/users/${idOf(row)}`).expect(200)).text;
    expect(await page()).toContain('Delta pass');
    expect(await page()).not.toContain('id="pace"');
    for (const minutes of [1, 2, 3]) {
      await MailUsers.updateOne({ _id: row._id }, { $set: { counters: counters(minutes) } });
      await page();
    }
    expect(/id="pace">(.*?)<\/p>/.exec(await page())?.[1]).toBe('1 MB a minute · about 30 minutes left');
  });

  it('tells who stopped it, who asked to wait, and whether the user knows that his sign-in is needed', async () => {
    const shownOf = async (change: Parameters<typeof aProjection>[0]) => {
      const row = await aMailUser(pair, { projection: aProjection(change) });
      return (await agent.get(`/admin/users/${idOf(row)}`).expect(200)).text;
    };
    const by = { kind: 'administrator', email: 'ruth@contoso.example' } as const;
    expect(await shownOf({ state: 'stopped', by })).toContain(
      'by ruth@contoso.example; what is already in the target stays.',
    );
    const busy = {
      code: 'ErrorServerBusy',
      remedy: 'wait',
      message: 'The source server asks to wait.',
    } as const;
    const timeline = [{ state: 'throttled' as const, at: new Date(), fault: busy }];
    expect(await shownOf({ state: 'throttled', timeline })).toContain(
      'The source server asks to wait. <code class="mp-code">ErrorServerBusy</code></p>',
    );
    const fault = { text: { code: 'HTTP 401', remedy: 'signInAgain' as const, message: 'It was refused.' } };
    const needed = (invitation: object) =>
      shownOf({
        state: 'signInNeeded',
        wanted: ['source'],
        fault,
        invitation: { choice: 'source', to: ['anna@contoso.example'], ...invitation },
      });
    const at = new Date();
    expect(await needed({ sentAt: at })).toContain('The user was told, at anna@contoso.example:');
    const refused = await needed({ refused: { at, answer: '550 no such user' } });
    // Below the state, and with the invitation's addresses.
    expect(refused.split('The mail was refused: 550 no such user')).toHaveLength(3);
    expect(await needed({ delayed: { at, answer: '451 later' } })).toContain(
      'does not take the mail just now: 451',
    );
  });

  it('tells who asked for a pass, and when each began, among its states', async () => {
    const at = (minute: number) => new Date(Date.UTC(2026, 10, 20, 10, minute));
    const row = await aMailUser(pair, {
      projection: aProjection({
        state: 'working',
        timeline: [
          { state: 'upToDate', at: at(1) },
          { state: 'working', at: at(3) },
        ],
        passes: [{ kind: 'delta', beganAt: at(4) }],
      }),
    });
    const by = { kind: 'administrator', email: 'ruth@contoso.example' } as const;
    const mailUserId = idOf(row);
    await AuditLog.create({ at: at(2), by, action: 'deltaAsked', subject: row.source.address, mailUserId });
    const { text } = await agent.get(`/admin/users/${mailUserId}`).expect(200);
    const lines = /id="timeline">.*?<\/ol>/s.exec(text)?.[0] ?? '';
    const order = [
      'Up to date',
      'Delta pass asked for',
      'ruth@contoso.example',
      'Working',
      'Begun: Delta pass',
    ];
    const places = order.map((word) => lines.indexOf(word));
    expect(places).not.toContain(-1);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
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
    await press('start', row).expect(303);
    const page = `/admin/users/${idOf(row)}/edit`;
    const fields = {
      source: row.source.connectorId.toHexString(),
      target: row.target.connectorId.toHexString(),
      SourceEmail: row.source.address,
      TargetEmail: row.target.address,
    };
    await send(agent, page, page, { ...fields, BatchName: row.batch, FirstName: 'New' }).expect(303);
    expect(await signalsOf(row)).toEqual([]);
    await send(agent, page, page, { ...fields, BatchName: 'Friday' }).expect(303);
    expect(await signalsOf(row)).toEqual(['planChanged']);
  });

  it('is told with its time line, its last refusal and its remedy', async () => {
    const at = new Date('2026-11-20T10:00:00Z');
    const text = {
      code: 'HTTP 401',
      remedy: 'checkNameAndPassword',
      message: 'The server refused this name and password.',
    } as const;
    const projection = aProjection({
      timeline: [
        { state: 'starting', at, by: { kind: 'administrator', email: 'admin@contoso.example' } },
        { state: 'emailSent', at },
      ],
      refusal: { side: 'source', at, outcome: 'refused', text },
    });
    const row = await aMailUser(pair, { projection });
    const page = await agent.get(`/admin/users/${idOf(row)}`).expect(200);
    const line = page.text.slice(page.text.indexOf('id="timeline"'));
    expect(line.indexOf('Starting')).toBeLessThan(line.indexOf('Email Sent'));
    expect(line).toContain('datetime="2026-11-20T10:00:00.000Z"');
    expect(page.text).toContain('The server refused this name and password.');
    expect(page.text).toContain('signing in once at the web mail');
  });
});

describe('an invitation', () => {
  const sent = () =>
    aProjection({ invitation: { choice: 'source', to: ['anna@contoso.example'], sentAt: new Date(1000) } });

  it('that came back is marked by hand, told in the list, and forgotten when another one goes out', async () => {
    const row = await aMailUser(pair, { projection: sent() });
    const page = `/admin/users/${idOf(row)}`;
    const list = async () => (await agent.get(`/admin/users?q=${row.source.address}`).expect(200)).text;
    await send(agent, page, `${page}/undelivered`, {}).expect(303);
    expect(await list()).toContain('marked as undelivered by admin@contoso.example');
    expect((await agent.get('/admin').expect(200)).text).toContain(`href="${page}"`);
    await MailUsers.updateOne({ _id: row._id }, { $set: { 'projection.invitation.sentAt': new Date() } });
    expect(await list()).not.toContain('marked as undelivered');
    await send(agent, page, `${page}/undelivered`, {}).expect(303);
    await send(agent, page, `${page}/undelivered`, { undo: '1' }).expect(303);
    expect(await list()).not.toContain('marked as undelivered');
    expect(await AuditLog.countDocuments({ mailUserId: idOf(row) })).toBe(3);
  });

  it('tells in the list when its reminder is due, and asks for a person once it stays silent after the last one', async () => {
    const invitation = { choice: 'source' as const, to: ['anna@contoso.example'], sentAt: new Date(1000) };
    const reminderDueAt = new Date('2027-01-04T09:00:00.000Z');
    const row = await aMailUser(pair, {
      projection: aProjection({ invitation: { ...invitation, reminderDueAt } }),
    });
    const list = async () => (await agent.get(`/admin/users?q=${row.source.address}`).expect(200)).text;
    const overview = async () => (await agent.get('/admin').expect(200)).text;
    const link = `href="/admin/users/${idOf(row)}"`;
    expect(await list()).toMatch(/next reminder\s+<time datetime="2027-01-04T09:00:00\.000Z"/);
    expect(await overview()).not.toContain(link);
    const remindedAt = new Date('2026-11-20T09:00:00.000Z');
    await MailUsers.updateOne(
      { _id: row._id },
      { $set: { 'projection.invitation': { ...invitation, remindedAt } } },
    );
    expect(await list()).toMatch(/last reminded\s+<time datetime="2026-11-20T09:00:00\.000Z"/);
    expect(await overview()).toContain(link);
  });

  it('is sent again with a new link, and the old link says that it was replaced', async () => {
    const row = await aMailUser(pair);
    await press('start', row).expect(303);
    const startId = (await read(row)).asked.startId ?? '';
    await MailUsers.updateOne(
      { _id: row._id },
      { $set: { projection: { ...sent(), handledStartId: startId } } },
    );
    const page = `/admin/users/${idOf(row)}`;
    const link = app.path(row);
    await app.visitor().get(link).expect(200);
    expect((await agent.get(`${page}/replace-link`).expect(200)).text).toContain('stops working at once');
    await send(agent, page, `${page}/replace-link`, {}).expect(303);
    const { text } = await app.visitor().get(link).expect(410);
    expect(text).toContain('newer');
    await app
      .visitor()
      .get(app.path(await read(row)))
      .expect(200);
    expect(await signalsOf(row)).toEqual(['resendInvitation']);
    expect(await AuditLog.countDocuments({ mailUserId: idOf(row), action: 'linkReplaced' })).toBe(1);
  });
});

describe('the list', () => {
  it('says why somebody is scheduled: his start window, or his place among those of the same connectors', async () => {
    const other = { source: await aConnector('source'), target: pair.target };
    const slot = (row: MailUser, since: number) => ({
      _id: idOf(row),
      ticket: 't',
      epoch: 1,
      batch: 'Queue',
      sourceConnectorId: row.source.connectorId.toHexString(),
      targetConnectorId: row.target.connectorId.toHexString(),
      since: new Date(since),
      seenAt: new Date(),
    });
    const [first, second, elsewhere] = [
      await aMailUser(pair, { state: 'scheduled', batch: 'Queue' }),
      await aMailUser(pair, { state: 'scheduled', batch: 'Queue' }),
      await aMailUser(other, { state: 'scheduled', batch: 'Queue' }),
    ];
    await Slots.create([slot(first, 1), slot(elsewhere, 2), slot(second, 3)]);
    const until = new Date('2099-01-01T18:00:00Z');
    const waitsFor = { kind: 'startWindow', until } as const;
    await aMailUser(pair, { projection: aProjection({ state: 'scheduled', waitsFor }), batch: 'Queue' });
    const { text } = await agent.get('/admin/users?batch=Queue').expect(200);
    const rowOf = (row: MailUser) => text.slice(text.indexOf(`id="row-${idOf(row)}"`)).split('</tr>')[0];
    expect(rowOf(first)).toContain('Next in the queue');
    expect(rowOf(second)).toContain('Place 2 in the queue');
    expect(rowOf(elsewhere)).toContain('Next in the queue');
    expect(text).toContain('Its start window opens <time datetime="2099-01-01T18:00:00.000Z"');
  });

  it('is paged by key, forth and back, and its filters are in the address', async () => {
    const page = { source: await aConnector('source'), target: pair.target };
    const rows = await Promise.all(Array.from({ length: 120 }, () => aMailUser(page, { batch: 'Paged' })));
    const first = await agent.get('/admin/users?batch=Paged').expect(200);
    expect(first.text).toContain('120 users');
    const ids = (text: string) => [...text.matchAll(/id="row-([0-9a-f]{24})"/g)].map(([, id]) => id);
    const link = (text: string, rel: string) =>
      new RegExp(`href="([^"]+)" rel="${rel}"`)
        .exec(text)?.[1]
        ?.replaceAll('&amp;', '&')
        .replaceAll('&#x3D;', '=') ?? '';
    const second = await agent.get(link(first.text, 'next')).expect(200);
    const third = await agent.get(link(second.text, 'next')).expect(200);
    const all = [...ids(first.text), ...ids(second.text), ...ids(third.text)];
    expect(new Set(all)).toEqual(new Set(rows.map(idOf)));
    expect(all).toHaveLength(120);
    expect(ids((await agent.get(link(second.text, 'prev')).expect(200)).text)).toEqual(ids(first.text));
  });

  it('finds by part of an address or a name, and takes nothing typed as a pattern', async () => {
    const row = await aMailUser(pair, { lastName: 'Zyx(w' });
    expect((await agent.get('/admin/users?q=ZYX(W').expect(200)).text).toContain(`row-${idOf(row)}`);
    expect((await agent.get('/admin/users?q=.*').expect(200)).text).toContain('Nobody matches this filter');
  });

  it('understands no filter, place or order that it did not make, and stays whole', async () => {
    await agent
      .get('/admin/users?state=nonsense&source=1&after=nonsense&order=sideways&batch[]=x')
      .expect(200);
  });
});
