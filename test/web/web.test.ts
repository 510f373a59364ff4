import { assetPath } from '../../src/web/assets';
import { send, startAdmin, type AdminApp } from './admin-app';

let app: AdminApp;
beforeAll(async () => {
  app = await startAdmin();
});
afterAll(() => app.end());

describe('every answer', () => {
  it('allows nothing but our own files', async () => {
    const { headers } = await app.visitor().get('/admin/sign-in').expect(200);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/unsafe|data:|https?:|\*/);
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['x-powered-by']).toBeUndefined();
  });

  it('names only our own addresses on pages and in style sheets', async () => {
    const agent = await app.signedIn();
    const { text } = await agent.get('/admin').expect(200);
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(text).not.toMatch(/<[^>]+\s(style|on\w+)=/);
    const sheet = await agent.get(assetPath('tabler.css')).expect(200);
    expect(sheet.text).not.toMatch(/url\(["']?(data:|https?:)/);
    const picture = /url\((tabler\/\w+\.svg)\)/.exec(sheet.text)?.[1] ?? '';
    await agent.get(assetPath(picture)).expect(200).expect('content-type', /svg/);
  });

  it('has an id that the log has too, and the log has the route and not the address', async () => {
    const lineOf = (headers: Record<string, string>) =>
      app
        .log()
        .split('\n')
        .find((each) => each.includes(String(headers['x-request-id'])));
    const agent = await app.signedIn();
    const page = await agent.get('/admin/sources/new?name=');
    expect(lineOf(page.headers)).toContain('"route":"/admin/sources/new"');
    const token = '65f0c0ffee65f0c0ffee65f0.invitation.1.secretsecretsecret';
    const link = await app.visitor().get(`/m/${token}`);
    expect(lineOf(link.headers)).toContain('"status":404');
    expect(app.log()).not.toContain('secretsecret');
  });
});

describe('a form', () => {
  it('that was not opened here changes nothing', async () => {
    const agent = await app.signedIn();
    const forged = await agent
      .post('/admin/sources')
      .type('form')
      .send({ name: 'Forged', serverName: 'evil.example' })
      .expect(403);
    expect(forged.text).toContain('This form is too old');
    await agent.post('/admin/sources').field('_csrf', 'guessed').field('name', 'Forged').expect(403);
    expect((await agent.get('/admin/sources')).text).not.toContain('Forged');
  });

  it('over plain http is refused, except on the machine itself', async () => {
    const answer = await app
      .visitor()
      .post('/admin/sign-in')
      .set('host', 'mailporter.contoso.example')
      .type('form')
      .send({ password: 'x' })
      .expect(403);
    expect(answer.text).toContain('not encrypted');
  });

  it('that is too large is refused with a page', async () => {
    const agent = await app.signedIn();
    const answer = await send(agent, '/admin', '/admin/users/new', { FirstName: 'x'.repeat(100_000) }).expect(
      413,
    );
    expect(answer.text).toContain('Too much at once');
  });

  it('with a broken body is refused with a page', async () => {
    const agent = await app.signedIn();
    const answer = await agent
      .post('/admin/users/import')
      .set('content-type', 'multipart/form-data; boundary=x')
      .send('not a form at all');
    expect([400, 403]).toContain(answer.status);
    expect(answer.text).not.toMatch(/at .*\.(ts|js):\d+/);
  });
});

describe('an address that leads nowhere', () => {
  it.each([
    '/nothing',
    '/admin/users/not-an-id',
    '/admin/users/65f0c0ffee65f0c0ffee65f0',
    '/admin/sources/1',
    '/admin/bulk/x',
    '/admin/users/import/x',
  ])('%s is a page that says so', async (path) => {
    const agent = await app.signedIn();
    const { text } = await agent.get(path).expect(404);
    expect(text).toContain('There is nothing here');
    expect(text).not.toMatch(/at .*\.(ts|js):\d+/);
  });
});
