import { noCounters } from '../../src/domain/item-counts';
import { noMailboxCounters } from '../../src/domain/migration';
import { noFindings } from '../../src/engine/verify-findings';
import { MailUsers } from '../../src/models/mail-users';
import { foldersOfCopy, notePair } from '../../src/models/copy-report';
import { MongoLedgerStore } from '../../src/models/ledger-store';
import { purgeReports } from '../../src/models/report-retention';
import type { EntryOutcome, LedgerEntry } from '../../src/engine/ledger';
import { AuditLog } from '../../src/models/audit-log';
import { aConnector, aMailUser, send, startAdmin, type AdminApp } from './admin-app';
import { aProjection } from './self-service-app';

let app: AdminApp;
beforeAll(async () => {
  app = await startAdmin();
});
afterAll(() => app.end());

const entry = (sourceKey: string, outcome: EntryOutcome): LedgerEntry =>
  ({
    sourceKey,
    itemId: sourceKey,
    changeKey: '1',
    itemClass: 'IPM.Note',
    sizeBytes: 99_000_000,
    date: '2026-01-02T03:04:05Z',
    outcome,
  }) as LedgerEntry;
const failed = {
  kind: 'failed',
  reason: {
    code: 'ErrorMessageSizeExceeded',
    remedy: 'raiseRequestLimit',
    message: 'The target takes nothing as large.',
  },
} as const;

/** A finished row whose ledger has one folder: two copied, one left out, one failed. */
async function aReport(pairId: string, batch = 'Default') {
  const pair = { source: await aConnector('source'), target: await aConnector('target') };
  const counters = {
    ...noCounters,
    found: 4,
    foundBytes: 4,
    copied: 2,
    copiedBytes: 2,
    filtered: 1,
    failed: 1,
  };
  const user = await aMailUser(pair, { state: 'completedWithIssues', batch });
  const id = user._id.toHexString();
  const opening = { epoch: 1, opening: 1, at: new Date(), activeFolders: [] };
  const all = { ...noMailboxCounters, ...counters, ...opening, folders: 1, foldersDone: 1 };
  await MailUsers.updateOne({ _id: user._id }, { $set: { counters: all, batch } });
  const ledger = new MongoLedgerStore();
  const folder = { pairId, folderKey: 'inbox' };
  const plan = { folderClass: 'IPF.Note', itemCount: 4, gone: false, position: 0, name: '=Inbox, old' };
  await ledger.takeFolder(folder, 1, plan);
  const watermark = { source: 's', filter: '' };
  await ledger.writeFolder(folder, { fence: 1, writes: 1 }, { counters, watermark });
  const verified = { at: '2026-11-23T12:00:00.000Z', targetCount: 7, findings: noFindings(), named: [] };
  await ledger.noteVerified(folder, 1, { verified });
  const parcel = { ...folder, adopted: false };
  await ledger.append({ ...parcel, parcelId: `${pairId}a`, seq: 1, entries: [entry('large', failed)] });
  await ledger.append({ ...parcel, parcelId: `${pairId}b`, seq: 2, entries: [entry('large', failed)] });
  await notePair(id, pairId, new Date());
  return { id, agent: await app.signedIn() };
}

describe('a source mailbox that was replaced', () => {
  it('is gone on with when an administrator says that it is the right one, and only that one', async () => {
    const pair = { source: await aConnector('source'), target: await aConnector('target') };
    const text = {
      code: 'SourceReplaced',
      remedy: 'acceptSourceMailbox',
      message: 'It was replaced.',
    } as const;
    const projection = aProjection({ state: 'failed', fault: { text, side: 'source' } });
    const user = await aMailUser(pair, { projection, pairId: 'replaced' });
    const ledger = new MongoLedgerStore();
    await ledger.takePair('replaced', 1);
    await ledger.writePair('replaced', { fence: 1, writes: 1 }, { replacedInbox: 'seen' });
    const agent = await app.signedIn();
    const page = `/admin/users/${user._id.toHexString()}`;
    expect((await agent.get(page).expect(200)).text).toContain('This is the right mailbox');
    const accept = `${page}/accept-source`;
    await send(agent, accept, accept, { seen: 'another' }).expect(409);
    await send(agent, accept, accept, { seen: 'seen' }).expect(303);
    expect(await ledger.pair('replaced')).toMatchObject({ acceptedInbox: 'seen' });
    expect((await MailUsers.findById(user._id).orFail().lean()).asked).toMatchObject({ reason: 'retry' });
    const audited = await AuditLog.find({ mailUserId: user._id.toHexString() }).sort({ _id: 1 }).lean();
    expect(audited.map(({ action }) => action)).toEqual(['sourceAccepted', 'retried']);
    await agent.get(accept).expect(409);
  });
});

