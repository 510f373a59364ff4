import { occurrenceId } from '../store/ids';
import { fieldText } from '../store/fields';
import type { Mailbox } from '../store/mailbox';
import type { Item, Occurrence, Stored } from '../store/records';
import { expand } from './recurrence';

/** What a calendar item shows beside what was stored. */
export function calendarComputed(name: string, item: Item, mailbox?: Mailbox): string | Stored | undefined {
  if (item.element !== 'CalendarItem') return item.fields[name];
  const recurring = item.fields['Recurrence'] !== undefined;
  switch (name) {
    case 'IsRecurring':
      return item.fields[name] ?? 'false';
    case 'CalendarItemType':
      return item.fields[name] ?? (recurring ? 'RecurringMaster' : 'Single');
    case 'IsMeeting':
      return String(hasAttendees(item) || item.fields['IsMeeting']?.v === 'true');
    case 'IsCancelled':
    case 'IsAllDayEvent':
    case 'MeetingRequestWasSent':
    case 'IsOnlineMeeting':
      return item.fields[name] ?? 'false';
    case 'IsResponseRequested':
    case 'AllowNewTimeProposal':
      return item.fields[name] ?? 'true';
    case 'LegacyFreeBusyStatus':
      return item.fields[name] ?? 'Busy';
    case 'MyResponseType':
      return item.fields[name] ?? (hasAttendees(item) ? 'Organizer' : 'Unknown');
    case 'AppointmentSequenceNumber':
    case 'ConferenceType':
      return item.fields[name] ?? '0';
    case 'AppointmentState':
      return item.fields[name] ?? (hasAttendees(item) ? '1' : '0');
    case 'FirstOccurrence':
    case 'LastOccurrence':
      return mailbox && recurring ? edgeOccurrence(name, item, mailbox) : undefined;
    case 'ModifiedOccurrences':
      return mailbox && recurring ? modifiedOccurrences(item, mailbox) : undefined;
    case 'DeletedOccurrences':
      return recurring ? deletedOccurrences(item) : undefined;
    default:
      return item.fields[name];
  }
}

function hasAttendees(item: Item): boolean {
  return ['RequiredAttendees', 'OptionalAttendees', 'Resources'].some(
    (name) => (item.fields[name]?.v.length ?? 0) > 0,
  );
}

/** The n-th date of a series, changed or not; undefined where there is none or where it was deleted. */
export function occurrenceAt(
  item: Item,
  index: number,
): { start: string; end: string; exception?: Occurrence } | undefined {
  const exception = item.occurrences?.find((each) => each.index === index);
  const slot = expand(item).at(index);
  if (!slot || exception?.deleted) return undefined;
  const start = (exception && fieldText(exception.fields, 'Start')) ?? slot.start;
  const end = (exception && fieldText(exception.fields, 'End')) ?? slot.end;
  return { start, end, ...(exception ? { exception } : {}) };
}

function occurrenceElement(
  n: string,
  item: Item,
  mailbox: Mailbox,
  index: number,
  start: string,
  end: string,
  original: string,
): Stored {
  const { id, changeKey } = mailbox.itemIdOf(item);
  return {
    n,
    v: [
      { n: 'ItemId', a: { Id: occurrenceId(id, index), ChangeKey: changeKey }, v: [] },
      { n: 'Start', v: start },
      { n: 'End', v: end },
      { n: 'OriginalStart', v: original },
    ],
  };
}

function edgeOccurrence(
  name: 'FirstOccurrence' | 'LastOccurrence',
  item: Item,
  mailbox: Mailbox,
): Stored | undefined {
  const series = expand(item);
  const count = series.count;
  if (name === 'LastOccurrence' && count === undefined) return undefined;
  const limit = count ?? 1000;
  const order = Array.from({ length: limit }, (_, index) =>
    name === 'FirstOccurrence' ? index + 1 : limit - index,
  );
  for (const index of order) {
    const found = occurrenceAt(item, index);
    const slot = series.at(index);
    if (found && slot)
      return occurrenceElement(name, item, mailbox, index, found.start, found.end, slot.start);
  }
  return undefined;
}

function modifiedOccurrences(item: Item, mailbox: Mailbox): Stored | undefined {
  const v = (item.occurrences ?? []).flatMap((each) => {
    const found = each.deleted ? undefined : occurrenceAt(item, each.index);
    return found
      ? [
          occurrenceElement(
            'Occurrence',
            item,
            mailbox,
            each.index,
            found.start,
            found.end,
            each.originalStart,
          ),
        ]
      : [];
  });
  return v.length > 0 ? { n: 'ModifiedOccurrences', v } : undefined;
}

function deletedOccurrences(item: Item): Stored | undefined {
  const v = (item.occurrences ?? [])
    .filter((each) => each.deleted)
    .map((each) => ({ n: 'DeletedOccurrence', v: [{ n: 'Start', v: each.originalStart }] }));
  return v.length > 0 ? { n: 'DeletedOccurrences', v } : undefined;
}
