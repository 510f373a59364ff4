import { AuditLog } from '../../src/models/audit-log';
import { MailUsers } from '../../src/models/mail-users';
import { aProjection } from './self-service-app';
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
    await press(agent, 'start', row).expect(303);
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
    expect(await signalsOf(app, row)).toEqual(['resendInvitation']);
    expect(await AuditLog.countDocuments({ mailUserId: idOf(row), action: 'linkReplaced' })).toBe(1);
  });
});
