import { momentOf, wallClock } from '../../domain/zoned-time';

/** Names of time zones that a form offers, in order. */
export const timeZones: readonly string[] = [
  ...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC']),
].sort();

/** Whether this machine knows a time zone of that name, also one that `timeZones` does not list. */
export function isTimeZone(name: string): boolean {
  try {
    return wallClock(new Date(0), name).year > 0;
  } catch {
    return false;
  }
}

/** What clocks in the zone show, as a field of a form holds it: `YYYY-MM-DDTHH:MM`. */
export function localText(at: Date, timeZone: string): string {
  const { year, month, day, hour, minute } = wallClock(at, timeZone);
  return new Date(Date.UTC(year, month - 1, day, hour, minute)).toISOString().slice(0, 16);
}

/** The moment at which clocks in the zone show such a text; `undefined` where they never do. */
export function momentOfText(text: string, timeZone: string): Date | undefined {
  const [, year, month, day, hour, minute] =
    /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})$/.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const moment = momentOf({ year, month, day, hour: hour ?? 0, minute: minute ?? 0 }, timeZone);
  return localText(moment, timeZone) === text ? moment : undefined;
}

/** Whether `YYYY-MM-DD` is a day of the calendar. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}
