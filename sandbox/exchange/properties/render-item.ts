import { attachmentId } from '../store/ids';
import { childrenOf } from '../store/fields';
import type { Mailbox } from '../store/mailbox';
import type { Attachment, Body, Item, Stored } from '../store/records';
import { composeMessage } from '../mime/compose';
import { composeCalendar, composeContact } from '../mime/compose-text';
import { decodeText, header } from '../mime/read-message';
import { decodeWords } from '../mime/headers';
import { MimeScanner } from '../mime/scan';
import type { Answer } from '../xml/answer';
import { propertyOf } from './computed';
import { formatDate } from './dates';
import { DATES, DEFAULT_SHAPE, NOT_IN_ALL, NOT_IN_VIEWS, orderOf } from './schema';
import type { ItemShape } from './shape';
import { itemExtended } from './system-tags';

/** `item` GetItem and the like; `find` a view that cuts long texts; `sync` SyncFolderItems. */
export type View = 'item' | 'find' | 'sync';

const FIND_CHARACTERS = 255;

export interface RenderItem {
  readonly mailbox: Mailbox;
  readonly item: Item;
  readonly shape: ItemShape;
  readonly view: View;
  /** The server's zone, minutes east of UTC. */
  readonly zoneOffsetMinutes: number;
  /** Written instead of the item's own id. */
  readonly idElement?: Stored;
}

/** Writes one item element with the properties of the shape, in the order of the schema. */
export async function renderItem(answer: Answer, render: RenderItem): Promise<void> {
  const { item } = render;
  answer.open(`t:${item.element}`);
  for (const name of wanted(render)) await renderProperty(answer, render, name);
  answer.close(`t:${item.element}`);
  await answer.relieve();
}

function wanted({ item, shape, view }: RenderItem): string[] {
  const names = new Set<string>(['ItemId', ...shape.names, ...shape.indexed.keys()]);
  const order = orderOf(item.element);
  if (shape.mime) names.add('MimeContent');
  if (shape.extended.length > 0) names.add('ExtendedProperty');
  for (const name of order.keys()) {
    if (shape.base === 'Default' && DEFAULT_SHAPE.has(name)) names.add(name);
    if (shape.base === 'AllProperties' && !NOT_IN_ALL.has(name)) names.add(name);
  }
  return [...names]
    .filter((name) => order.has(name) && (view === 'item' || !NOT_IN_VIEWS.has(name)))
    .sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
}

async function renderProperty(answer: Answer, render: RenderItem, name: string): Promise<void> {
  const { mailbox, item, shape } = render;
  switch (name) {
    case 'MimeContent':
      return renderMime(answer, mailbox, item);
    case 'Body':
      return renderBody(answer, mailbox, item, shape.bodyType);
    case 'TextBody':
      return answer.element('t:TextBody', item.body ? bodyText(mailbox, item, item.body, 'Text') : '', {
        BodyType: 'Text',
        IsTruncated: 'false',
      });
    case 'UniqueBody':
      return;
    case 'Attachments':
      return renderAttachments(answer, mailbox, item);
    case 'InternetMessageHeaders':
      return renderHeaders(answer, mailbox, item);
    case 'ExtendedProperty':
      return renderExtended(answer, render);
    default:
      return renderPlain(answer, render, name);
  }
}

function renderPlain(answer: Answer, render: RenderItem, name: string): void {
  const { mailbox, item, shape } = render;
  let property =
    name === 'ItemId' && render.idElement ? render.idElement : propertyOf({ mailbox, item }, name);
  if (!property) return;
  const keys = shape.base === 'AllProperties' || shape.names.has(name) ? undefined : shape.indexed.get(name);
  if (keys)
    property = { ...property, v: childrenOf(property).filter((each) => keys.has(each.a?.['Key'] ?? '')) };
  answer.stored(dated(property, shape.mime ? render.zoneOffsetMinutes : undefined));
}

function dated(property: Stored, zone: number | undefined): Stored {
  if (zone === undefined) return property;
  if (typeof property.v !== 'string') return { ...property, v: property.v.map((each) => dated(each, zone)) };
  return DATES.has(property.n) && property.v.includes('T')
    ? { ...property, v: formatDate(property.v, zone) }
    : property;
}

/** A distribution list has no MIME; EWS leaves the property out. */
async function renderMime(answer: Answer, mailbox: Mailbox, item: Item): Promise<void> {
  if (item.element === 'DistributionList') return;
  answer.raw('<t:MimeContent CharacterSet="UTF-8">');
  if (item.mime) await renderStoredMime(answer, mailbox, item);
  else if (item.element === 'CalendarItem') answer.raw(composeCalendar(mailbox, item).toString('base64'));
  else if (item.element === 'Contact') answer.raw(composeContact(mailbox, item).toString('base64'));
  else await answer.base64(composeMessage(mailbox, item));
  answer.raw('</t:MimeContent>');
}

