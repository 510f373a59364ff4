import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { falseFigures, wrongFolders, type Told } from './claims';
import { everything, formOf, type Filter } from './journey';
import { findLeaks, formsOf } from './leaks';
import { emptyVerdict, type CountedItem } from './oracle';
import { countMails, wrongMails, type Mail } from './post';
import { wantedBy } from './wanted';

describe('the figures of a report', () => {
  const target = ['a', 'b'].map((key) => ({ key, path: '/Inbox', hash: key }));
  const told = (change: Partial<Told['sums']> = {}): Told => ({
    sums: {
      found: 2,
      copied: 2,
      alreadyThere: 0,
      filtered: 0,
      skipped: 0,
      failed: 0,
      remaining: 0,
      ...change,
    },
    migration: {},
  });
  const none: ReadonlySet<string> = new Set();

  it('are true where they are what was counted', () => {
    expect(falseFigures(told(), emptyVerdict(), target, none)).toEqual([]);
    const removed = { ...emptyVerdict(), removed: [target[0] as CountedItem] };
    expect(falseFigures(told({ copied: 3, found: 3 }), removed, target, none)).toEqual([]);
    expect(falseFigures(told({ copied: 1, failed: 1 }), emptyVerdict(), target, new Set(['b']))).toEqual([]);
  });

  it('are told to be false each by itself', () => {
    expect(falseFigures(told({ copied: 1, found: 1 }), emptyVerdict(), target, none)).toEqual([
      'in the target: the report says 1, it is 2',
    ]);
    expect(falseFigures(told({ found: 3 }), emptyVerdict(), target, none)).toHaveLength(1);
    expect(falseFigures(told({ filtered: 1, found: 3 }), emptyVerdict(), target, none)).toHaveLength(1);
    const doubted = { ...told(), migration: { verified: { missing: 1 } } };
    expect(falseFigures(doubted, emptyVerdict(), target, none)).toHaveLength(1);
  });
});

describe('the folders of the target', () => {
  const folder = (path: string, folderClass = 'IPF.Note') => ({ path, folderClass });
  const source = [folder('/Inbox'), folder('/Tasks', 'IPF.Task'), folder('/Projects')];
  const trees = { source, target: source, fresh: new Set(['/Inbox']), filter: everything, isPruned: false };

  it('are those of the source, of the same kinds, beside those that a mailbox comes with', () => {
    expect(wrongFolders(trees)).toEqual([]);
    const target = [folder('/Inbox'), folder('/Tasks'), folder('/Other')];
    expect(wrongFolders({ ...trees, target })).toEqual([
      'the target lacks the folder /Projects',
      'the folder /Tasks is of another kind',
      'the target has a folder /Other',
    ]);
  });

  it('need not be there where the filter leaves them out, or where they were deleted', () => {
    const target = source.slice(0, 2);
    expect(wrongFolders({ ...trees, target, filter: { ...everything, folderLeftOut: 'Projects' } })).toEqual(
      [],
    );
    expect(wrongFolders({ ...trees, target, isPruned: true })).toEqual([]);
  });

  it('are under the root where their parent was deleted, and nowhere else', () => {
    const nested = [...source, folder('/Projects/Alpha')];
    const target = [...source, folder('/Alpha')];
    expect(wrongFolders({ ...trees, source: nested, target, isPruned: true })).toEqual([]);
    expect(wrongFolders({ ...trees, source: nested, target })).toHaveLength(2);
    const elsewhere = [...source, folder('/Tasks/Alpha')];
    expect(wrongFolders({ ...trees, source: nested, target: elsewhere, isPruned: true })).toHaveLength(1);
  });
});

