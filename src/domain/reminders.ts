import { momentOf, wallClock } from './zoned-time';

/** When those who have not signed in are reminded. */
export interface ReminderRule {
  /** After the mail that asked first; each greater than the one before. */
  afterMs: readonly number[];
  /** `HH:MM`: waits of a day and more are drawn out to this time of day. */
  timeOfDay: string;
  /** IANA name. */
  timeZone: string;
}

const dayMs = 24 * 60 * 60_000;

/**
 * When reminders go out, in order; none at or after `before`, when the link no longer signs in.
 */
export function reminderTimes(
  { afterMs, timeOfDay, timeZone }: ReminderRule,
  sentAt: Date,
  before: Date,
): Date[] {
  const times = afterMs.map((wait) => {
    const due = new Date(sentAt.getTime() + wait);
    return wait < dayMs ? due : nextTimeOfDay(due, timeOfDay, timeZone);
  });
  return times.filter((time, n) => time < before && time.getTime() !== times[n - 1]?.getTime());
}

function nextTimeOfDay(from: Date, timeOfDay: string, timeZone: string): Date {
  const [hour = 0, minute = 0] = timeOfDay.split(':').map(Number);
  const { year, month, day } = wallClock(from, timeZone);
  const today = momentOf({ year, month, day, hour, minute }, timeZone);
  return today >= from ? today : momentOf({ year, month, day: day + 1, hour, minute }, timeZone);
}
