import type { Call } from '../call';
import { now } from '../store/mailbox';
import type { Item, Stored } from '../store/records';

const RECIPIENTS = [
  'ToRecipients',
  'CcRecipients',
  'BccRecipients',
  'RequiredAttendees',
  'OptionalAttendees',
  'Resources',
];

function addressesIn(stored: Stored): string[] {
  if (stored.n === 'EmailAddress') return typeof stored.v === 'string' ? [stored.v] : [];
  return typeof stored.v === 'string' ? [] : stored.v.flatMap(addressesIn);
}

/** Records a mail or an invitation that a real server would have sent now. */
export function noteSending(
  call: Call,
  operation: string,
  item: Item,
  mail: boolean,
  invitation: boolean,
): void {
  const sends = item.element === 'CalendarItem' ? invitation : mail;
  const recipients = RECIPIENTS.flatMap((name) => (item.fields[name] ? addressesIn(item.fields[name]) : []));
  if (!sends || recipients.length === 0) return;
  const subject = item.fields['Subject']?.v;
  call.wouldHaveSent({
    at: now(),
    mailbox: call.mailbox.settings.address,
    operation,
    subject: typeof subject === 'string' ? subject : '',
    recipients,
  });
}
