import { DAYS, MONTHS } from '../day-names';
import type { Random } from '../random';
import type { Mailbox, NewItem } from '../store/mailbox';
import type { Occurrence, Stored } from '../store/records';
import { bodyOf, fieldsOf, mailboxOf, newItem, property, someCategories } from './records';
import { isoSeconds, pastDate, person, sentence, words } from './words';

const DAY_S = 86_400;
const ZONES = [
  ['W. Europe Standard Time', '(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna'],
  ['UTC', '(UTC) Coordinated Universal Time'],
  ['Tokyo Standard Time', '(UTC+09:00) Osaka, Sapporo, Tokyo'],
  ['Eastern Standard Time', '(UTC-05:00) Eastern Time (US & Canada)'],
] as const;

/** Single and all-day appointments, meetings with attendees, series with changed and deleted dates, private ones. */
export function appointment(mailbox: Mailbox, random: Random, folder: number, number: number): NewItem {
  const created = pastDate(random);
  const allDay = number % 7 === 3;
  const day = Math.floor(Date.parse(created) / 1000 / DAY_S) * DAY_S + random.int(1, 60) * DAY_S;
  const start = allDay ? day : day + random.int(14, 36) * 1800;
  const end = allDay ? day + random.int(1, 4) * DAY_S : start + random.int(1, 6) * 1800;
  const recurrence = number % 4 === 1 ? recurrenceFrom(random, start, number) : undefined;
  const [id, name] = random.pick(ZONES);
  const fields = fieldsOf([
    property('Subject', sentence(random)),
    someCategories(random, 0.25),
    property('Sensitivity', random.chance(0.1) ? 'Private' : 'Normal'),
    random.chance(0.1) ? property('Importance', 'High') : undefined,
    property('ReminderIsSet', String(random.chance(0.7))),
    property('ReminderMinutesBeforeStart', String(random.pick([0, 5, 15, 60, 1440]))),
    property('UID', `040000008200E00074C5B7101A82E008${random.hex(40).toUpperCase()}`),
    property('DateTimeStamp', created),
    property('Start', isoSeconds(start)),
    property('End', isoSeconds(end)),
    property('IsAllDayEvent', String(allDay)),
    property('LegacyFreeBusyStatus', random.pick(['Busy', 'Free', 'Tentative', 'OOF'])),
    property('Location', random.pick(['Room 1', 'Köln', '東京 <3F>', 'https://meet.example/?a=1&b=2', ''])),
    ...meeting(random, number),
    recurrence,
    property('StartTimeZone', '', { Id: id, Name: name }),
    property('EndTimeZone', '', { Id: id, Name: name }),
  ]);
  const occurrences = recurrence && number % 8 === 1 ? exceptions(random, start, end, recurrence) : undefined;
  return newItem(random, {
    folder,
    element: 'CalendarItem',
    itemClass: 'IPM.Appointment',
    created,
    fields,
    body: bodyOf(mailbox, random, random.chance(0.5)),
    ...(occurrences ? { occurrences } : {}),
  });
}

function meeting(random: Random, number: number): (Stored | undefined)[] {
  if (number % 3 !== 0) return [];
  const responses = ['Unknown', 'Accept', 'Decline', 'Tentative', 'NoResponseReceived'];
  const attendee = (): Stored =>
    property('Attendee', [mailboxOf(person(random)), property('ResponseType', random.pick(responses))]);
  const invited = number % 6 === 0;
  return [
    property('IsMeeting', 'true'),
    property('MeetingRequestWasSent', String(!invited)),
    property(
      'MyResponseType',
      invited ? random.pick(['Accept', 'Tentative', 'NoResponseReceived']) : 'Organizer',
    ),
    invited ? property('Organizer', [mailboxOf(person(random))]) : undefined,
    property('RequiredAttendees', Array.from({ length: random.int(1, 6) }, attendee)),
    random.chance(0.4)
      ? property('OptionalAttendees', Array.from({ length: random.int(1, 3) }, attendee))
      : undefined,
    random.chance(0.2)
      ? property('Resources', [
          property('Attendee', [
            mailboxOf({ name: 'Projector', address: 'projector@contoso.example' }),
            property('ResponseType', 'Accept'),
          ]),
        ])
      : undefined,
  ];
}

/** Daily series are the ones with exceptions, because the date of their n-th occurrence needs no calendar. */
function recurrenceFrom(random: Random, start: number, number: number): Stored {
  const date = new Date(start * 1000);
  const day = DAYS[date.getUTCDay()] ?? 'Monday';
  const month = MONTHS[date.getUTCMonth()] ?? 'January';
  const startDate = property('StartDate', isoSeconds(start).slice(0, 10) + 'Z');
  const numbered = property('NumberedRecurrence', [
    startDate,
    property('NumberOfOccurrences', String(random.int(8, 30))),
  ]);
  if (number % 8 === 1)
    return property('Recurrence', [property('DailyRecurrence', [property('Interval', '1')]), numbered]);
  const pattern = random.pick([
    property('WeeklyRecurrence', [
      property('Interval', String(random.int(1, 2))),
      property('DaysOfWeek', day),
    ]),
    property('AbsoluteMonthlyRecurrence', [
      property('Interval', '1'),
      property('DayOfMonth', String(date.getUTCDate())),
    ]),
    property('RelativeMonthlyRecurrence', [
      property('Interval', '1'),
      property('DaysOfWeek', day),
      property('DayOfWeekIndex', 'Last'),
    ]),
    property('AbsoluteYearlyRecurrence', [
      property('DayOfMonth', String(date.getUTCDate())),
      property('Month', month),
    ]),
  ]);
  const until = property('EndDateRecurrence', [
    startDate,
    property('EndDate', isoSeconds(start + 700 * DAY_S).slice(0, 10) + 'Z'),
  ]);
  return property('Recurrence', [
    pattern,
    random.pick([numbered, until, property('NoEndRecurrence', [startDate])]),
  ]);
}

function exceptions(random: Random, start: number, end: number, recurrence: Stored): Occurrence[] {
  const daily = typeof recurrence.v !== 'string' && recurrence.v[0]?.n === 'DailyRecurrence';
  if (!daily) return [];
  const at = (index: number): string => isoSeconds(start + (index - 1) * DAY_S);
  const shift = (index: number): Record<string, Stored> =>
    fieldsOf([
      property('Subject', `Moved: ${words(random, 3)}`),
      property('Start', isoSeconds(start + (index - 1) * DAY_S + 3600)),
      property('End', isoSeconds(end + (index - 1) * DAY_S + 3600)),
    ]);
  return [
    { index: 2, originalStart: at(2), deleted: false, modSeq: 0, fields: shift(2) },
    { index: 4, originalStart: at(4), deleted: true, modSeq: 0, fields: {} },
    {
      index: 5,
      originalStart: at(5),
      deleted: false,
      modSeq: 0,
      fields: fieldsOf([property('Location', 'Elsewhere')]),
    },
  ];
}
