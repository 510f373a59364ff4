import { child, textOf, type Element } from '../soap/element';
import { contents, isTrue } from '../soap/message';
import { propertyOf, propertyXml } from '../soap/property';
import { elementXml, isDraft } from './elements';
import { stampMark } from './format';
import { createdAs, written, type CopyKind } from './kind';
import { copied, messageFlags } from './properties';

/** An item's XML around its content, which is MIME or the list of attachments. */
export interface Markup {
  before: string;
  after: string;
}

const read = 1;
const unsent = 8;
const forPosts = new Set([
  'BccRecipients',
  'ToRecipients',
  'CcRecipients',
  'ReplyTo',
  'IsReadReceiptRequested',
  'IsDeliveryReceiptRequested',
]);

/** @param item what GetItem said of it, its `Body` kept */
export function markupOf(kind: CopyKind, item: Element): Markup {
  const element = createdAs(kind, item.name);
  const markup: Markup = { before: `<t:${element}>`, after: '' };
  let place: keyof Markup = 'before';
  for (const name of written[kind]) {
    if (element === 'PostItem' && forPosts.has(name)) continue;
    if (name === '@mime') {
      markup.before += '<t:MimeContent CharacterSet="UTF-8">';
      markup.after = '</t:MimeContent>';
    }
    if (name.startsWith('@') && name !== '@properties') place = 'after';
    else
      markup[place] +=
        name === '@properties' ? propertiesXml(kind, item) + stampMark : partXml(kind, name, item);
  }
  markup.after += `</t:${element}>`;
  return markup;
}

/** An attached item, whole and without attachments of its own. */
export function embeddedXml(kind: CopyKind, item: Element): string {
  const { before, after } = markupOf(kind, item);
  return (before + after).replace(stampMark, '');
}

function partXml(kind: CopyKind, name: string, item: Element): string {
  // Whoever sent the mail got his receipt from the source, or will not get it from a copy.
  if (name === 'IsReadReceiptRequested' || name === 'IsDeliveryReceiptRequested') {
    return isDraft(item) || name === 'IsDeliveryReceiptRequested'
      ? elementXml(name, item)
      : `<t:${name}>false</t:${name}>`;
  }
  // The class of a meeting message comes out of its MIME; named, the server takes it for a change of type.
  if (name === 'ItemClass' && kind === 'mime' && item.name.startsWith('Meeting')) return '';
  // The follow-up flag travels as the properties it is made of, where the server gives them.
  if (name === 'Flag' && item.children.some(isFollowUp)) return '';
  return elementXml(name, item);
}

function isFollowUp(element: Element): boolean {
  if (element.name !== 'ExtendedProperty') return false;
  return /^0x1090$/i.test(child(element, 'ExtendedFieldURI')?.attributes['PropertyTag'] ?? '');
}

function propertiesXml(kind: CopyKind, item: Element): string {
  const values = copied[kind].map((uri) => {
    const value = propertyOf(item, uri);
    return value === undefined ? '' : propertyXml(uri, value);
  });
  return flagsXml(kind, item) + values.join('');
}

/** Without message flags a copy would be a draft for ever: they can be set only when an item is made. */
function flagsXml(kind: CopyKind, item: Element): string {
  if (kind !== 'mime' && kind !== 'plain') return '';
  const flags = (isDraft(item) ? unsent : 0) | (isTrue(textOf(item, 'IsRead')) ? read : 0);
  return propertyXml(messageFlags, String(flags));
}

/** The one item of a response message. */
export function itemOf(message: Element): Element | undefined {
  return contents(message)[0];
}