describe('the folders of a copy', () => {
  it('are told as a tree, also those that came later than what stands beside their parent', async () => {
    const ledger = new MongoLedgerStore();
    const plan = { folderClass: 'IPF.Note', itemCount: 0, gone: false };
    const come = [
      { name: 'Inbox' },
      { name: 'Sent' },
      { name: 'Late', parentKey: 'Inbox' },
      { name: 'Top' },
      { name: 'Lost', parentKey: 'nowhere' },
      { name: 'Deep', parentKey: 'Late' },
      { name: 'Later', parentKey: 'Inbox' },
    ];
    for (const [position, folder] of come.entries())
      await ledger.takeFolder({ pairId: 'tree', folderKey: folder.name }, 1, {
        ...plan,
        ...folder,
        position,
      });
    expect((await foldersOfCopy('tree', false)).map(({ path }) => path)).toEqual([
      'Inbox',
      'Inbox / Late',
      'Inbox / Late / Deep',
      'Inbox / Later',
      'Sent',
      'Top',
      'Lost',
    ]);
  });
});

describe('a folder in a report', () => {
  it('is gone through only where a pass says so, or where nothing is left of the source’s own count', async () => {
    const ledger = new MongoLedgerStore();
    const folder = { pairId: 'begun', folderKey: 'inbox' };
    const plan = { folderClass: 'IPF.Note', itemCount: 5, gone: false, position: 0, name: 'Inbox' };
    await ledger.takeFolder(folder, 1, plan);
    const counters = { ...noCounters, found: 2, copied: 2 };
    const watermark = { source: 'page 1', filter: '' };
    await ledger.writeFolder(folder, { fence: 1, writes: 1 }, { counters, watermark });
    expect(await foldersOfCopy('begun', false)).toMatchObject([{ state: 'waiting', remaining: 3 }]);
    expect(await foldersOfCopy('begun', true)).toMatchObject([{ state: 'done', remaining: 0 }]);
  });
});

