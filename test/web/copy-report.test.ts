import { notePair } from '../../src/models/copy-report';
import { MongoLedgerStore } from '../../src/models/ledger-store';
import type { EntryOutcome, LedgerEntry } from '../../src/engine/ledger';
import { aConnector, aMailUser, startAdmin, type AdminApp } from './admin-app';

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

describe('a mail user’s page', () => {
  it('has a table of folders, and each item that is not in the target with its size, reason and remedy', async () => {
    const pair = { source: await aConnector('source'), target: await aConnector('target') };
    const user = await aMailUser(pair, { state: 'completedWithIssues' });
    const id = user._id.toHexString();
    const ledger = new MongoLedgerStore();
    const inbox = { pairId: 'p', folderKey: 'inbox' };
    const plan = { folderClass: 'IPF.Note', itemCount: 3, gone: false };
    await ledger.planFolder(inbox, { ...plan, position: 0, name: 'Inbox', wellKnown: 'inbox' });
    await ledger.planFolder(
      { pairId: 'p', folderKey: 'sub' },
      { ...plan, position: 1, name: 'Überweisungen', parentKey: 'inbox' },
    );
    await ledger.takeFolder(inbox, 1);
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
    await ledger.writeFolder(inbox, 1, { counters });
    const parcel = { ...inbox, adopted: false };
    await ledger.append({
      ...parcel,
      parcelId: 'a',
      seq: 1,
      entries: [entry('large', failed), entry('mended', failed)],
    });
    const copied = { kind: 'copied', targetId: 't', targetChangeKey: 'c' } as const;
    await ledger.append({ ...parcel, parcelId: 'b', seq: 2, entries: [entry('mended', copied)] });
    await notePair(id, 'p');

    const agent = await app.signedIn();
    const { text } = await agent.get(`/admin/users/${id}`).expect(200);
    expect(text).toContain('Inbox / Überweisungen');
    const waiting = text.slice(text.indexOf('Inbox / Überweisungen'));
    expect(waiting.slice(0, waiting.indexOf('</tr>'))).toMatch(/>3<.*>0<.*Waiting/s);
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
});
