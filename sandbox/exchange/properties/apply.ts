import { randomBytes } from 'node:crypto';
import { EwsError } from '../errors';
import { childrenOf } from '../store/fields';
import type { Mailbox } from '../store/mailbox';
import { now } from '../store/mailbox';
import type { Attachment, Body, Embedded, Item, Stored } from '../store/records';
import type { Element } from '../xml/element';
import { child, childText } from '../xml/element';
import type { ExtendedUri } from './extended';
import { canonicalDate, extendedValue, KEYWORDS, parseExtendedUri } from './extended';
import { BOOLEANS, CLASS_OF_ELEMENT, DATES, isItemElement, orderOf } from './schema';
import { enumText } from './system-tags';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** An item being made or changed. */
export type Draft = Mutable<
  Omit<Item, 'counter' | 'createSeq' | 'modSeq' | 'contentSeq' | 'folder' | 'fields' | 'ext' | 'searchKey'>
> & {
  fields: Record<string, Stored>;
  ext: Record<string, Item['ext'][string]>;
  searchKey?: string;
};

export type When = 'create' | 'update';

const READ_ONLY = new Set(
  `ItemId ParentFolderId DateTimeReceived Size IsSubmitted IsDraft IsFromMe IsResend IsUnmodified InternetMessageHeaders DateTimeSent
  DateTimeCreated ResponseObjects DisplayCc DisplayTo HasAttachments EffectiveRights LastModifiedName LastModifiedTime
  ConversationId UniqueBody InstanceKey TextBody Preview ConversationIndex ConversationTopic ReceivedBy ReceivedRepresenting
  IsMeeting IsCancelled IsRecurring MeetingRequestWasSent CalendarItemType Organizer ConflictingMeetingCount AdjacentMeetingCount
  Duration TimeZone AppointmentReplyTime AppointmentState FirstOccurrence LastOccurrence ModifiedOccurrences DeletedOccurrences
  CompleteName ContactSource HasPicture AssignedTime ChangeCount DelegationState IsComplete IsTeamTask IsAssignmentEditable Owner PostedTime`
    .split(/\s+/)
    .filter(Boolean),
);

/** Changes that the MIME it came with does not know of. */
const IN_MIME = new Set([
  'Subject',
  'Body',
  'From',
  'Sender',
  'ToRecipients',
  'CcRecipients',
  'BccRecipients',
  'ReplyTo',
  'Attachments',
  'InternetMessageId',
]);

/** An element of a request as kept; dates in UTC, a mailbox with at least a name. */
export function toStored(element: Element): Stored {
  const a = Object.keys(element.attrs).length > 0 ? { a: element.attrs } : {};
  if (element.name === 'Mailbox') return { n: 'Mailbox', ...a, v: mailboxFields(element) };
  if (RECURRENCE_RANGES.has(element.name))
    return { n: element.name, ...a, v: element.children.map(rangeField) };
  if (element.children.length > 0) return { n: element.name, ...a, v: element.children.map(toStored) };
  return { n: element.name, ...a, v: canonicalText(element) };
}

/** A mailbox has at least a name and a routing type when it comes back. */
function mailboxFields(element: Element): Stored[] {
  const fields = new Map(element.children.map((each) => [each.name, toStored(each)]));
  const put = (n: string, v: string): unknown => fields.has(n) || fields.set(n, { n, v });
  put('Name', childText(element, 'EmailAddress') ?? '');
  if (fields.has('EmailAddress')) put('RoutingType', 'SMTP');
  const order = ['Name', 'EmailAddress', 'RoutingType', 'MailboxType', 'ItemId'];
  return order.flatMap((name) => fields.get(name) ?? []);
}

const RECURRENCE_RANGES = new Set(['NoEndRecurrence', 'EndDateRecurrence', 'NumberedRecurrence']);

/** A series begins and ends on days, not at times. */
function rangeField({ name, text }: Element): Stored {
  const day = /^\s*(\d{4}-\d\d-\d\d)/.exec(text)?.[1];
  return { n: name, v: day ? `${day}Z` : text.trim() };
}

