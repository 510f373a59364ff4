/** A date and time of day as a clock on the wall of a time zone shows it. */
export interface WallClock {
  year: number;
  /** 1 to 12. */
  month: number;
  /** 1 to 31; larger or smaller ones run into the months beside it, as in `Date.UTC`. */
  day: number;
  hour: number;
  minute: number;
  /** Absent: 0. */
  second?: number;
}

/** What clocks in the zone show at a moment; seconds are cut off. @param timeZone IANA name; throws `RangeError` for another */
export function wallClock(at: Date, timeZone: string): WallClock {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN } = parts;
  return { year, month, day, hour, minute };
}

/**
 * The moment at which clocks in the zone show this. Where they show it twice, the first time; where they skip it, as long after the
 * skip as it lies behind the skip's beginning.
 */
export function momentOf(wall: WallClock, timeZone: string): Date {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second ?? 0);
  const day = 24 * 60 * 60_000;
  const before = asUtc - offsetMs(asUtc - day, timeZone);
  const after = asUtc - offsetMs(asUtc + day, timeZone);
  const shown = [before, after]
    .sort((a, b) => a - b)
    .find((moment) => moment + offsetMs(moment, timeZone) === asUtc);
  return new Date(shown ?? before);
}

/** 1 Monday to 7 Sunday. */
export function weekdayOf({ year, month, day }: WallClock): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() || 7;
}

/** How far clocks in the zone are ahead of UTC. */
function offsetMs(atMs: number, timeZone: string): number {
  const minute = 60_000;
  const at = Math.floor(atMs / minute) * minute;
  const { year, month, day, hour, minute: minutes } = wallClock(new Date(at), timeZone);
  return Date.UTC(year, month - 1, day, hour, minutes) - at;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const numeric = 'numeric';
  const format = new Intl.DateTimeFormat('en-GB-u-ca-iso8601', {
    ...{ year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric },
    hourCycle: 'h23',
    timeZone,
  });
  formats.set(timeZone, format);
  return format;
}