async function renderStoredMime(answer: Answer, mailbox: Mailbox, item: Item): Promise<void> {
  if (!item.mime) return;
  if (item.mime.l <= 1 << 18) answer.raw(mailbox.contents.read(item.mime).toString('base64'));
  else await answer.base64(mailbox.contents.stream(item.mime));
}

function renderBody(answer: Answer, mailbox: Mailbox, item: Item, wantedType: ItemShape['bodyType']): void {
  if (!item.body)
    return answer.element('t:Body', '', {
      BodyType: wantedType === 'HTML' ? 'HTML' : 'Text',
      IsTruncated: 'false',
    });
  const type = wantedType === 'Best' ? (item.body.html ? 'HTML' : 'Text') : wantedType;
  answer.element('t:Body', bodyText(mailbox, item, item.body, type), {
    BodyType: type,
    IsTruncated: 'false',
  });
}

function bodyText(mailbox: Mailbox, item: Item, body: Body, type: 'HTML' | 'Text'): string {
  if (type === 'HTML') {
    const text = decodeText(mailbox.contents, body);
    return body.html
      ? text
      : `<html><body><pre>${text.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</pre></body></html>`;
  }
  if (!body.html) return decodeText(mailbox.contents, body);
  if (item.plainBody) return decodeText(mailbox.contents, item.plainBody);
  const html = decodeText(mailbox.contents, body);
  return html
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, '')
    .replace(/<br\s*\/?>|<\/p>/gi, '\r\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&nbsp;/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}

function renderAttachments(answer: Answer, mailbox: Mailbox, item: Item): void {
  if (item.attachments.length === 0) return;
  answer.open('t:Attachments');
  for (const attachment of item.attachments) {
    const element = attachment.item ? 't:ItemAttachment' : 't:FileAttachment';
    answer.open(element);
    renderAttachmentHead(answer, mailbox, item, attachment);
    if (!attachment.item) answer.element('t:IsContactPhoto', String(attachment.photo === true));
    answer.close(element);
  }
  answer.close('t:Attachments');
}

/** What every listing of an attachment starts with. */
export function renderAttachmentHead(
  answer: Answer,
  mailbox: Mailbox,
  item: Item,
  attachment: Attachment,
): void {
  answer.empty('t:AttachmentId', {
    Id: attachmentId(mailbox.identity, item.folder, item.counter, attachment.key),
  });
  answer.element('t:Name', attachment.name);
  if (attachment.contentType) answer.element('t:ContentType', attachment.contentType);
  if (attachment.contentId) answer.element('t:ContentId', attachment.contentId);
  if (attachment.contentLocation) answer.element('t:ContentLocation', attachment.contentLocation);
  answer.element('t:Size', String(attachment.sizeBytes));
  answer.element('t:LastModifiedTime', attachment.modified.replace(/Z$/, ''));
  answer.element('t:IsInline', String(attachment.inline));
}

function renderHeaders(answer: Answer, mailbox: Mailbox, item: Item): void {
  if (!item.mime || !item.mimeHeaderBytes) return;
  const scanner = new MimeScanner();
  scanner.write(mailbox.contents.read(item.mime, 0, Math.min(item.mimeHeaderBytes, 1 << 18)));
  const root = scanner.end();
  if (header(root, 'from') === undefined && root.headers.length === 0) return;
  answer.open('t:InternetMessageHeaders');
  for (const [name, value] of root.headers)
    answer.element('t:InternetMessageHeader', decodeWords(value), {
      HeaderName: name.replace(/(^|-)[a-z]/g, (c) => c.toUpperCase()),
    });
  answer.close('t:InternetMessageHeaders');
}

function renderExtended(answer: Answer, { mailbox, item, shape, view }: RenderItem): void {
  for (const uri of shape.extended) {
    const value = itemExtended(mailbox, item, uri);
    if (value === undefined) continue;
    answer.open('t:ExtendedProperty');
    answer.empty('t:ExtendedFieldURI', uri.attrs);
    if (typeof value === 'string')
      answer.element(
        't:Value',
        view === 'find' && uri.type === 'String' ? value.slice(0, FIND_CHARACTERS) : value,
      );
    else {
      answer.open('t:Values');
      for (const each of value) answer.element('t:Value', each);
      answer.close('t:Values');
    }
    answer.close('t:ExtendedProperty');
  }
}
