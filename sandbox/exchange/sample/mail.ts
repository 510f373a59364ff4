import { readMessage } from '../mime/read-message';
import { sizeOf } from '../properties/apply';
import { elementOfClass } from '../properties/schema';
import type { Random } from '../random';
import type { Mailbox, NewItem } from '../store/mailbox';
import type { ExtendedValue, Stored } from '../store/records';
import type { ContentRef } from '../content/content-store';
import type { Filler, Pieces } from './mime-builder';
import { ordinaryMail } from './mime-builder';
import { oddMail } from './odd-mail';
import { property, someCategories } from './records';
import type { Person } from './words';
import { pastDate, person, sentence } from './words';

export type MailKind = 'received' | 'sent' | 'draft';

/** A mail of ordinary make. */
export async function mail(
  mailbox: Mailbox,
  random: Random,
  filler: Filler,
  plan: { folder: number; kind: MailKind; attachedBytes: number },
): Promise<NewItem> {
  const own: Person = { name: mailbox.settings.displayName, address: mailbox.settings.address };
  const received = pastDate(random);
  const people = (atMost: number): Person[] =>
    Array.from({ length: random.int(0, atMost) }, () => person(random));
  const others = [person(random), ...people(3)];
  const importance = random.chance(0.06)
    ? ('high' as const)
    : random.chance(0.03)
      ? ('low' as const)
      : undefined;
  const pieces = ordinaryMail(random, filler, {
    subject: `${random.chance(0.3) ? random.pick(['Re: ', 'Fwd: ', 'AW: ']) : ''}${sentence(random)}`,
    from: plan.kind === 'received' ? person(random) : own,
    to: plan.kind === 'received' ? [own] : others,
    cc: random.chance(0.2) ? people(3) : [],
    bcc: plan.kind === 'sent' && random.chance(0.1) ? people(2) : [],
    date: received,
    attachedBytes: plan.attachedBytes,
    ...(importance ? { importance } : {}),
  });
  const read = plan.kind !== 'received' || random.chance(0.8);
  return fromMime(mailbox, random, write(mailbox, pieces), {
    folder: plan.folder,
    received,
    read,
    draft: plan.kind === 'draft',
  });
}

/** One of the oddities. */
export async function oddity(
  mailbox: Mailbox,
  random: Random,
  folder: number,
  number: number,
): Promise<NewItem> {
  const date = pastDate(random);
  const odd = oddMail(random, number, date);
  const item = await fromMime(mailbox, random, write(mailbox, [odd.mime]), {
    folder,
    received: odd.received ?? date,
    read: random.chance(0.5),
    draft: false,
  });
  return odd.itemClass ? { ...item, itemClass: odd.itemClass, element: elementOfClass(odd.itemClass) } : item;
}

interface Arrival {
  readonly folder: number;
  readonly received: string;
  readonly read: boolean;
  readonly draft: boolean;
}

async function fromMime(
  mailbox: Mailbox,
  random: Random,
  mime: ContentRef,
  arrival: Arrival,
): Promise<NewItem> {
  const { received } = arrival;
  const message = await readMessage(mailbox.contents, mime, received);
  const fields: Record<string, Stored> = { ...message.fields };
  const categories = someCategories(random, 0.08);
  if (categories) fields['Categories'] = categories;
  const ext: Record<string, ExtendedValue> = {};
  if (random.chance(0.06)) flag(random, fields, ext);
  if (random.chance(0.1))
    Object.assign(ext, { '0x1080:Integer': '261', '0x1081:Integer': '102', '0x1082:SystemTime': received });
  const item = {
    ...message,
    fields,
    ext,
    element: elementOfClass(message.itemClass),
    associated: false,
    created: received,
    modified: received,
    sent: message.sent ?? received,
    ...arrival,
  };
  if (arrival.draft) delete (item as { sent?: string }).sent;
  return { ...item, searchKey: random.hex(16), sizeBytes: sizeOf(item) };
}

function flag(random: Random, fields: Record<string, Stored>, ext: Record<string, ExtendedValue>): void {
  const complete = random.chance(0.3);
  fields['Flag'] = property('Flag', [property('FlagStatus', complete ? 'Complete' : 'Flagged')]);
  ext['0x1090:Integer'] = complete ? '1' : '2';
}

/** Stores a mail piece by piece. */
function write(mailbox: Mailbox, pieces: Pieces): ContentRef {
  const spool = mailbox.contents.newSpool();
  for (const piece of pieces) spool.writeBytes(piece);
  spool.end();
  return mailbox.contents.take(spool);
}
