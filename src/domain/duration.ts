const pattern = /^P(?:(\d+)W|(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?)$/;

/**
 * Milliseconds of an ISO 8601 duration of weeks, or of days, hours, minutes and seconds, such as `P21D` or `PT1M30S`.
 * Years and months are refused because their length depends on the calendar. `undefined` where `text` is no such duration.
 */
export function durationMs(text: string): number | undefined {
  const parts = pattern.exec(text);
  if (parts === null || text === 'P') return undefined;
  const [weeks, days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  const wholeDays = (weeks ?? 0) * 7 + (days ?? 0);
  return Math.round((((wholeDays * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000);
}
