import { dateLocale } from '../dates';

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** `1,234` */
export function numberText(value: number, language: string): string {
  return new Intl.NumberFormat(language).format(value);
}

/** `3.4 GB`; steps of 1,000 as mail servers count. */
export function bytesText(sizeBytes: number, language: string): string {
  const step = sizeBytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(sizeBytes) / 3));
  const value = sizeBytes / 1000 ** step;
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: units[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
}

const spans = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** `30 days`, `90 minutes`: in the largest unit that it is a whole number of. */
export function durationText(ms: number, language: string): string {
  const [unit, length] =
    spans.find(([, each]) => ms >= each && ms % each === 0) ?? (['second', 1000] as const);
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(ms / length);
}

/** `3 minutes ago`, `in 2 days`; within ten seconds `now`. */
export function relativeTime(at: Date, now: Date, language: string): string {
  const distanceMs = at.getTime() - now.getTime();
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  if (Math.abs(distanceMs) < 10_000) return format.format(0, 'second');
  for (const [unit, ms] of spans) {
    if (Math.abs(distanceMs) >= ms) return format.format(Math.trunc(distanceMs / ms), unit);
  }
  return format.format(0, 'second');
}

/** `23 Nov 2026, 14:05:09 UTC`, with the zone named. */
export function exactTime(at: Date, language: string, timeZone: string): string {
  return new Intl.DateTimeFormat(dateLocale(language), {
    dateStyle: 'medium',
    timeStyle: 'long',
    timeZone,
    hour12: false,
  }).format(at);
}
