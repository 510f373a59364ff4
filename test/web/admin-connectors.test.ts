import { BulkActions } from '../../src/models/bulk-actions';
import { ConnectorChecks } from '../../src/models/connector-checks';
import { Connectors, type ConnectorDocument } from '../../src/models/connectors';
import { Credentials } from '../../src/models/credentials';
import {
  aConnector,
  aMailUser,
  send,
  sendFile,
  startAdmin,
  unusable,
  usable,
  type AdminApp,
  type Agent,
} from './admin-app';

let app: AdminApp;
let agent: Agent;
beforeAll(async () => {
  app = await startAdmin();
  agent = await app.signedIn();
});
afterAll(() => app.end());

const form = '/admin/sources/new?kind=exchange&name=Contoso';
const good = {
  name: 'Contoso',
  serverName: 'mail.contoso.example',
  serverVersion: 'Exchange2013',
  signInName: 'address',
  invitation: 'source',
  connectionsPerMailbox: '3',
  mailboxesAtOnce: '20',
};
const pem = (kind: string, body: string): string => `-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----`;

async function newestCheck(connector: ConnectorDocument) {
  return ConnectorChecks.findOne({ connectorId: connector._id.toHexString() }).sort({ askedAt: -1 }).lean();
}

describe('the start window', () => {
  const windowed = {
    ...good,
    name: 'Windowed',
    windowFrom: '19:00',
    windowTo: '06:00',
    windowDays: ['1', '5'],
    windowZone: 'Europe/Berlin',
  };

  it('is kept, shown in the list, told to migrations under way, and taken away again', async () => {
    const source = await aConnector('source', { name: 'Windowed' });
    await aMailUser({ source, target: await aConnector('target') }, { state: 'working' });
    const page = `/admin/sources/${source._id.toHexString()}`;
    const read = () => Connectors.findById(source._id).orFail().lean<ConnectorDocument>();
    await send(agent, page, page, windowed).expect(303);
    expect((await read()).startWindow).toEqual({
      from: '19:00',
      to: '06:00',
      days: [1, 5],
      timeZone: 'Europe/Berlin',
    });
    const { text } = await agent.get('/admin/sources').expect(200);
    expect(text).toContain('19:00 to 06:00, Mon and Fri (Europe/Berlin)');
    const told = {
      action: 'planChanged' as const,
      'selection.filter.sourceConnectorId': source._id.toHexString(),
    };
    expect(await BulkActions.countDocuments(told)).toBe(1);
    await send(agent, page, page, windowed).expect(303);
    expect(await BulkActions.countDocuments(told)).toBe(1);
    await send(agent, page, page, { ...windowed, windowFrom: '', windowTo: '' }).expect(303);
    expect((await read()).startWindow).toBeUndefined();
    expect(await BulkActions.countDocuments(told)).toBe(2);
  });

  it('is read from a form that may carry a file, and is refused where it never opens', async () => {
    const answer = await sendFile(agent, form, '/admin/sources', {
      ...good,
      name: 'Never open',
      windowFrom: '19:00',
      windowTo: '06:00',
      windowZone: 'Europe/Berlin',
    });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Tick at least one day.');
    expect(answer.text).toContain('value="19:00"');
  });
});

describe('a new source', () => {
  it('begins with kind and name, then has the form filled in for Office 365, which takes no typed password', async () => {
    const { text } = await agent.get(form).expect(200);
    expect(text).toContain('value="outlook.office365.com"');
    expect(text).toContain('Microsoft accepts no typed password here.');
    expect(text).toMatch(/<option value="Exchange2013" selected>/);
    expect(text).toMatch(/<option value="none" selected>/);
    expect(text).not.toContain('Impersonation');
  });

  it('needs a name', async () => {
    const { text } = await agent.get('/admin/sources/new?kind=exchange&name=').expect(422);
    expect(text).toContain('Enter a name.');
  });

  it('says what is wrong beside each field and keeps what was typed', async () => {
    const { text } = await send(agent, form, '/admin/sources', {
      ...good,
      serverName: 'http://mail.contoso.example',
      signInName: 'pattern',
      signInPattern: 'CONTOSO',
      webMailUrl: 'javascript:alert(1)',
      connectionsPerMailbox: '28',
      certificateAuthority: 'no certificate',
    }).expect(422);
    for (const field of [
      'serverName',
      'signInPattern',
      'webMailUrl',
      'connectionsPerMailbox',
      'certificateAuthority',
    ]) {
      expect(text).toContain(`href="#field-${field}"`);
      expect(text).toContain(`id="fault-${field}"`);
    }
    expect(text).toContain('5 fields need your attention.');
    expect(text).toContain('value="http://mail.contoso.example"');
    expect(await Connectors.countDocuments({ name: 'Contoso' })).toBe(0);
  });

  it('refuses a private key and a damaged certificate', async () => {
    for (const [text, why] of [
      [pem('PRIVATE KEY', 'MIIB'), 'This holds a private key.'],
      [pem('CERTIFICATE', 'MIIB'), 'This is no certificate in PEM form.'],
    ] as const) {
      const answer = await send(agent, form, '/admin/sources', {
        ...good,
        certificateAuthority: text,
      }).expect(422);
      expect(answer.text).toContain(why);
    }
  });

  it('is tested by itself when it is created', async () => {
    const answer = await send(agent, form, '/admin/sources', good).expect(303);
    const connector = await Connectors.findOne({ name: 'Contoso' }).orFail().lean<ConnectorDocument>();
    expect(answer.headers['location']).toBe(`/admin/sources/${connector._id.toHexString()}`);
    const check = await newestCheck(connector);
    const { type } = await app.temporal.workflow.getHandle(`check-connector-${check?._id}`).describe();
    expect(type).toBe('checkConnector');
    const page = await agent.get(`/admin/sources/${connector._id.toHexString()}`).expect(200);
    expect(page.text).toContain('Testing the connection…');
  });

  it('of a name that is there already is refused', async () => {
    await aConnector('source', { name: 'Twice' });
    const { text } = await send(agent, form, '/admin/sources', { ...good, name: 'Twice' }).expect(422);
    expect(text).toContain('There is another one of this name.');
  });
});

