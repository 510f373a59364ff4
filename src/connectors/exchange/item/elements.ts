import { isTrue } from '../soap/message';
import { child, textOf, writeElement, type Element } from '../soap/element';
import { escapeAttribute, escapeText } from '../soap/text';

/**
 * One element of an item as CreateItem wants it, made from what GetItem says; empty where there is nothing to write.
 * What belongs to the source mailbox only (ids, directory lookups) is left out.
 */
export function elementXml(name: string, item: Element): string {
  const found = child(item, name);
  if (!found) return '';
  switch (name) {
    case 'Body':
      return bodyXml(found);
    case 'BccRecipients':
    case 'ToRecipients':
    case 'CcRecipients':
    case 'ReplyTo':
    case 'From':
    case 'Sender':
      return wrapped(name, mailboxes(found));
    case 'RequiredAttendees':
    case 'OptionalAttendees':
    case 'Resources':
      return wrapped(name, found.children.map(attendeeXml).join(''));
    case 'Members':
      return wrapped(name, found.children.map(memberXml).join(''));
    case 'EmailAddresses':
      return wrapped(name, found.children.map(emailXml).join(''));
    case 'StartTimeZone':
    case 'EndTimeZone':
      return timeZoneXml(found);
    case 'Flag':
      return textOf(found, 'FlagStatus') === 'NotFlagged' ? '' : writeElement(found);
    case 'ReminderIsSet':
    case 'IsDeliveryReceiptRequested':
      // What is not so by itself need not be said; appointments begin with a reminder.
      return found.text === 'false' && item.name !== 'CalendarItem' ? '' : writeElement(found);
    case 'Mileage':
    case 'FileAsMapping':
      return found.text === '' || found.text === 'None' ? '' : writeElement(found);
    default:
      return hasContent(found) ? writeElement(found) : '';
  }
}

function hasContent(element: Element): boolean {
  return element.text !== '' || element.children.length > 0;
}

function wrapped(name: string, inner: string): string {
  return inner === '' ? '' : `<t:${name}>${inner}</t:${name}>`;
}

function bodyXml(body: Element): string {
  if (body.text === '' && !body.bulk) return '';
  const type = body.attributes['BodyType'] ?? 'Text';
  return writeElement({ ...body, attributes: { BodyType: type } });
}

function mailboxes(list: Element): string {
  return list.children
    .filter((each) => each.name === 'Mailbox')
    .map((each) => mailboxXml(each, false))
    .join('');
}

/** Name, address, routing; where it is known what it is (a list's member), that too. */
function mailboxXml(mailbox: Element, withType: boolean): string {
  const part = (name: string) => {
    const text = textOf(mailbox, name);
    return text ? `<t:${name}>${escapeText(text)}</t:${name}>` : '';
  };
  const inner =
    part('Name') + part('EmailAddress') + part('RoutingType') + (withType ? part('MailboxType') : '');
  return inner === '' ? '' : `<t:Mailbox>${inner}</t:Mailbox>`;
}

function attendeeXml(attendee: Element): string {
  const mailbox = child(attendee, 'Mailbox');
  if (!mailbox) return '';
  const response = child(attendee, 'ResponseType');
  return `<t:Attendee>${mailboxXml(mailbox, false)}${response ? writeElement(response) : ''}</t:Attendee>`;
}

/** A member that points to a contact of the source is written with that contact's name and address. */
function memberXml(member: Element): string {
  const mailbox = child(member, 'Mailbox');
  if (!mailbox || !textOf(mailbox, 'EmailAddress')) return '';
  const type = textOf(mailbox, 'MailboxType');
  const children = mailbox.children.map((each) =>
    each.name === 'MailboxType' && type !== 'Mailbox' && type !== 'PublicDL'
      ? { ...each, text: 'OneOff' }
      : each,
  );
  return `<t:Member>${mailboxXml({ ...mailbox, children }, true)}</t:Member>`;
}

function emailXml(entry: Element): string {
  if (entry.text === '') return '';
  const attributes = ['Key', 'Name', 'RoutingType']
    .map((name) => [name, entry.attributes[name]] as const)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => ` ${name}="${escapeAttribute(value ?? '')}"`)
    .join('');
  return `<t:Entry${attributes}>${escapeText(entry.text)}</t:Entry>`;
}

/** A zone that the server knows is named; one that was made by hand goes along whole. */
function timeZoneXml(zone: Element): string {
  const id = zone.attributes['Id'] ?? '';
  if (zone.children.length > 0 && (id === '' || /^tzone:|custom/i.test(id))) return writeElement(zone);
  return id === '' ? '' : writeElement({ ...zone, attributes: { Id: id }, children: [], text: '' });
}

export function isDraft(item: Element): boolean {
  return isTrue(textOf(item, 'IsDraft'));
}
