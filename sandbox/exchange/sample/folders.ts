import type { Mailbox } from '../store/mailbox';
import type { Random } from '../random';

/** Where generated items go: counters of folders by what they take. */
export interface SampleFolders {
  readonly inbox: number;
  readonly sent: number;
  readonly drafts: number;
  readonly deleted: number;
  readonly junk: number;
  /** Folders that the user made for mail. */
  readonly mail: readonly number[];
  readonly calendars: readonly number[];
  readonly contacts: readonly number[];
  readonly tasks: readonly number[];
  readonly notes: number;
}

/** A folder made by the user; its name may be anything a user types. */
interface Tree {
  readonly name: string;
  readonly folderClass?: string;
  readonly below?: readonly Tree[];
}

const LONG = `Ein sehr langer Ordnername, ${'der einfach nicht aufhören will und '.repeat(6)}endet`.slice(
  0,
  250,
);

const ODD: readonly Tree[] = [
  {
    name: 'Projects',
    below: [
      { name: '2024', below: [{ name: 'Q1/Q2' }, { name: 'Q3/Q4' }] },
      { name: '2025', below: [{ name: 'Archive' }] },
    ],
  },
  { name: 'Archive', below: [{ name: 'Archive', below: [{ name: 'Archive' }] }] },
  { name: 'Posteingang' },
  { name: 'Gesendete Elemente' },
  { name: 'Входящие', below: [{ name: 'Отчёты' }] },
  { name: '收件箱' },
  { name: 'R&D <secret> "quoted" \'single\'' },
  { name: '.hidden' },
  { name: 'trailing dot.' },
  { name: 'back\\slash' },
  { name: 'INBOX copy' },
  { name: '🚀 Launch 🎉' },
  { name: 'مشاريع' },
  { name: 'é (composed)' },
  { name: 'e\u0301 (decomposed)' },
  { name: '%41 percent' },
  { name: LONG },
  { name: 'Empty folder' },
  {
    name: 'a',
    below: [
      {
        name: 'b',
        below: [{ name: 'c', below: [{ name: 'd', below: [{ name: 'e', below: [{ name: 'f' }] }] }] }],
      },
    ],
  },
];

/**
 * Makes the tree of a sample mailbox below its well-known folders.
 * @param most so many of the user's own mail folders, 1 or more; absent: all
 */
export function makeFolders(mailbox: Mailbox, random: Random, most = Infinity): SampleFolders {
  const root = known(mailbox, 'msgfolderroot');
  const mail: number[] = [];
  let count = 0;
  const grow = (parent: number, tree: Tree): void => {
    count += 1;
    if (count > most) return;
    const made = mailbox.addFolder({
      parent,
      displayName: tree.name,
      folderClass: tree.folderClass ?? 'IPF.Note',
      created: '2018-03-01T08:00:00Z',
    });
    if (tree.name !== 'Empty folder') mail.push(made.counter);
    for (const each of tree.below ?? []) grow(made.counter, each);
  };
  for (const tree of ODD) grow(root, tree);
  const inbox = known(mailbox, 'inbox');
  for (const tree of [
    { name: 'Newsletters' },
    { name: 'Kunden', below: [{ name: 'Müller & Söhne' }, { name: 'Archive' }] },
  ])
    grow(inbox, tree);
  for (let year = 2019; year < 2019 + random.int(2, 5); year++)
    grow(known(mailbox, 'sentitems'), { name: String(year) });
  const special = (parent: string, displayName: string, folderClass: string): number =>
    mailbox.addFolder({
      parent: known(mailbox, parent),
      displayName,
      folderClass,
      created: '2018-03-01T08:00:00Z',
    }).counter;
  return {
    inbox,
    sent: known(mailbox, 'sentitems'),
    drafts: known(mailbox, 'drafts'),
    deleted: known(mailbox, 'deleteditems'),
    junk: known(mailbox, 'junkemail'),
    mail,
    calendars: [
      known(mailbox, 'calendar'),
      special('calendar', 'Geburtstage', 'IPF.Appointment'),
      special('msgfolderroot', 'Team calendar', 'IPF.Appointment'),
    ],
    contacts: [known(mailbox, 'contacts'), special('contacts', 'Suppliers / Lieferanten', 'IPF.Contact')],
    tasks: [known(mailbox, 'tasks'), special('tasks', 'Someday', 'IPF.Task')],
    notes: known(mailbox, 'notes'),
  };
}

function known(mailbox: Mailbox, name: string): number {
  const folder = mailbox.folderByName(name);
  if (!folder) throw new Error(`a new mailbox has a folder ${name}`);
  return folder.record.counter;
}