describe('Test connection', () => {
  const panel = (connector: ConnectorDocument) =>
    agent.get(`/admin/sources/${connector._id.toHexString()}/check`).set('hx-request', 'true').expect(200);

  it('shows each step with its remedy', async () => {
    const connector = await aConnector('source');
    const at = new Date();
    await ConnectorChecks.create({
      _id: `c-${connector._id.toHexString()}`,
      connectorId: connector._id.toHexString(),
      askedAt: at,
      begunAt: at,
      report: unusable,
    });
    const { text } = await panel(connector);
    expect(text).toContain('Not usable');
    expect(text).toContain('NTLM only');
    expect(text).toContain('BasicAuthentication $true');
    expect(text).not.toContain('hx-trigger');
  });

  it('says until when the server asked for a pause, and what was found before', async () => {
    const connector = await aConnector('source', { lastCheck: { at: new Date(), report: usable } });
    await ConnectorChecks.create({
      _id: `h-${connector._id.toHexString()}`,
      connectorId: connector._id.toHexString(),
      askedAt: new Date(),
      heldUntil: new Date('2031-05-06T07:08:00Z'),
    });
    const { text } = await panel(connector);
    expect(text).toContain('Not tested: the server asked for a pause until');
    expect(text).toContain('2031');
    expect(text).toContain('Usable');
    expect(text).not.toContain('hx-trigger');
  });

  it('says that no worker is running when none took it within 30 seconds', async () => {
    const connector = await aConnector('source');
    const askedAt = new Date(Date.now() - 31_000);
    await ConnectorChecks.create({
      _id: `w-${connector._id.toHexString()}`,
      connectorId: connector._id.toHexString(),
      askedAt,
    });
    expect((await panel(connector)).text).toContain('No worker is running');
  });

  it('with a mailbox seals the password for ten minutes and shows it nowhere', async () => {
    const connector = await aConnector('target', { lastCheck: { at: new Date(), report: usable } });
    const page = `/admin/targets/${connector._id.toHexString()}`;
    await send(agent, page, `${page}/check-mailbox`, {
      mailboxAddress: 'anna@fabrikam.example',
      mailboxUserName: '',
      mailboxPassword: 'hunter2-hunter2',
    }).expect(303);
    const check = await newestCheck(connector);
    const credential = await Credentials.findOne({ 'owner.id': check?._id }).orFail().lean();
    expect(credential.destroyAt.getTime() - credential.takenAt.getTime()).toBe(600_000);
    expect(JSON.stringify(credential)).not.toContain('hunter2');
    const handle = app.temporal.workflow.getHandle(`check-connector-${check?._id}`);
    const history = JSON.stringify(await handle.fetchHistory());
    expect(history).not.toContain(Buffer.from('hunter2-hunter2').toString('base64').slice(0, 12));
    expect(app.log()).not.toContain('hunter2');
  });

  it('with a mailbox that is no address starts nothing and does not show the password again', async () => {
    const connector = await aConnector('source');
    const page = `/admin/sources/${connector._id.toHexString()}`;
    const { text } = await send(agent, page, `${page}/check-mailbox`, {
      mailboxAddress: 'anna',
      mailboxPassword: 'hunter2-hunter2',
    }).expect(422);
    expect(text).toContain('Enter an e-mail address');
    expect(text).toContain('value="anna"');
    expect(text).not.toContain('hunter2');
    expect(await newestCheck(connector)).toBeNull();
  });
});

describe('a connector', () => {
  it('is edited, which raises its revision and takes away what was emptied', async () => {
    const connector = await aConnector('source', {
      shownName: 'Old mail',
      webMailUrl: 'https://owa.example/',
    });
    const page = `/admin/sources/${connector._id.toHexString()}`;
    await send(agent, page, page, {
      ...good,
      name: 'Edited',
      shownName: '',
      webMailUrl: '',
      invitation: 'both',
    }).expect(303);
    const edited = await Connectors.findById(connector._id).orFail().lean<ConnectorDocument>();
    expect(edited).toMatchObject({ name: 'Edited', revision: 2, signIn: { invitation: 'both' } });
    expect(edited.shownName).toBeUndefined();
    expect(edited.webMailUrl).toBeUndefined();
  });

  it('is deleted only when nobody has it', async () => {
    const pair = { source: await aConnector('source'), target: await aConnector('target') };
    await aMailUser(pair);
    const page = `/admin/sources/${pair.source._id.toHexString()}/delete`;
    expect((await agent.get(page).expect(200)).text).toContain('cannot be deleted');
    await send(agent, page, page, {}).expect(303);
    expect(await Connectors.exists({ _id: pair.source._id })).not.toBeNull();
    const unused = await aConnector('source');
    const other = `/admin/sources/${unused._id.toHexString()}/delete`;
    await send(agent, other, other, {}).expect(303);
    expect(await Connectors.exists({ _id: unused._id })).toBeNull();
  });

  it('of one side is not found on the other', async () => {
    const target = await aConnector('target');
    await agent.get(`/admin/sources/${target._id.toHexString()}`).expect(404);
  });
});