describe('a mail user’s page', () => {
  it('has a table of folders, and each item that is not in the target with its size, reason and remedy', async () => {
    const pair = { source: await aConnector('source'), target: await aConnector('target') };
    const user = await aMailUser(pair, { state: 'completedWithIssues' });
    const id = user._id.toHexString();
    const ledger = new MongoLedgerStore();
    const inbox = { pairId: 'p', folderKey: 'inbox' };
    const plan = { folderClass: 'IPF.Note', itemCount: 3, gone: false };
    await ledger.takeFolder(inbox, 1, { ...plan, position: 0, name: 'Inbox', wellKnown: 'inbox' });
    const sub = { ...plan, position: 1, name: 'Überweisungen', parentKey: 'inbox' };
    await ledger.takeFolder({ pairId: 'p', folderKey: 'sub' }, 1, sub);
    const counters = {
      found: 3,
      foundBytes: 3,
      copied: 2,
      copiedBytes: 2,
      alreadyThere: 0,
      filtered: 0,
      skipped: 0,
      failed: 1,
    };
    await ledger.writeFolder(inbox, { fence: 1, writes: 1 }, { counters });
    const parcel = { ...inbox, adopted: false };
    await ledger.append({
      ...parcel,
      parcelId: 'a',
      seq: 1,
      entries: [entry('large', failed), entry('mended', failed)],
    });
    const copied = { kind: 'copied', targetId: 't', targetChangeKey: 'c' } as const;
    await ledger.append({ ...parcel, parcelId: 'b', seq: 2, entries: [entry('mended', copied)] });
    await notePair(id, 'p', new Date());

    const agent = await app.signedIn();
    const { text } = await agent.get(`/admin/users/${id}`).expect(200);
    expect(text).toContain('Inbox / Überweisungen');
    const waiting = text.slice(text.indexOf('Inbox / Überweisungen'));
    expect(waiting.slice(0, waiting.indexOf('</tr>'))).toMatch(/>0<.*Waiting.*3 still to do/s);
    const issues = text.slice(text.indexOf('id="issues"'), text.indexOf('id="folders-title"'));
    expect(issues.match(/The target takes nothing as large\./g)).toHaveLength(1);
    for (const words of [
      'IPM.Note',
      '99 MB',
      'ErrorMessageSizeExceeded',
      'press Retry',
      'datetime="2026-01-02T03:04:05.000Z"',
    ])
      expect(issues).toContain(words);
  });

  it('has a report as CSV, as JSON and to print, which states each issue once and figures that add up', async () => {
    const { id, agent } = await aReport('r1');
    const csv = await agent.get(`/admin/users/${id}/report.csv`).expect(200);
    expect(csv.headers['content-disposition']).toContain('attachment');
    expect(csv.text.startsWith('\uFEFFRow,Folder,State,Found,')).toBe(true);
    const lines = csv.text.split('\r\n');
    expect(lines[1]).toBe('mailbox,,completedWithIssues,4,2,0,1,0,1,0,,,,,,,,,');
    expect(lines[2]).toMatch(/^folder,"'=Inbox, old",done,4,2,0,1,0,1,0,7,2026-11-23T12:00:00\.000Z/);
    expect(lines.filter((line) => line.startsWith('failed,'))).toHaveLength(1);

    const json = await agent.get(`/admin/users/${id}/report.json`).expect(200);
    const report = JSON.parse(json.text) as Record<string, unknown>;
    expect(report).toMatchObject({
      version: 1,
      migration: { state: 'completedWithIssues', source: { server: expect.any(String) as string } },
      sums: { found: 4, copied: 2, alreadyThere: 0, filtered: 1, skipped: 0, failed: 1, remaining: 0 },
      folders: [{ path: '=Inbox, old', verified: { targetCount: 7 } }],
      issues: [{ kind: 'failed', itemClass: 'IPM.Note', remedy: 'raiseRequestLimit' }],
    });
    const page = await agent.get(`/admin/users/${id}/report`).expect(200);
    expect(page.text).toContain('Left out by filter</dt><dd>1</dd>');
    expect(page.text).toContain('press Retry');
  });

  it('says what comparing both mailboxes found last, and what it had mended before', async () => {
    const { id, agent } = await aReport('r4');
    const verified = { ...noFindings(), arrivedSince: 3, changedByUser: 2 };
    const mended = { missing: 5, unrecorded: 0, doubled: 1 };
    const proof = { 'projection.verified': verified, 'projection.mended': mended };
    await MailUsers.updateOne({ _id: id }, { $set: proof });
    const page = await agent.get(`/admin/users/${id}/report`).expect(200);
    expect(page.text).toMatch(/Mended before that[^]*Missing<\/dt><dd>5<[^]*Doubled<\/dt><dd>1</);
    const { migration } = JSON.parse((await agent.get(`/admin/users/${id}/report.json`)).text) as {
      migration: object;
    };
    expect(migration).toMatchObject({ verified, mended });
    const csv = await agent.get(`/admin/users/${id}/report.csv`).expect(200);
    const rows = csv.text.split('\r\n').map((line) => line.split(','));
    const told = rows.flatMap((cells) =>
      ['finding', 'mended'].includes(cells[0] ?? '') ? [[cells[0], cells[15], cells.at(-1)]] : [],
    );
    expect(told).toEqual(
      expect.arrayContaining([
        ['finding', 'arrivedSince', '3'],
        ['finding', 'changedByUser', '2'],
        ['mended', 'missing', '5'],
      ]),
    );
  });

  it('is made where its figures do not add up, and says which', async () => {
    const { id, agent } = await aReport('r3', 'Wrong');
    const folder = { pairId: 'r3', folderKey: 'inbox' };
    const counters = { ...noCounters, found: 9, copied: 8 };
    await new MongoLedgerStore().writeFolder(folder, { fence: 1, writes: 2 }, { counters });
    await MailUsers.updateOne({ pairId: 'r3' }, { $set: { 'counters.found': 7 } });
    const page = await agent.get(`/admin/users/${id}/report`).expect(200);
    expect(page.text).toContain('These figures do not add up');
    expect(page.text).toMatch(/Everything together: 9 found, 8 accounted for.*Inbox, old: 9 found, 8/s);
    const json = await agent.get(`/admin/users/${id}/report.json`).expect(200);
    expect(JSON.parse(json.text)).toMatchObject({
      disagreements: [
        { found: 9, accounted: 8 },
        { of: '=Inbox, old', found: 9, accounted: 8 },
      ],
    });
    const csv = await agent.get(`/admin/users/${id}/report.csv`).expect(200);
    expect(csv.text).toContain('disagreement,');
    const batch = await agent.get('/admin/batches/Wrong/report').expect(200);
    expect(batch.text).toMatch(/@contoso\.example: 7 found, 4 accounted for/);
  });

  it('is summed up in the report of its batch, with a link to each row', async () => {
    const { id, agent } = await aReport('r2', 'Finance & "Co"');
    const path = `/admin/batches/${encodeURIComponent('Finance & "Co"')}/report`;
    const json = await agent.get(`${path}.json`).expect(200);
    expect(JSON.parse(json.text)).toMatchObject({
      version: 1,
      states: { completedWithIssues: 1 },
      sums: { found: 4, copied: 2, filtered: 1, failed: 1, mailboxes: 1 },
      users: [{ id, counts: { found: 4 }, link: `${app.config.PUBLIC_URL}/admin/users/${id}` }],
    });
    const csv = await agent.get(`${path}.csv`).expect(200);
    expect(csv.text.split('\r\n')[1]).toContain(',completedWithIssues,4,2,0,1,0,1,0,2,');
    const page = await agent.get(path).expect(200);
    expect(page.text).toContain(`href="/admin/users/${id}#issues"`);
  });

  it('is a row in the report of all batches, which states their sum', async () => {
    const { agent } = await aReport('r5', 'Report');
    await aReport('r6', 'Report');
    const json = await agent.get('/admin/report.json').expect(200);
    const report = JSON.parse(json.text) as {
      users: number;
      sums: Record<string, number>;
      batches: { batch: string; users: number; sums?: Record<string, number>; link: string }[];
    };
    const mine = report.batches.find(({ batch }) => batch === 'Report');
    expect(mine).toMatchObject({ users: 2, sums: { found: 8, copied: 4, mailboxes: 2 } });
    expect(mine?.link).toBe(`${app.config.PUBLIC_URL}/admin/batches/Report/report`);
    const sum = (of: (batch: (typeof report.batches)[number]) => number) =>
      report.batches.reduce((all, batch) => all + of(batch), 0);
    expect(sum(({ sums }) => sums?.['found'] ?? 0)).toBe(report.sums['found']);
    expect(sum(({ users }) => users)).toBe(report.users);
    const csv = (await agent.get('/admin/report.csv').expect(200)).text.trimEnd().split('\r\n');
    expect(csv).toContain(`batch,Report,2,8,4,0,2,0,2,0,4,${mine?.link}`);
    expect(csv.at(-1)).toMatch(new RegExp(`^sum,,${report.users},${report.sums['found']},`));
    const page = await agent.get('/admin/report').expect(200);
    expect(page.text).toContain('href="/admin/batches/Report/report"');
    expect((await agent.get('/admin/batches')).text).toContain('href="/admin/report"');
  });
});

describe('a report whose time is over', () => {
  it('is not made again: the user’s page says when it was deleted and still tells the numbers', async () => {
    const { id, agent } = await aReport('purged');
    const page = `/admin/users/${id}`;
    const endedAt = new Date('2026-01-02T03:04:05Z');
    await MailUsers.updateOne({ _id: id }, { $set: { 'projection.endedAt': endedAt } });
    // A year after it had ended.
    expect((await agent.get(page).expect(200)).text).toMatch(
      /Kept until[^<]*<[^>]*datetime="2027-01-02T03:04:05/,
    );
    await purgeReports({ until: endedAt, now: new Date('2027-01-03T00:00:00Z'), most: 10 });
    const { text } = await agent.get(page).expect(200);
    expect(text).toMatch(/Deleted[^<]*<[^>]*datetime="2027-01-03T00:00:00/);
    expect(text).not.toContain(`${page}/report`);
    expect(text).toMatch(/<dt>Failed<\/dt><dd>[^]*?1/);
    for (const form of ['report', 'report.csv', 'report.json'])
      expect((await agent.get(`${page}/${form}`).set('accept', 'text/html').expect(410)).text).toContain(
        'This report was deleted',
      );
  });
});
