import request from 'supertest';
import { AuditLog } from '../../src/models/audit-log';
import { Connectors } from '../../src/models/connectors';
import { Credentials } from '../../src/models/credentials';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import { noteRefusal } from '../../src/models/sign-in-refusals';
import { signals } from '../../workflows/messages';
import { migrationId } from '../../workflows/names';
import { startSelfService, type SelfServiceApp } from './self-service-app';

const secret = 'Hunter2 & "co"';

describe('the user’s pages', () => {
  let app: SelfServiceApp;
  beforeAll(async () => {
    app = await startSelfService();
  });
  afterAll(() => app.end());

  const get = (path: string) => request(app.url).get(path);
  /** Opens the page and sends its form as a browser would. */
  const send = async (row: MailUser, fields: Record<string, string>) => {
    const browser = request.agent(app.url);
    const page = await browser.get(app.path(row));
    const token = /name="_csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    return browser
      .post(app.path(row))
      .type('form')
      .send({ _csrf: token, ...fields });
  };
  const credentialsOf = (row: MailUser) => Credentials.find({ 'owner.id': row._id.toHexString() }).lean();

  describe('a link', () => {
    it('opens the form, with both addresses in full, who asks, the code of the mail and whom to ask', async () => {
      const row = await app.addMailUser();
      const page = await get(app.path(row)).expect(200);
      for (const words of [
        '<h1>Move your mailbox</h1>',
        row.source.address,
        row.target.address,
        'Contoso IT',
        'help@contoso.example',
        'Password of your old mailbox',
        'Password of your new mailbox',
        'My sign-in name is different',
        'Use the same password for both',
        'Nobody will ask you for a password by mail or by telephone.',
      ])
        expect(page.text).toContain(words);
      expect(page.text).toMatch(/Code of this page <strong>[2-9A-Z]{3}-[2-9A-Z]{3}<\/strong>/);
    });

    it.each([
      ['de-CH, en;q=0.8', undefined, 'de', 'Ihr Postfach umziehen'],
      ['de-CH, en;q=0.8', 'fr', 'fr', 'Transférer votre boîte aux lettres'],
      ['tlh, es-AR;q=0.5', undefined, 'es', 'Trasladar su buzón'],
      ['tlh', undefined, 'en', 'Move your mailbox'],
    ])(
      'speaks to a browser that asks for %s, on a row of %s, in %s',
      async (asked, ofRow, language, title) => {
        const row = await app.addMailUser(ofRow === undefined ? {} : { language: ofRow });
        const page = await get(app.path(row)).set('Accept-Language', asked).expect(200);
        expect(page.text).toContain(`<html lang="${language}">`);
        expect(page.text).toContain(`<h1>${title}</h1>`);
      },
    );

    it('names no code of a mail where an administrator opens it and no mail was sent', async () => {
      const row = await app.addMailUser();
      const page = await get(app.path(row, { purpose: 'administrator' })).expect(200);
      expect(page.text).not.toContain('Code of this page');
    });

    it('is kept from other pages, caches and search engines, and from the log', async () => {
      const row = await app.addMailUser();
      const page = await get(app.path(row));
      expect(page.headers).toMatchObject({
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'x-robots-tag': expect.stringContaining('noindex'),
      });
      expect(page.headers['content-security-policy']).toContain("default-src 'self'");
      expect(app.log()).toContain('/m/:token');
      expect(app.log()).not.toContain(row._id.toHexString());
    });

    it('changes nothing by being opened', async () => {
      const row = await app.addMailUser();
      for (const path of ['', '/live', '?not-used']) await get(app.path(row) + path);
      expect(await MailUsers.findById(row._id).lean()).toEqual(row);
      expect(await credentialsOf(row)).toEqual([]);
      expect(await AuditLog.countDocuments({ mailUserId: row._id.toHexString() })).toBe(0);
    });

    it('gets one answer, slowly, whatever is wrong with it', async () => {
      const row = await app.addMailUser();
      const gone = await app.addMailUser();
      const orphan = await app.addMailUser();
      await MailUsers.deleteOne({ _id: gone._id });
      await Connectors.deleteOne({ _id: orphan.source.connectorId });
      const good = app.path(row);
      const begun = performance.now();
      const answers = await Promise.all(
        [
          '/m/x',
          '/m/%E0%A4%A',
          `${good}x`,
          good.slice(0, -1),
          good.replace('.invitation.', '.administrator.'),
          good.replace('.1.', '.2.'),
          app.path(row, { generation: 2 }),
          app.path(gone),
          app.path(orphan),
          `${good.slice(0, -4)}/live`,
        ].map((path) => get(path)),
      );
      expect(performance.now() - begun).toBeGreaterThan(600);
      const [first] = answers.filter(({ status }) => status === 404);
      expect(first?.text).toContain('This link does not work');
      for (const answer of answers.filter(({ status }) => status !== 400)) {
        expect(answer.status).toBe(404);
        expect(answer.text).toBe(first?.text);
      }
      expect(answers.filter(({ status }) => status === 400).length).toBeLessThanOrEqual(1);
    });

    it('says so when a newer one took its place, and tells nothing of the mailbox', async () => {
      const row = await app.addMailUser({ linkGeneration: 2 });
      const page = await get(app.path(row, { generation: 1 })).expect(410);
      expect(page.text).toContain('There is a newer link');
      expect(page.text).not.toContain(row.source.address);
    });
  });

  describe('the form', () => {
    it('starts a move that nobody has started: sealed credentials, a workflow with its signal, and the page goes on', async () => {
      const row = await app.addMailUser();
      const answer = await send(row, { sourcePassword: secret, targetPassword: ' spaces stay ' });
      expect(answer.status).toBe(303);
      expect(answer.headers['location']).toBe(app.path(row));

      const kept = await credentialsOf(row);
      expect(kept.map(({ side }) => side).sort()).toEqual(['source', 'target']);
      expect(JSON.stringify(kept)).not.toContain('Hunter2');
      const history = await app.temporal.workflow
        .getHandle(migrationId(row._id.toHexString()))
        .fetchHistory();
      const signalled = history.events?.filter(
        ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === signals.credential,
      );
      expect(signalled).toHaveLength(2);
      expect(JSON.stringify(history)).not.toContain('Hunter2');
      expect((await get(app.path(row))).text).toContain('<h1>Checking sign-in</h1>');
      expect(await AuditLog.findOne({ mailUserId: row._id.toHexString() }).lean()).toMatchObject({
        by: { kind: 'user' },
        action: 'credentialsGiven',
        subject: row.source.address,
        through: 'invitation',
      });
      expect(app.log()).not.toContain('Hunter2');
    });

    it('says what is missing beside each field and on top, keeps the names and never gives a password back', async () => {
      const row = await app.addMailUser();
      const answer = await send(row, { sourcePassword: secret, sourceUserName: 'CONTOSO\\anna' });
      expect(answer.status).toBe(422);
      expect(answer.text).toContain('href="#field-targetPassword"');
      expect(answer.text).toContain('Type the password of your new mailbox.');
      expect(answer.text).not.toContain('href="#field-sourcePassword"');
      expect(answer.text).toContain('value="CONTOSO\\anna"');
      expect(answer.text).toMatch(/<details class="mps-other-name" open>/);
      expect(answer.text).not.toContain('Hunter2');
      expect(await credentialsOf(row)).toEqual([]);
    });

    it('takes one password for both where that is ticked', async () => {
      const row = await app.addMailUser();
      await send(row, { sourcePassword: secret, same: 'on' }).then(({ status }) => expect(status).toBe(303));
      expect(await credentialsOf(row)).toHaveLength(2);
    });

    it('asks for the name where the connector wants it asked, and refuses one that cannot be', async () => {
      const signIn = { kind: 'selfMigration', signInName: { kind: 'ask' }, invitation: 'none' } as const;
      const row = await app.addMailUser({ connectors: { source: { signIn } } });
      const passwords = { sourcePassword: secret, targetPassword: secret };
      expect((await get(app.path(row))).text).not.toMatch(/<details[^>]*>[^]*name="sourceUserName"/);
      expect((await send(row, passwords)).text).toContain(
        'Type the name you sign in with at your old mailbox.',
      );
      expect((await send(row, { ...passwords, sourceUserName: 'a\u0007b' })).status).toBe(422);
      expect((await send(row, { ...passwords, sourceUserName: 'a'.repeat(321) })).status).toBe(422);
      expect(
        (await send(row, { ...passwords, sourcePassword: 'a'.repeat(1025), sourceUserName: 'anna' })).status,
      ).toBe(422);
      expect((await send(row, { ...passwords, sourceUserName: 'anna' })).status).toBe(303);
    });

    it('names the mailboxes as the administrator did', async () => {
      const row = await app.addMailUser({
        connectors: { source: { shownName: 'Contoso Mail' }, target: { shownName: '<Fabrikam>' } },
      });
      const { text } = await get(app.path(row));
      expect(text).toContain('Password of Contoso Mail');
      expect(text).toContain('Password of &lt;Fabrikam&gt;');
    });

    it('says how long it takes: in general, and after ten finished moves what most of them took', async () => {
      const row = await app.addMailUser();
      expect((await get(app.path(row))).text).toContain(
        'It takes minutes to a day, by the size of the mailbox.',
      );
      const { source, target } = await app.addMailUser();
      const at = (minutes: number) => new Date(Date.parse('2026-03-14T12:00:00Z') + minutes * 60_000);
      for (let minutes = 1; minutes <= 12; minutes++) {
        const timeline = [
          { state: 'working' as const, at: at(-500) },
          { state: 'starting' as const, at: at(-10) },
          { state: 'working' as const, at: at(0) },
        ];
        const mover = await app.addMailUser({
          projection: { state: 'completed', endedAt: at(minutes), timeline },
        });
        const pair = { 'source.connectorId': source.connectorId, 'target.connectorId': target.connectorId };
        await MailUsers.updateOne({ _id: mover._id }, { $set: pair });
      }
      const next = await app.addMailUser();
      await MailUsers.updateOne(
        { _id: next._id },
        { $set: { 'source.connectorId': source.connectorId, 'target.connectorId': target.connectorId } },
      );
      expect((await get(app.path(next))).text).toContain(
        'Most moves like yours took 4 minutes to 9 minutes;',
      );
    });

    it('does not ask again for a side that has let the user in', async () => {
      const row = await app.addMailUser({ projection: { signedIn: ['source'], wanted: ['target'] } });
      const { text } = await get(app.path(row));
      expect(text).toContain('Your old mailbox has let you in');
      expect(text).not.toContain('name="sourcePassword"');
      expect(text).not.toContain('Use the same password for both');
    });

    it('tells a bare 401 as what it is, with the way to the web mail', async () => {
      const text = { code: 'HTTP 401', remedy: 'checkNameAndPassword', message: 'refused' } as const;
      const row = await app.addMailUser({
        connectors: { source: { webMailUrl: 'https://mail.contoso.example/owa' } },
        projection: { refusals: [{ side: 'source', at: new Date(), text, outcome: 'refused' }] },
      });
      const page = (await get(app.path(row))).text.replaceAll(/\s+/g, ' ');
      expect(page).toContain(
        'The server refused this name and password. It does not say why: mistyped, expired, to be changed first, or locked. ' +
          'Sign in once at <a href="https://mail.contoso.example/owa" target="_blank" rel="noopener noreferrer">web mail</a>, then try again here.',
      );
    });

    it('opens no web mail address that is not one', async () => {
      const row = await app.addMailUser({
        connectors: { target: { webMailUrl: 'javascript:alert(1)' } },
        projection: { state: 'completed' },
      });
      expect((await get(app.path(row))).text).not.toContain('javascript:');
    });

    it('is not there while a mailbox has refused too often', async () => {
      const row = await app.addMailUser({ projection: {} });
      const mailbox = { connectorId: row.target.connectorId.toString(), addressKey: row.target.addressKey };
      for (let tries = 0; tries < 3; tries++) await noteRefusal(mailbox, new Date());
      const page = await get(app.path(row));
      expect(page.text).toContain('Please wait a little');
      expect(page.text).not.toContain('type="password"');
      await request(app.url).post(app.path(row)).type('form').send({ targetPassword: secret }).expect(403);
      expect(await credentialsOf(row)).toEqual([]);
    });

    it('keeps nothing of a password that is no longer wanted, and says so', async () => {
      const row = await app.addMailUser();
      const browser = request.agent(app.url);
      const token = /name="_csrf" value="([^"]+)"/.exec((await browser.get(app.path(row))).text)?.[1] ?? '';
      await MailUsers.updateOne({ _id: row._id }, { $set: { projection: { ...aDone } } });
      const answer = await browser
        .post(app.path(row))
        .type('form')
        .send({ _csrf: token, sourcePassword: secret });
      expect(answer.headers['location']).toBe(`${app.path(row)}?not-used`);
      expect((await browser.get(`${app.path(row)}?not-used`)).text).toContain('was not used and not kept');
      expect(await credentialsOf(row)).toEqual([]);
    });

    it('is refused when it was not opened here, or over plain http from elsewhere', async () => {
      const row = await app.addMailUser();
      const fields = { sourcePassword: secret, targetPassword: secret };
      const forged = await request(app.url)
        .post(app.path(row))
        .type('form')
        .send({ ...fields, _csrf: 'forged' });
      expect(forged.status).toBe(403);
      const elsewhere = await get(app.path(row)).set('Host', 'move.contoso.example').expect(200);
      expect(elsewhere.text).toContain('This connection is not encrypted');
      expect(elsewhere.text).not.toContain('type="password"');
      const plain = await request(app.url)
        .post(app.path(row))
        .set('Host', 'move.contoso.example')
        .type('form')
        .send(fields);
      expect(plain.status).toBe(403);
      for (const { text } of [forged, plain]) {
        expect(text).not.toContain('Hunter2');
        expect(text).not.toMatch(/at .*\.[jt]s:\d+/);
      }
      expect(await credentialsOf(row)).toEqual([]);
    });
  });

  describe('the live part', () => {
    const markIn = (text: string) => /\/live\?seen=([^"&]+)"/.exec(text)?.[1] ?? '';

    it('is empty while nothing has changed', async () => {
      const row = await app.addMailUser({ projection: { state: 'scheduled' } });
      const seen = markIn((await get(app.path(row))).text);
      await get(`${app.path(row)}/live?seen=${seen}`).expect(204);
    });

    it('brings new figures without the rest of the page, and says each tenth aloud', async () => {
      const row = await app.addMailUser({
        projection: { state: 'working', pass: { kind: 'full', step: 'copying', sweep: 0 } },
        counters: someCounters,
      });
      let seen = markIn((await get(app.path(row))).text);
      const move = async (foundBytes: number) => {
        const moved = { 'counters.foundBytes': foundBytes, 'counters.remainingBytes': 1000 - foundBytes };
        await MailUsers.updateOne({ _id: row._id }, { $set: moved });
        const { text } = await get(`${app.path(row)}/live?seen=${seen}`).expect(200);
        seen = markIn(text);
        return text;
      };
      const small = await move(120);
      expect(small).toContain('12 percent done');
      expect(small).not.toContain('<html');
      expect(small).not.toContain('hx-swap-oob');
      expect(await move(210)).toContain('hx-swap-oob="innerHTML:#announcer"');
    });

    it('asks for the whole page where another view stands there now', async () => {
      const row = await app.addMailUser({ projection: { state: 'scheduled' } });
      const seen = markIn((await get(app.path(row))).text);
      await MailUsers.updateOne({ _id: row._id }, { $set: { projection: aDone } });
      const answer = await get(`${app.path(row)}/live?seen=${seen}`);
      expect(answer.headers['hx-refresh']).toBe('true');
      expect(answer.text).toBe('');
    });

    it('takes any mark for an old one', async () => {
      const row = await app.addMailUser({ projection: { state: 'scheduled' } });
      for (const seen of ['', '?seen=%00', '?seen[]=1', '?seen=' + 'x'.repeat(5000)])
        await get(`${app.path(row)}/live${seen}`).expect(200);
    });
  });

  it('lets nobody try many wrong links, and keeps nobody from a right one', async () => {
    const statuses: number[] = [];
    for (let round = 0; round < 4; round++)
      statuses.push(
        ...(await Promise.all(Array.from({ length: 10 }, () => get('/m/wrong')))).map(({ status }) => status),
      );
    expect(statuses).toContain(429);
    const row = await app.addMailUser();
    expect((await get(app.path(row))).status).toBe(200);
  });
});

const someCounters = {
  epoch: 1,
  opening: 1,
  at: new Date(),
  activeFolders: ['inbox'],
  folders: 10,
  foldersDone: 1,
  found: 10,
  foundBytes: 110,
  copied: 10,
  copiedBytes: 110,
  alreadyThere: 0,
  filtered: 0,
  skipped: 0,
  failed: 0,
  remaining: 90,
  remainingBytes: 890,
};
const aDone = {
  epoch: 1,
  revision: 9,
  runId: 'run',
  state: 'completed',
  since: new Date(),
  handledCredentialIds: [],
  signedIn: [],
  wanted: [],
  timeline: [],
};
