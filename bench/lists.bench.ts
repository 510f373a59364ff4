import type { Types } from 'mongoose';
import { noMailboxCounters, type MigrationState } from '../src/domain/migration';
import { MailUsers } from '../src/models/mail-users';
import { Slots } from '../src/models/slots';
import { aConnector, startAdmin, type AdminApp, type Agent } from '../test/web/admin-app';
import { aProjection } from '../test/web/self-service-app';

/** `ROWS=100000 npm run bench:lists`: how long each page takes over a list of so many mail users, with 20 batches and 4 connectors. */
const rows = Number(process.env.ROWS ?? '100000');
const batches = 20;
const mostMs = 1_000;
const tries = 3;

/** How the list is made up; the rest is **Not started**. */
const shares: Partial<Record<MigrationState, number>> = {
  emailSent: 0.15,
  scheduled: 0.1,
  working: 0.01,
  upToDate: 0.14,
  signInNeeded: 0.01,
  paused: 0.02,
  completed: 0.3,
  completedWithIssues: 0.05,
  failed: 0.02,
};
const ended = new Set<MigrationState>(['completed', 'completedWithIssues', 'failed']);
const states = Object.entries(shares).flatMap(([state, share]) =>
  new Array<MigrationState>(Math.round(share * 100)).fill(state as MigrationState),
);