function canonicalText({ name, text }: Element): string {
  if (DATES.has(name)) return canonicalDate(text);
  return BOOLEANS.has(name) ? String(/^(true|1)$/.test(text.trim())) : text;
}

/** Sets one property from its element. @throws EwsError, SoapFault */
export function setProperty(mailbox: Mailbox, draft: Draft, property: Element, when: When): void {
  const name = property.name;
  if (when === 'update' && IN_MIME.has(name)) dropMime(draft);
  switch (name) {
    case 'MimeContent':
    case 'ItemClass':
      return;
    case 'IsRead':
      draft.read = /^(true|1)$/.test(property.text.trim());
      return;
    case 'IsAssociated':
      draft.associated = /^(true|1)$/.test(property.text.trim());
      return;
    case 'Body':
      draft.body = bodyFrom(mailbox, property);
      delete draft.plainBody;
      return;
    case 'Attachments':
      draft.attachments = [
        ...draft.attachments,
        ...property.children.map((each) => attachmentFrom(mailbox, each)),
      ];
      return;
    case 'ExtendedProperty':
      return setExtended(draft, property, when);
    case 'Flag':
      return setFlag(draft, childText(property, 'FlagStatus') ?? 'NotFlagged', toStored(property));
    default:
      return setPlain(draft, property);
  }
}

function setPlain(draft: Draft, property: Element): void {
  const name = property.name;
  if (READ_ONLY.has(name) && !(draft.element === 'MeetingRequest' || draft.element === 'MeetingResponse')) {
    throw new EwsError('ErrorInvalidPropertySet', 'Set action is invalid for property.', { Property: name });
  }
  const merged = property.children.some((each) => each.name === 'Entry')
    ? mergeEntries(draft.fields[name], toStored(property))
    : toStored(property);
  draft.fields[name] = merged;
}

/** Entries of a keyed collection replace those of the same key. */
function mergeEntries(old: Stored | undefined, fresh: Stored): Stored {
  const keyOf = (entry: Stored): string | undefined => entry.a?.['Key'];
  const given = childrenOf(fresh);
  const kept = childrenOf(old).filter((entry) => !given.some((each) => keyOf(each) === keyOf(entry)));
  return { ...fresh, v: [...kept, ...given] };
}

export function dropMime(draft: Draft): void {
  delete draft.mime;
  delete draft.mimeHeaderBytes;
}

const FLAG_VALUES: Readonly<Record<string, string>> = { Complete: '1', Flagged: '2' };
const FLAG_KEY = '0x1090:Integer';

function setFlag(draft: Draft, status: string, flag: Stored): void {
  draft.fields['Flag'] = flag;
  const value = FLAG_VALUES[status];
  if (value) draft.ext[FLAG_KEY] = value;
  else delete draft.ext[FLAG_KEY];
}

function setExtended(draft: Draft, property: Element, when: When): void {
  const wrapper = child(property, 'ExtendedFieldURI');
  if (!wrapper) return;
  const uri = parseExtendedUri(wrapper);
  const value = extendedValue(property, uri);
  if (uri.key === KEYWORDS)
    draft.fields['Categories'] = {
      n: 'Categories',
      v: (typeof value === 'string' ? [value] : value).map((v) => ({ n: 'String', v })),
    };
  else if (typeof value !== 'string' || !setSystemTag(draft, uri, value, when)) draft.ext[uri.key] = value;
}

