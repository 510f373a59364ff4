import { DAYS, MONTHS } from '../day-names';
import { fieldChildren, fieldText, partText } from '../store/fields';
import type { Item, Stored } from '../store/records';

/**
 * The dates of a recurring master, by EWS's recurrence patterns. Wall-clock time is kept in UTC: a series across a change
 * of daylight saving shifts by the hour, which no client of the simulator looks at.
 * @see RecurrenceType
 */
export interface Series {
  /** Number of occurrences; absent for a series without an end. */
  readonly count?: number;
  /** The n-th occurrence, 1 being the first; undefined beyond the end. */
  at(index: number): { start: string; end: string } | undefined;
}

const DAY_MS = 86_400_000;
const LIMIT = 1000;
const WEEKS = ['First', 'Second', 'Third', 'Fourth', 'Last'];

const series = new WeakMap<Item, Series>();

export function expand(item: Item): Series {
  let known = series.get(item);
  if (!known) {
    known = compute(item);
    series.set(item, known);
  }
  return known;
}

function compute(item: Item): Series {
  const [pattern, range] = fieldChildren(item.fields, 'Recurrence');
  const start = Date.parse(fieldText(item.fields, 'Start') ?? '');
  const lasts = Date.parse(fieldText(item.fields, 'End') ?? '') - start;
  if (!pattern || !range || Number.isNaN(start)) return { count: 0, at: () => undefined };
  const first = new Date(start);
  const midnight = Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), first.getUTCDate());
  const dates = datesOf(pattern, range, midnight);
  const endless = range.n === 'NoEndRecurrence';
  return {
    ...(endless ? {} : { count: dates.length }),
    at: (index) => {
      const date = dates[index - 1];
      if (date === undefined) return undefined;
      const begins = date + (start - midnight);
      return { start: iso(begins), end: iso(begins + lasts) };
    },
  };
}

const iso = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');

function field(parent: Stored, name: string): string | undefined {
  return partText(parent, name)?.trim();
}

function datesOf(pattern: Stored, range: Stored, first: number): number[] {
  const wanted = range.n === 'NumberedRecurrence' ? Number(field(range, 'NumberOfOccurrences') ?? 1) : LIMIT;
  const until =
    range.n === 'EndDateRecurrence' ? Date.parse((field(range, 'EndDate') ?? '').slice(0, 10)) : Infinity;
  const dates: number[] = [];
  for (const date of candidates(pattern, first)) {
    if (date > until || dates.length >= Math.min(wanted, LIMIT)) break;
    if (date >= first) dates.push(date);
  }
  return dates;
}

function* candidates(pattern: Stored, first: number): Generator<number> {
  const every = Math.max(1, Number(field(pattern, 'Interval') ?? 1));
  const from = new Date(first);
  const year = from.getUTCFullYear();
  const month = from.getUTCMonth();
  for (let step = 0; step < LIMIT * 10; step++) {
    switch (pattern.n) {
      case 'DailyRecurrence':
        yield first + step * every * DAY_MS;
        break;
      case 'WeeklyRecurrence':
        yield* weekDates(pattern, first - from.getUTCDay() * DAY_MS + step * every * 7 * DAY_MS);
        break;
      case 'AbsoluteMonthlyRecurrence':
        yield dayInMonth(year, month + step * every, Number(field(pattern, 'DayOfMonth') ?? 1));
        break;
      case 'RelativeMonthlyRecurrence':
        yield weekdayInMonth(pattern, year, month + step * every);
        break;
      case 'AbsoluteYearlyRecurrence':
        yield dayInMonth(
          year + step,
          MONTHS.indexOf(field(pattern, 'Month') ?? 'January'),
          Number(field(pattern, 'DayOfMonth') ?? 1),
        );
        break;
      case 'RelativeYearlyRecurrence':
        yield weekdayInMonth(pattern, year + step, MONTHS.indexOf(field(pattern, 'Month') ?? 'January'));
        break;
      default:
        return;
    }
  }
}

function weekdays(text: string): Set<number> {
  const named = text.split(/\s+/).flatMap((name) => {
    if (name === 'Day') return [0, 1, 2, 3, 4, 5, 6];
    if (name === 'Weekday') return [1, 2, 3, 4, 5];
    return name === 'WeekendDay' ? [0, 6] : [DAYS.indexOf(name)];
  });
  return new Set(named.filter((day) => day >= 0));
}

function* weekDates(pattern: Stored, sunday: number): Generator<number> {
  const days = weekdays(field(pattern, 'DaysOfWeek') ?? 'Monday');
  for (let day = 0; day < 7; day++) if (days.has(day)) yield sunday + day * DAY_MS;
}

function dayInMonth(year: number, month: number, day: number): number {
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(day, last));
}

function weekdayInMonth(pattern: Stored, year: number, month: number): number {
  const days = weekdays(field(pattern, 'DaysOfWeek') ?? 'Monday');
  const index = WEEKS.indexOf(field(pattern, 'DayOfWeekIndex') ?? 'First');
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const matching = Array.from({ length: last }, (_, day) => Date.UTC(year, month, day + 1)).filter((date) =>
    days.has(new Date(date).getUTCDay()),
  );
  return (index === 4 ? matching.at(-1) : matching[index]) ?? dayInMonth(year, month, 1);
}
