import { setTimeout as pause } from 'node:timers/promises';
import mongoose from 'mongoose';
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

const cookiesOf = (...answers: Response[]): string =>
  answers
    .flatMap(({ headers }) => headers.getSetCookie())
    .map((cookie) => cookie.split(';')[0])
    .join('; ');

/** Updates of a collection wait so long from now on. */
function slowly(name: string, ms: number) {
  const { prototype } = mongoose.mongo.Collection;
  type UpdateOne = (this: unknown, ...args: unknown[]) => Promise<mongoose.mongo.UpdateResult>;
  const updateOne = Reflect.get(prototype, 'updateOne') as UpdateOne;
  return jest.spyOn(prototype, 'updateOne').mockImplementation(async function (
    this: typeof prototype,
    ...args
  ) {
    if (this.collectionName === name) await pause(ms);
    return updateOne.apply(this, args);
  });
}

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

  it('is known on the page that it leads to, however long the database takes to keep it', async () => {
    const slow = slowly('sessions', 500);
    try {
      const page = await fetch(`${app.url}/admin/sign-in`);
      const token = /name="_csrf" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
      const body = new URLSearchParams({ _csrf: token, ...administrator });
      // A browser goes on as soon as it has the head of an answer, as `fetch` does here.
      const follow = (path: string, init: RequestInit, ...before: Response[]) =>
        fetch(app.url + path, { redirect: 'manual', ...init, headers: { cookie: cookiesOf(...before) } });
      const sent = await follow('/admin/sign-in', { method: 'POST', body }, page);
      expect(sent.headers.get('location')).toBe('/admin');
      expect((await follow('/admin', {}, sent)).status).toBe(200);
    } finally {
      slow.mockRestore();
    }
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