/** @returns whether the tag is a view of the item rather than a property of its own */
function setSystemTag(draft: Draft, uri: ExtendedUri, value: string, when: When): boolean {
  switch (`${uri.tag ?? ''}:${uri.type}`) {
    case '0x0e07:Integer':
      draft.read = (Number(value) & 1) !== 0;
      if (when === 'create') draft.draft = (Number(value) & 8) !== 0;
      return true;
    case '0x0e06:SystemTime':
      draft.received = value;
      return true;
    case '0x0039:SystemTime':
      draft.sent = value;
      return true;
    case '0x3007:SystemTime':
      draft.created = value;
      return true;
    case '0x300b:Binary':
      draft.searchKey = Buffer.from(value, 'base64').toString('hex');
      return true;
    case '0x0037:String':
      draft.fields['Subject'] = { n: 'Subject', v: value };
      return true;
    case '0x001a:String':
      draft.itemClass = value;
      return true;
    case '0x1035:String':
      draft.fields['InternetMessageId'] = { n: 'InternetMessageId', v: value };
      return true;
    case '0x0017:Integer':
      draft.fields['Importance'] = { n: 'Importance', v: enumText('Importance', value) };
      return true;
    case '0x0036:Integer':
      draft.fields['Sensitivity'] = { n: 'Sensitivity', v: enumText('Sensitivity', value) };
      return true;
    case FLAG_KEY: {
      const status = value === '1' ? 'Complete' : value === '2' ? 'Flagged' : 'NotFlagged';
      setFlag(draft, status, { n: 'Flag', v: [{ n: 'FlagStatus', v: status }] });
      return true;
    }
    default:
      return [
        '0x3008:SystemTime',
        '0x0e08:Integer',
        '0x0fff:Binary',
        '0x0ff9:Binary',
        '0x0ffa:Binary',
        '0x0ffb:Binary',
      ].includes(uri.key);
  }
}

export function bodyFrom(mailbox: Mailbox, property: Element): Body {
  const html = property.attrs['BodyType'] === 'HTML';
  return {
    html,
    content: mailbox.contents.append(Buffer.from(property.text)),
    encoding: 'none',
    charset: 'utf-8',
  };
}

/** An attachment as sent inline or with CreateAttachment. */
export function attachmentFrom(mailbox: Mailbox, element: Element): Attachment {
  const text = (name: string): string | undefined => childText(element, name) || undefined;
  const contentId = text('ContentId');
  const contentType = text('ContentType');
  const contentLocation = text('ContentLocation');
  const common = {
    key: randomBytes(16).toString('hex'),
    name: childText(element, 'Name') ?? '',
    ...(contentType ? { contentType } : {}),
    ...(contentId ? { contentId } : {}),
    ...(contentLocation ? { contentLocation } : {}),
    inline: /^(true|1)$/.test(text('IsInline') ?? ''),
    modified: now(),
  };
  if (element.name === 'ItemAttachment') {
    const inner = element.children.find((each) => isItemElement(each.name));
    const mime = inner && child(inner, 'MimeContent')?.spool;
    const data = mime && { content: mailbox.contents.take(mime), encoding: 'none' as const };
    return {
      ...common,
      sizeBytes: mime?.sizeBytes ?? 1024,
      ...(data ? { data } : {}),
      item: inner ? embedded(mailbox, inner) : { element: 'Message', itemClass: 'IPM.Note', fields: {} },
    };
  }
  const spool = child(element, 'Content')?.spool;
  const photo = /^(true|1)$/.test(text('IsContactPhoto') ?? '') ? { photo: true } : {};
  const content = spool ? mailbox.contents.take(spool) : mailbox.contents.append(Buffer.alloc(0));
  return { ...common, ...photo, sizeBytes: content.l, data: { content, encoding: 'none' } };
}

function embedded(mailbox: Mailbox, element: Element): Embedded {
  const kind = isItemElement(element.name) ? element.name : 'Message';
  const order = orderOf(kind);
  const body = child(element, 'Body');
  const skip = new Set(['MimeContent', 'Body', 'Attachments', 'ExtendedProperty', 'ItemClass']);
  const fields = Object.fromEntries(
    element.children
      .filter((each) => order.has(each.name) && !skip.has(each.name))
      .map((each) => [each.name, toStored(each)]),
  );
  return {
    element: kind,
    itemClass: childText(element, 'ItemClass') ?? CLASS_OF_ELEMENT[kind],
    fields,
    ...(body ? { body: bodyFrom(mailbox, body) } : {}),
  };
}

/** Rough size of an item in bytes, as PR_MESSAGE_SIZE grows with content. */
export function sizeOf(draft: Pick<Draft, 'mime' | 'body' | 'attachments' | 'fields'>): number {
  const attached = draft.attachments.reduce((sum, each) => sum + each.sizeBytes, 0);
  const body = draft.body?.content.l ?? 0;
  return 1024 + (draft.mime ? draft.mime.l : attached + body + JSON.stringify(draft.fields).length);
}
