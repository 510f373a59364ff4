import { noMailboxCounters } from '../../src/domain/migration';
import { AuditLog } from '../../src/models/audit-log';
import { MailUsers } from '../../src/models/mail-users';
import { aProjection } from './self-service-app';
import { aMailUser, aPair, idOf, startAdmin, type AdminApp, type Agent, type Pair } from './admin-app';

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
