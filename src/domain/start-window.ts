import { momentOf, wallClock, weekdayOf, type WallClock } from './zoned-time';

/** When mailboxes may be copied: each of `days` from `from` on, until `to` of the same or the next day. */
export interface StartWindow {
  /** `HH:MM` or `HH:MM:SS`, 00:00 to 23:59:59. */
  from: string;
  /** As `from`; at or before `from` it is that of the next day. */
  to: string;
  /** The days it opens on: 1 Monday to 7 Sunday, at least one. */
  days: number[];
  /** IANA name, for example `Europe/Berlin`. */
  timeZone: string;
}

/**
 * Whether windows are open together, and until when that stays so. Open without `until`: for good. Closed without `until`: within two
 * weeks there is no moment at which all of them are open, which only a change of clocks or of the windows will mend.
 */
export interface WindowState {
  isOpen: boolean;
  until?: Date;
}

/** From one moment to another, ms since 1970; the end does not belong to it. */
type Span = readonly [from: number, to: number];

const day = 24 * 60 * 60_000;
/** Weeks repeat; what a change of clocks shifts is seen at the next look. */
const lookAheadDays = 15;

/** The state of all these windows together; none of them is one that is always open. */
export function windowsAt(windows: readonly StartWindow[], now: Date): WindowState {
  const at = now.getTime();
  const spans = windows.map((window) => spansOf(window, now));
  const isOpenAt = (moment: number) => spans.every((own) => spanAt(own, moment) !== undefined);
  if (isOpenAt(at)) {
    const end = Math.min(...spans.map((own) => spanAt(own, at)?.[1] ?? at));
    return { isOpen: true, ...(end < at + (lookAheadDays - 1) * day && { until: new Date(end) }) };
  }
  const next = spans
    .flatMap((own) => own.map(([from]) => from))
    .filter((from) => from > at)
    .sort((a, b) => a - b)
    .find(isOpenAt);
  return { isOpen: false, ...(next !== undefined && { until: new Date(next) }) };
}

function spanAt(spans: readonly Span[], moment: number): Span | undefined {
  return spans.find(([from, to]) => from <= moment && moment < to);
}

/** When a window is open around and after `now`, in order; those that touch are one. */
function spansOf({ from, to, days, timeZone }: StartWindow, now: Date): Span[] {
  const today = wallClock(now, timeZone);
  const spans: Span[] = [];
  for (let ahead = -2; ahead <= lookAheadDays; ahead += 1) {
    const date = { ...today, day: today.day + ahead };
    if (!days.includes(weekdayOf(date))) continue;
    const opens = momentOf(at(date, from), timeZone).getTime();
    const closes = momentOf(at(to > from ? date : { ...date, day: date.day + 1 }, to), timeZone).getTime();
    const last = spans.at(-1);
    if (last !== undefined && opens <= last[1])
      spans[spans.length - 1] = [last[0], Math.max(last[1], closes)];
    else spans.push([opens, closes]);
  }
  return spans;
}

function at(date: WallClock, time: string): WallClock {
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
  return { ...date, hour, minute, second };
}