describe('what a batch takes, as the oracle reads its form', () => {
  const item = (path: string, itemClass = 'IPM.Note', more: object = {}): CountedItem => ({
    ...{ path, key: 'a', hash: 'h' },
    facts: { itemClass, sizeBytes: 5000, date: '2022-05-05T10:00:00Z', isSeries: false, ...more },
  });
  const folders = [
    { path: '/Inbox', folderClass: 'IPF.Note' },
    { path: '/Deleted Items', folderClass: 'IPF.Note' },
    { path: '/Calendar', folderClass: 'IPF.Appointment' },
    { path: '/Contacts', folderClass: 'IPF.Contact' },
  ];
  const takes = (change: Partial<Filter>, one: CountedItem) =>
    wantedBy({ filter: { ...everything, ...change }, followDeletions: false }, folders).takes(one);

  it('goes by folder, kind, size and day', () => {
    expect(takes({}, item('/Inbox'))).toBe('yes');
    expect(takes({ deletedItems: false }, item('/Deleted Items'))).toBe('no');
    expect(takes({ folderLeftOut: 'Inbox' }, item('/Inbox'))).toBe('no');
    expect(takes({ kinds: ['calendar'] }, item('/Inbox'))).toBe('no');
    expect(takes({ kinds: ['calendar'] }, item('/Deleted Items', 'IPM.Appointment'))).toBe('yes');
    expect(takes({ greatestMegabytes: 0.004 }, item('/Inbox'))).toBe('no');
    expect(takes({ greatestMegabytes: 0.005 }, item('/Inbox'))).toBe('yes');
    expect(takes({ fromDate: '2022-05-05', toDate: '2022-05-05' }, item('/Inbox'))).toBe('yes');
    expect(takes({ fromDate: '2022-05-06' }, item('/Inbox'))).toBe('no');
    expect(takes({ fromDate: '2022-05-06' }, item('/Contacts', 'IPM.Contact'))).toBe('yes');
  });

  it('is left open for series, whose end it does not reckon', () => {
    const series = item('/Calendar', 'IPM.Appointment', { isSeries: true });
    expect(takes({ fromDate: '2022-05-06' }, series)).toBe('either');
    expect(takes({}, series)).toBe('yes');
  });

  it('is written into the form as an administrator fills it in', () => {
    const form = formOf({
      filter: { ...everything, kinds: ['mail'], junkEmail: false },
      followDeletions: true,
    });
    expect(form).toMatchObject({ kinds: 'mail', junkEmail: '', deletedItems: '1', followDeletions: '1' });
    expect(form).toMatchObject({ cutOver: 'atOnce', revision: '0' });
  });
});

describe('the mails of a run', () => {
  const mail = (messageId: string, subject: string, address = 'ada@contoso.example'): Mail => ({
    ...{ headers: { 'message-id': messageId }, subject },
    to: [{ address }],
  });
  const moved = mail('1', 'Contoso: your mailbox ada@contoso.example has moved');
  const of = (mails: Mail[]) => countMails(mails, 'ADA@contoso.example');

  it('are one for each end; the same mail sent again is the same mail', () => {
    expect(wrongMails(of([moved, moved]), ['completed'], 1)).toEqual([]);
    expect(wrongMails(of([]), ['completed'], 1)).toEqual(['0 mails "moved" for 1 such ends']);
    expect(wrongMails(of([moved, mail('2', moved.subject)]), ['completed'], 1)).toHaveLength(1);
    expect(wrongMails(of([mail('1', moved.subject, 'other@contoso.example')]), [], 1)).toEqual([]);
    const late = mail('5', 'Contoso: the move of ada@contoso.example had stopped and was started again');
    expect(wrongMails(of([late]), ['failed'], 2)).toEqual([]);
  });

  it('are no more invitations than starts', () => {
    const invitation = mail('3', 'Contoso: move your mailbox ada@contoso.example');
    expect(wrongMails(of([invitation]), [], 1)).toEqual([]);
    expect(wrongMails(of([invitation, mail('4', invitation.subject)]), [], 1)).toHaveLength(1);
  });
});

describe('the search for secrets', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'mailporter-leaks-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('finds a password in any file of a folder, also as a sign-in header has it, and says where it is blind', async () => {
    mkdirSync(join(folder, 'below'));
    const basic = Buffer.from('ada@contoso.example:Kqv-tmwx').toString('base64');
    writeFileSync(join(folder, 'below', 'a.db'), Buffer.from(`\0\xff row 17 Basic ${basic}`, 'latin1'));
    const secrets = formsOf('ada@contoso.example', 'Kqv-tmwx');
    expect(await findLeaks([{ path: folder, known: ['row 17'] }], secrets)).toEqual([
      `the sign-in of ada@contoso.example stands in ${join(folder, 'below', 'a.db')}`,
    ]);
    expect(await findLeaks([{ path: folder, known: ['row 18'] }], [])).toHaveLength(1);
    writeFileSync(join(folder, 'worker.log'), 'the password is Kqv-tmwx');
    expect(await findLeaks([{ path: folder, known: [] }], secrets)).toHaveLength(2);
  });

  it('passes over a file that goes while it looks', async () => {
    for (const name of ['a.log', 'b.log']) writeFileSync(join(folder, name), 'nothing');
    const secret = {
      what: 'the link',
      get text() {
        for (const name of ['a.log', 'b.log']) rmSync(join(folder, name), { force: true });
        return 'Kqv-tmwx';
      },
    };
    expect(await findLeaks([{ path: folder, known: [] }], [secret])).toEqual([]);
  });
});
