import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import { Random } from '../random';
import type { Mailbox, NewItem } from '../store/mailbox';
import { appointment } from './appointments';
import type { SampleFolders } from './folders';
import { makeFolders } from './folders';
import { mail, oddity } from './mail';
import type { MailKind } from './mail';
import { Filler } from './mime-builder';
import { ODDITY_COUNT } from './odd-mail';
import { contact, distributionList } from './people';
import { attachmentSizes } from './sizes';
import { note, post, task } from './tasks-and-notes';

/** How much a generated mailbox holds. */
export const sampleSchema = z.object({
  /** Items over all folders. */
  items: z.number().int().min(0).max(1_000_000),
  /** Bytes of all items together, about; absent: what such items weigh. */
  bytes: z.number().int().positive().optional(),
  /** Bytes of the greatest item, about. */
  largestBytes: z.number().int().positive().optional(),
  /** Mail folders of the user's own at most; absent: all that a sample has, some forty. */
  folders: z.number().int().positive().optional(),
  /** The same seed makes the same mailbox, but for its ids. */
  seed: z.number().int(),
});
export type Sample = z.infer<typeof sampleSchema>;

const BATCH = 100;

type Make = (index: number) => Promise<NewItem> | NewItem;

/** Fills a mailbox with folders and items of every kind, in bounded memory. */
export async function fillMailbox(mailbox: Mailbox, sample: Sample): Promise<void> {
  const random = new Random(sample.seed);
  const folders = makeFolders(mailbox, random, sample.folders);
  let batch: NewItem[] = [];
  for (const { count, make } of plan(mailbox, random, folders, sample)) {
    for (let index = 0; index < count; index++) {
      batch.push(await make(index));
      if (batch.length < BATCH) continue;
      mailbox.addItems(batch);
      batch = [];
      await turn();
    }
  }
  mailbox.addItems(batch);
}

function plan(
  mailbox: Mailbox,
  random: Random,
  folders: SampleFolders,
  sample: Sample,
): { count: number; make: Make }[] {
  const share = (part: number): number =>
    sample.items < 20
      ? Math.min(1, Math.floor(sample.items / 8))
      : Math.max(1, Math.round(sample.items * part));
  const calendar = share(0.08);
  const contacts = share(0.06);
  const lists = share(0.004);
  const tasks = share(0.02);
  const notes = share(0.015);
  const posts = share(0.004);
  const odd = Math.min(ODDITY_COUNT, Math.floor(sample.items / 4));
  const mails = Math.max(0, sample.items - calendar - contacts - lists - tasks - notes - posts - odd);
  const sizes = attachmentSizes(random, mails, sample.bytes, sample.largestBytes);
  const filler = new Filler(random);
  return [
    {
      count: odd,
      make: (index) =>
        oddity(mailbox, random, index % 3 === 0 ? folders.inbox : random.pick(folders.mail), index),
    },
    { count: calendar, make: (index) => appointment(mailbox, random, at(folders.calendars, index), index) },
    { count: contacts, make: (index) => contact(mailbox, random, at(folders.contacts, index)) },
    { count: lists, make: () => distributionList(mailbox, random, at(folders.contacts, 0)) },
    { count: tasks, make: (index) => task(mailbox, random, at(folders.tasks, index), index) },
    { count: notes, make: () => note(mailbox, random, folders.notes) },
    { count: posts, make: () => post(mailbox, random, random.pick(folders.mail)) },
    {
      count: mails,
      make: (index) =>
        mail(mailbox, random, filler, { ...place(random, folders), attachedBytes: sizes[index] ?? 0 }),
    },
  ];
}

/** Most goes to the first folder, the rest to the others. */
function at(folders: readonly number[], index: number): number {
  return (
    folders[index % 5 === 4 ? 1 + (Math.floor(index / 5) % Math.max(1, folders.length - 1)) : 0] ??
    folders[0] ??
    0
  );
}

function place(random: Random, folders: SampleFolders): { folder: number; kind: MailKind } {
  const draw = random.next();
  if (draw < 0.35) return { folder: folders.inbox, kind: 'received' };
  if (draw < 0.5) return { folder: folders.sent, kind: 'sent' };
  if (draw < 0.52) return { folder: folders.drafts, kind: 'draft' };
  if (draw < 0.57) return { folder: folders.deleted, kind: 'received' };
  if (draw < 0.59) return { folder: folders.junk, kind: 'received' };
  return { folder: random.pick(folders.mail), kind: 'received' };
}