describe(`pages over ${rows} mail users`, () => {
  let app: AdminApp;
  let agent: Agent;
  let pairs: { source: Types.ObjectId; target: Types.ObjectId }[];
  const measured: { page: string; ms: number }[] = [];

  beforeAll(async () => {
    app = await startAdmin();
    agent = await app.signedIn();
    const connectors = await Promise.all(
      (['source', 'target', 'source', 'target'] as const).map((side) => aConnector(side)),
    );
    const [source, target, otherSource, otherTarget] = connectors.map(({ _id }) => _id);
    pairs = [
      { source: source!, target: target! },
      { source: otherSource!, target: otherTarget! },
    ];
    await MailUsers.init();
    for (let from = 0; from < rows; from += 1_000)
      await MailUsers.collection.insertMany(
        Array.from({ length: Math.min(1_000, rows - from) }, (_, n) => rowOf(from + n)),
      );
    await Slots.collection.insertMany(
      (await MailUsers.find({ 'projection.state': 'scheduled' }, { source: 1, target: 1 }).lean()).map(
        ({ _id, source: from, target: to }) =>
          ({
            ...{ _id: _id.toHexString(), ticket: 'one', epoch: 1 },
            sourceConnectorId: from.connectorId.toHexString(),
            targetConnectorId: to.connectorId.toHexString(),
            ...{ since: new Date(), seenAt: new Date() },
          }) as never,
      ),
    );
  }, 900_000);
  afterAll(async () => {
    await app?.end();
    const table = measured.map(({ page, ms }) => `${String(Math.round(ms)).padStart(6)} ms  ${page}`);
    process.stdout.write(`\n${table.join('\n')}\n`);
  }, 120_000);

  function rowOf(n: number): object {
    const pair = pairs[n % 10 === 0 ? 1 : 0]!;
    const state = states[(n * 37) % 100];
    const local = `user${String(n).padStart(6, '0')}`;
    const mailbox = (connectorId: Types.ObjectId, domain: string) => ({
      ...{ connectorId, address: `${local}@${domain}`, addressKey: `${local}@${domain}` },
      recipientType: 'Standard',
    });
    const since = new Date(Date.UTC(2026, 10, 1) + n * 1000);
    const refused = state === 'emailSent' && n % 200 === 0;
    const invitation = { choice: 'source' as const, to: [`${local}@contoso.example`], sentAt: since };
    return {
      ...{ firstName: 'Ada', lastName: `Lovelace ${n}`, linkGeneration: 1, createdAt: since },
      source: mailbox(pair.source, 'contoso.example'),
      target: mailbox(pair.target, 'fabrikam.example'),
      batch: `Batch ${String((n % batches) + 1).padStart(2, '0')}`,
      asked: { credentialIds: [] },
      ...(state === undefined
        ? {}
        : {
            projection: aProjection({
              ...{ state, since, invitation },
              ...(refused
                ? { invitation: { ...invitation, refused: { at: since, answer: '550 no such user' } } }
                : {}),
              ...(ended.has(state) ? { endedAt: since } : {}),
              timeline: (['starting', 'emailSent', state] as const).map((each) => ({
                state: each,
                at: since,
              })),
            }),
          }),
      ...(state === undefined || ['emailSent', 'scheduled'].includes(state)
        ? {}
        : {
            pairId: `pair ${n}`,
            counters: {
              ...noMailboxCounters,
              ...{ epoch: 1, opening: 1, at: since, activeFolders: [] },
              ...{
                folders: 40,
                foldersDone: 40,
                found: 5_000,
                copied: 5_000,
                copiedBytes: 1e9,
                foundBytes: 1e9,
              },
              ...(state === 'completedWithIssues' ? { copied: 4_998, failed: 2 } : {}),
            },
          }),
    };
  }

  /** The middle one of a few, each as for somebody who opens the page: nothing is told from a moment before. */
  async function timeOf(page: string): Promise<number> {
    const times: number[] = [];
    for (let n = 0; n < tries; n += 1) {
      const began = performance.now();
      await agent.get(page).expect(200);
      times.push(performance.now() - began);
    }
    const ms = times.sort((a, b) => a - b)[Math.floor(tries / 2)] ?? NaN;
    measured.push({ page, ms });
    return ms;
  }

  const list = '/admin/users';
  const pages = (): string[] => {
    const connector = pairs[0]!.source.toHexString();
    const other = pairs[1]!.target.toHexString();
    return [
      list,
      ...[
        'notStarted',
        'emailSent',
        'scheduled',
        'working',
        'completed',
        'failed',
        'starting',
        'expired',
      ].map((state) => `${list}?state=${state}`),
      `${list}?batch=Batch+07`,
      `${list}?source=${connector}`,
      `${list}?target=${other}`,
      `${list}?order=newest`,
      `${list}?order=newest&state=completed`,
      `${list}?state=failed&batch=Batch+07&source=${connector}`,
      `${list}?state=completed&target=${other}&order=newest`,
      ...['user0', 'user099999@', 'lovelace 5', 'nobody at all'].map(
        (q) => `${list}?q=${encodeURIComponent(q)}`,
      ),
      `${list}?q=user0999&state=completed&batch=Batch+07`,
      `${list}/confirm?action=pause&all=1`,
      `${list}/confirm?action=start&all=1&batch=Batch+07`,
      `${list}/move?all=1&state=failed`,
      '/admin',
      '/admin/batches',
      '/admin/batches/Batch%2007',
      '/admin/batches/Batch%2007/report',
      '/admin/sources',
      '/admin/audit',
    ];
  };

  it(`answers each within ${mostMs} ms`, async () => {
    const slow: string[] = [];
    for (const page of pages()) if ((await timeOf(page)) > mostMs) slow.push(page);
    expect(slow).toEqual([]);
  }, 300_000);

  it('goes on to the next pages at the same cost, from the beginning and from the middle', async () => {
    const next = async (from: string): Promise<string> => {
      const { text } = await agent.get(from).expect(200);
      return (/href="([^"]+)" rel="next"/.exec(text)?.[1] ?? '')
        .replaceAll('&amp;', '&')
        .replaceAll('&#x3D;', '=');
    };
    let page = list;
    for (let n = 0; n < 5; n += 1) page = await next(page);
    expect(await timeOf(page)).toBeLessThan(mostMs);
    const middle = await MailUsers.findOne({
      'source.addressKey': `user${String(rows / 2).padStart(6, '0')}@contoso.example`,
    }).orFail();
    const place = `${middle._id.toHexString()}${middle.source.addressKey}`;
    for (const way of ['after', 'before'])
      expect(await timeOf(`${list}?${way}=${encodeURIComponent(place)}`)).toBeLessThan(mostMs);
    expect(await timeOf(`${list}?state=completed&after=${encodeURIComponent(place)}`)).toBeLessThan(mostMs);
  }, 120_000);

  it('writes a batch of a twentieth as CSV, and as JSON', async () => {
    for (const form of ['csv', 'json']) await timeOf(`/admin/batches/Batch%2007/report.${form}`);
  }, 120_000);
});
