import { chooseFolders, type FilteredFolder } from '../../src/domain/folder-filter';
import { everything, itemFilter, type FilterSpec } from '../../src/domain/item-filter';
import type { WellKnownFolder } from '../../src/domain/mailbox';

/** `Inbox/Projects!deletedItems` and the like: a folder for each line, its parent the line it begins with. */
function mailbox(...paths: (string | [path: string, wellKnown?: WellKnownFolder, folderClass?: string])[]) {
  return paths.map((given): FilteredFolder => {
    const [path, wellKnown, folderClass = 'IPF.Note'] = typeof given === 'string' ? [given] : given;
    const names = path.split('|');
    const parentKey = names.length > 1 ? names.slice(0, -1).join('|') : undefined;
    return { key: path, name: names.at(-1) ?? '', folderClass, parentKey, wellKnown };
  });
}

function chosen(filter: Partial<FilterSpec>, folders: readonly FilteredFolder[]): string[] {
  const choices = chooseFolders({ ...everything, ...filter }, folders);
  return [...choices].flatMap(([key, choice]) =>
    choice === 'leftOut' ? [] : choice === 'passage' ? `(${key})` : key,
  );
}

describe('chooseFolders', () => {
  it('copies all folders where nothing is asked', () => {
    expect(chosen({ onlyFolders: [], leaveOutFolders: [' '], kinds: [] }, mailbox('A', 'A|B', 'C'))).toEqual([
      'A',
      'A|B',
      'C',
    ]);
  });

  it('copies only the folders asked for and what is under them, and makes those they lie in', () => {
    const folders = mailbox('A', 'A|B', 'A|B|C', 'A|D', 'E');
    expect(chosen({ onlyFolders: ['a/b'] }, folders)).toEqual(['(A)', 'A|B', 'A|B|C']);
  });

  it('leaves folders out with what is under them, though they lie in one that was asked for', () => {
    const folders = mailbox('A', 'A|B', 'A|B|C', 'A|D');
    expect(chosen({ onlyFolders: ['A'], leaveOutFolders: ['/A / b/'] }, folders)).toEqual(['A', 'A|D']);
  });

  it('reads a slash and a backslash in a name behind a backslash', () => {
    const folders = mailbox('in/out', 'in', 'in|out', 'back\\slash');
    expect(chosen({ onlyFolders: ['in\\/out'] }, folders)).toEqual(['in/out']);
    expect(chosen({ onlyFolders: ['in/out'] }, folders)).toEqual(['(in)', 'in|out']);
    expect(chosen({ onlyFolders: ['back\\\\slash'] }, folders)).toEqual(['back\\slash']);
  });

  it('compares names without regard to case and Unicode form', () => {
    expect(chosen({ onlyFolders: ['ÄRZTE'] }, mailbox('A\u0308rzte', 'Other'))).toEqual(['A\u0308rzte']);
  });

  it('knows the folders of the top by their English role too, whatever their language', () => {
    const folders = mailbox(['Posteingang', 'inbox'], 'Posteingang|Inbox', 'Sent Items');
    expect(chosen({ onlyFolders: ['inbox'] }, folders)).toEqual(['Posteingang', 'Posteingang|Inbox']);
  });

  it('leaves out deleted items and junk by role, with what is under them, and not by name', () => {
    const folders = mailbox(
      ['Papierkorb', 'deletedItems'],
      'Papierkorb|Old',
      ['Spam', 'junkEmail'],
      'Deleted Items',
      'Junk Email',
    );
    expect(chosen({ deletedItems: false, junkEmail: false }, folders)).toEqual([
      'Deleted Items',
      'Junk Email',
    ]);
  });

  it('leaves out folders for other kinds of items, but looks into Deleted Items for anything', () => {
    const folders = mailbox(
      'Mail',
      ['Mail|Team', undefined, 'IPF.Appointment'],
      ['Calendar', 'calendar', 'IPF.Appointment'],
      ['Trash', 'deletedItems'],
      'Trash|Old',
    );
    expect(chosen({ kinds: ['calendar'] }, folders)).toEqual(['(Mail)', 'Mail|Team', 'Calendar', 'Trash']);
  });
});

