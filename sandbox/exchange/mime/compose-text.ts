import type { Mailbox } from '../store/mailbox';
import { fieldChildren, fieldText } from '../store/fields';
import type { Item } from '../store/records';
import { decodeText } from './read-message';
import { encodeWord } from './compose';

const text = (item: Item, name: string): string | undefined => fieldText(item.fields, name);

const escapeText = (value: string): string => value.replace(/([\\;,])/g, '\\$1').replace(/\r?\n/g, '\\n');
const stamp = (iso: string | undefined): string | undefined => iso?.replace(/[-:]/g, '');

/** Content lines of RFC 5545 and 6350, folded at 75 bytes or less. */
function lines(pairs: readonly (readonly [string, string | undefined])[]): string {
  return pairs
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}:${value ?? ''}`.replace(/(.{60})(?=.)/gu, '$1\r\n ') + '\r\n')
    .join('');
}

/** A calendar item as Exchange gives it as MIME: attendees and attachments are lost in it. */
export function composeCalendar(mailbox: Mailbox, item: Item): Buffer {
  const body = item.body ? decodeText(mailbox.contents, item.body).replace(/<[^>]*>/g, '') : '';
  const calendar =
    lines([
      ['BEGIN', 'VCALENDAR'],
      ['METHOD', 'PUBLISH'],
      ['PRODID', 'Microsoft Exchange Server 2010'],
      ['VERSION', '2.0'],
      ['BEGIN', 'VEVENT'],
    ]) +
    lines([
      ['UID', text(item, 'UID')],
      ['SUMMARY', escapeText(text(item, 'Subject') ?? '')],
      ['LOCATION', escapeText(text(item, 'Location') ?? '')],
      ['DTSTART', stamp(text(item, 'Start'))],
      ['DTEND', stamp(text(item, 'End'))],
      ['DTSTAMP', stamp(item.modified)],
      ['DESCRIPTION', escapeText(body)],
    ]) +
    lines([
      ['END', 'VEVENT'],
      ['END', 'VCALENDAR'],
    ]);
  const head = `Subject: ${encodeWord(text(item, 'Subject') ?? '')}\r\nMIME-Version: 1.0\r\nContent-Type: text/calendar; charset="utf-8"; method=PUBLISH\r\nContent-Transfer-Encoding: 8bit\r\n\r\n`;
  return Buffer.from(head + calendar);
}

/** A contact as a vCard, which Exchange gives but does not take. */
export function composeContact(mailbox: Mailbox, item: Item): Buffer {
  const addresses = fieldChildren(item.fields, 'EmailAddresses').flatMap((entry) =>
    typeof entry.v === 'string' ? [['EMAIL;PREF;INTERNET', entry.v] as const] : [],
  );
  const card =
    lines([
      ['BEGIN', 'VCARD'],
      ['PROFILE', 'VCARD'],
      ['VERSION', '3.0'],
      ['MAILER', 'Microsoft Exchange'],
    ]) +
    lines([
      ['FN', escapeText(text(item, 'DisplayName') ?? '')],
      [
        'N',
        [text(item, 'Surname'), text(item, 'GivenName'), text(item, 'MiddleName')]
          .map((each) => escapeText(each ?? ''))
          .join(';'),
      ],
      ['ORG', escapeText(text(item, 'CompanyName') ?? '')],
      ['TITLE', escapeText(text(item, 'JobTitle') ?? '')],
      ['NOTE', item.body ? escapeText(decodeText(mailbox.contents, item.body)) : undefined],
      ...addresses,
    ]) +
    lines([['END', 'VCARD']]);
  return Buffer.from(card);
}
