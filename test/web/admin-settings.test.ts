import { Administrators } from '../../src/models/administrators';
import { AuditLog } from '../../src/models/audit-log';
import { administrator, send, startAdmin, type AdminApp, type Agent } from './admin-app';

let app: AdminApp;
let agent: Agent;
beforeAll(async () => {
  app = await startAdmin();
  agent = await app.signedIn();
});
afterAll(() => app.end());

const page = '/admin/settings';
const second = { email: 'Second@contoso.example', password: 'another long password' };
const signIn = (who: Agent, as: { email: string; password: string }) =>
  send(who, '/admin/sign-in', '/admin/sign-in', as);
const audited = async () =>
  (
    await AuditLog.find({ action: /administrator|password/ })
      .sort({ _id: 1 })
      .lean()
  ).map(({ action, subject }) => [action, subject]);

describe('the settings', () => {
  it('show what the environment says, and neither keys nor where the database is', async () => {
    const { text } = await agent.get(page).expect(200);
    expect(text).toMatch(/REPORT_LIFE[^]*?365 days/);
    expect(text).toMatch(/CREDENTIAL_LIFE[^]*?30 days/);
    expect(text).toContain('Contoso IT');
    expect(text).toMatch(/TEMPORAL_UI_URL[^]*?Not set/);
    const { MONGODB_URI, LINK_KEY_FILE, SESSION_SECRET_FILE } = app.config;
    for (const secret of [MONGODB_URI, LINK_KEY_FILE, SESSION_SECRET_FILE, administrator.password])
      expect(text).not.toContain(secret);
  });

  it('take another administrator, who signs in, and let him go, who is signed out at once', async () => {
    const short = send(agent, page, `${page}/administrators`, { ...second, password: 'short' });
    expect((await short.expect(422)).text).toContain('Choose a password of 12 or more characters.');
    await send(agent, page, `${page}/administrators`, second).expect(303);
    const again = { ...second, email: second.email.toLowerCase() };
    expect((await send(agent, page, `${page}/administrators`, again).expect(422)).text).toContain(
      'There is an administrator with this address already.',
    );
    const other = app.visitor();
    await signIn(other, second).expect(303);
    await other.get('/admin').expect(200);
    const { _id } = await Administrators.findOne({ emailKey: again.email }).orFail();
    const remove = `${page}/administrators/${_id.toHexString()}/remove`;
    await other.get(remove).expect(409);
    expect((await agent.get(remove).expect(200)).text).toContain('Second@contoso.example is signed out');
    await send(agent, page, remove, {}).expect(303);
    await other.get('/admin').expect(303).expect('location', '/admin/sign-in');
    await signIn(app.visitor(), second).expect(401);
    expect(await audited()).toEqual([
      ['administratorAdded', second.email],
      ['administratorRemoved', second.email],
    ]);
  });

  it('change one’s own password, for whoever knows it, and sign out everywhere else', async () => {
    const elsewhere = await app.signedIn();
    const change = (currentPassword: string) =>
      send(agent, page, `${page}/password`, { currentPassword, nextPassword: 'a new and long password' });
    const wrong = await change('not my password').expect(422);
    expect(wrong.text).toContain('This is not your password.');
    expect(wrong.text).not.toContain('a new and long password');
    await elsewhere.get('/admin').expect(200);
    await change(administrator.password).expect(303);
    await agent.get('/admin').expect(200);
    await elsewhere.get('/admin').expect(303);
    await signIn(app.visitor(), administrator).expect(401);
    await signIn(app.visitor(), { ...administrator, password: 'a new and long password' }).expect(303);
    expect((await audited()).at(-1)).toEqual(['passwordChanged', administrator.email]);
    expect(app.log()).not.toContain('a new and long password');
  });
});