describe('itemFilter', () => {
  const note = { itemClass: 'IPM.Note', sizeBytes: 100 };
  const accepts = (spec: Partial<FilterSpec>, item: object) =>
    itemFilter({ ...everything, ...spec }).accepts({ ...note, ...item });

  it('accepts mail of the days named, both ends included, and what has no date', () => {
    const days = { fromDate: '2025-01-01', toDate: '2025-12-31' };
    expect(accepts(days, { date: '2025-01-01T00:00:00.000Z' })).toBe(true);
    expect(accepts(days, { date: '2025-12-31T23:59:59.999Z' })).toBe(true);
    expect(accepts(days, { date: '2024-12-31T23:59:59.999Z' })).toBe(false);
    expect(accepts(days, { date: '2026-01-01T00:00:00.000Z' })).toBe(false);
    expect(accepts(days, {})).toBe(true);
  });

  it('has its days begin as clocks in its zone show it', () => {
    const days = { fromDate: '2025-01-01', toDate: '2025-07-31', timeZone: 'Europe/Berlin' };
    expect(accepts(days, { date: '2024-12-31T23:00:00.000Z' })).toBe(true);
    expect(accepts(days, { date: '2024-12-31T22:59:59.999Z' })).toBe(false);
    expect(accepts(days, { date: '2025-07-31T21:59:59.999Z' })).toBe(true);
    expect(accepts(days, { date: '2025-07-31T22:00:00.000Z' })).toBe(false);
  });

  it('accepts a series that goes on after the first day', () => {
    const weekly = { itemClass: 'IPM.Appointment', date: '2019-03-01T09:00:00.000Z' };
    expect(accepts({ fromDate: '2025-01-01' }, weekly)).toBe(false);
    expect(accepts({ fromDate: '2025-01-01' }, { ...weekly, lastDate: '4500-08-31T00:00:00.000Z' })).toBe(
      true,
    );
    expect(accepts({ toDate: '2018-12-31' }, { ...weekly, lastDate: '4500-08-31T00:00:00.000Z' })).toBe(
      false,
    );
  });

  it('asks no contact, task or note for its age', () => {
    for (const itemClass of ['IPM.Contact', 'IPM.DistList', 'IPM.Task', 'IPM.StickyNote'])
      expect(accepts({ fromDate: '2025-01-01' }, { itemClass, date: '1999-01-01T00:00:00.000Z' })).toBe(true);
  });

  it('accepts items up to a size and of some kinds', () => {
    expect(accepts({ greatestSizeBytes: 100 }, {})).toBe(true);
    expect(accepts({ greatestSizeBytes: 99 }, {})).toBe(false);
    expect(accepts({ kinds: ['calendar'] }, {})).toBe(false);
    expect(accepts({ kinds: [] }, {})).toBe(true);
  });

  it('has the hash of days in UTC from before there were others, and another one in another zone', () => {
    const days = { ...everything, fromDate: '2025-01-01' };
    expect(itemFilter(days).hash).toBe('["2025-01-01",null,null,null]');
    expect(itemFilter({ ...days, timeZone: 'UTC' }).hash).toBe(itemFilter(days).hash);
    expect(itemFilter({ ...days, timeZone: 'Europe/Berlin' }).hash).not.toBe(itemFilter(days).hash);
    expect(itemFilter({ ...everything, timeZone: 'Europe/Berlin' }).hash).toBe('everything');
  });

  it('has one hash for filters that accept the same items', () => {
    expect(itemFilter(everything).hash).toBe('everything');
    expect(itemFilter({ ...everything, kinds: ['tasks', 'mail'] }).hash).toBe(
      itemFilter({ ...everything, kinds: ['mail', 'tasks'], onlyFolders: ['A'] }).hash,
    );
    expect(itemFilter({ ...everything, toDate: '2025-01-01' }).hash).not.toBe(
      itemFilter({ ...everything, fromDate: '2025-01-01' }).hash,
    );
  });
});
