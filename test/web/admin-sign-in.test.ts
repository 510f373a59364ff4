import { Administrators } from '../../src/models/administrators';
import { AuditLog } from '../../src/models/audit-log';
import { createLogger } from '../../src/log';
import { ensureFirstAdministrator } from '../../src/web/admin/first-administrator';
import { administrator, send, startAdmin, tokenOf, type AdminApp } from './admin-app';

let app: AdminApp;
beforeAll(async () => {
  app = await startAdmin();
});
afterAll(() => app.end());

describe('signing in to the administrator’s pages', () => {
  it('shows nothing before it, and comes back to the page that was wanted', async () => {
    const visitor = app.visitor();
    await visitor.get('/admin/users?state=failed').expect(303).expect('location', '/admin/sign-in');
    const answer = await send(visitor, '/admin/sign-in', '/admin/sign-in', administrator).expect(303);
    expect(answer.headers['location']).toBe('/admin/users?state=failed');
    await visitor.get('/admin').expect(200);
  });

  it('says the same to a wrong password and to an unknown name, and keeps what was typed but not the password', async () => {
    const wrong = await send(app.visitor(), '/admin/sign-in', '/admin/sign-in', {
      email: administrator.email,
      password: 'not this one',
    }).expect(401);
    const unknown = await send(app.visitor(), '/admin/sign-in', '/admin/sign-in', {
      email: 'nobody@contoso.example',
      password: 'not this one',
    }).expect(401);
    expect(wrong.text).toContain('This e-mail and password do not belong together.');
    expect(unknown.text).toContain('This e-mail and password do not belong together.');
    expect(wrong.text).toContain(`value="${administrator.email}"`);
    expect(wrong.text).not.toContain('not this one');
    expect(app.log()).not.toContain('not this one');
    // A name that nobody has may be a password in the wrong field, and is kept nowhere.
    const noted = await AuditLog.find({ action: 'signInRefused' }).lean();
    expect(noted.map(({ subject }) => subject)).toEqual([administrator.email]);
  });

  it('gives a new session, so that one planted before is worth nothing', async () => {
    const visitor = app.visitor();
    const planted = (await visitor.get('/admin/users')).headers['set-cookie']?.[0];
    const cookie = /mailporter=[^;]+/.exec(String(planted))?.[0] ?? '';
    expect(cookie).not.toBe('');
    await send(visitor, '/admin/sign-in', '/admin/sign-in', administrator).expect(303);
    await app.visitor().get('/admin').set('cookie', cookie).expect(303).expect('location', '/admin/sign-in');
  });

  it('is written to the audit log', async () => {
    await app.signedIn();
    const entry = await AuditLog.findOne({ action: 'signedIn' }).lean();
    expect(entry?.by).toEqual({ kind: 'administrator', email: administrator.email });
  });

  it('ends with Sign out, which is a form like any other', async () => {
    const agent = await app.signedIn();
    await agent.post('/admin/sign-out').type('form').send({}).expect(403);
    await send(agent, '/admin', '/admin/sign-out', {}).expect(303);
    await agent.get('/admin').expect(303);
  });

  it('is no longer possible after many refusals from one address, for a while', async () => {
    const visitor = app.visitor();
    const token = await tokenOf(visitor, '/admin/sign-in');
    const guess = () =>
      visitor.post('/admin/sign-in').type('form').send({ _csrf: token, email: 'x@y.example', password: 'z' });
    const statuses: number[] = [];
    for (let n = 0; n < 12; n += 1) statuses.push((await guess()).status);
    expect(statuses.at(-1)).toBe(429);
    expect((await guess()).text).toContain('Too many tries');
  });
});

describe('the first administrator', () => {
  it('is made once by a link in the log, where the environment names nobody', async () => {
    await Administrators.deleteMany({});
    const lines: string[] = [];
    const log = createLogger('web', 'info', { write: (line: string) => void lines.push(line) });
    await ensureFirstAdministrator({ PUBLIC_URL: app.url }, log);
    const link = /(\/admin\/set-up\/[\w-]+)/.exec(lines.join(''))?.[1] ?? '';
    const visitor = app.visitor();
    const chosen = { email: 'first@contoso.example', password: 'a password of length' };
    const short = await send(visitor, link, link, { ...chosen, password: 'short' }).expect(422);
    expect(short.text).toContain('Choose a password of 12 or more characters.');
    await send(visitor, link, link, chosen).expect(303);
    await visitor.get('/admin').expect(200);
    await app.visitor().get(link).expect(404);
    expect(await Administrators.countDocuments()).toBe(1);
    await ensureFirstAdministrator(
      { PUBLIC_URL: app.url, ADMIN_EMAIL: 'b@c.example', ADMIN_PASSWORD: 'x'.repeat(12) },
      log,
    );
    expect(await Administrators.countDocuments()).toBe(1);
  });

  it('is made by no other link', async () => {
    await Administrators.deleteMany({});
    await app.visitor().get('/admin/set-up/guessed').expect(404);
  });
});
