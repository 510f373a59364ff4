import type { Mailbox, NewItem } from '../store/mailbox';
import type { Body, ExtendedValue, ItemElement, Occurrence, Stored } from '../store/records';
import { sizeOf } from '../properties/apply';
import type { Random } from '../random';
import { CATEGORIES, paragraphs } from './words';
import type { Person } from './words';

/** A property of text or of children. */
export function property(
  n: string,
  v: string | readonly Stored[],
  a?: Readonly<Record<string, string>>,
): Stored {
  return a ? { n, a, v } : { n, v };
}

export function fieldsOf(all: readonly (Stored | undefined)[]): Record<string, Stored> {
  return Object.fromEntries(all.flatMap((each) => (each ? [[each.n, each]] : [])));
}

export function mailboxOf(person: Person): Stored {
  return property('Mailbox', [
    property('Name', person.name),
    property('EmailAddress', person.address),
    property('RoutingType', 'SMTP'),
  ]);
}

export function someCategories(random: Random, probability: number): Stored | undefined {
  if (!random.chance(probability)) return undefined;
  const names = new Set(Array.from({ length: random.int(1, 3) }, () => random.pick(CATEGORIES)));
  return property(
    'Categories',
    [...names].map((each) => property('String', each)),
  );
}

export function bodyOf(mailbox: Mailbox, random: Random, html: boolean): Body {
  const texts = paragraphs(random, random.int(1, 4));
  const text = html
    ? `<html><body>${texts.map((each) => `<p>${each}</p>`).join('')}</body></html>`
    : texts.join('\r\n\r\n');
  return { html, content: mailbox.contents.append(Buffer.from(text)), encoding: 'none', charset: 'utf-8' };
}

/** What a generated item other than a mail is made of. */
export interface Parts {
  readonly folder: number;
  readonly element: ItemElement;
  readonly itemClass: string;
  readonly created: string;
  readonly fields: Record<string, Stored>;
  readonly ext?: Record<string, ExtendedValue>;
  readonly body?: Body;
  readonly attachments?: NewItem['attachments'];
  readonly occurrences?: readonly Occurrence[];
}

export function newItem(random: Random, parts: Parts): NewItem {
  const { created } = parts;
  const item = {
    ext: {},
    attachments: [],
    associated: false,
    read: true,
    draft: false,
    modified: created,
    received: created,
    sent: created,
    ...parts,
  };
  return { ...item, searchKey: random.hex(16), sizeBytes: sizeOf(item) };
}
