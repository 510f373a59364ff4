import type { ThroughputMinute } from '../../models/throughput';
import type { Language, Translate } from '../../locales';
import { bytesText, numberText } from '../for-people';

const minuteMs = 60_000;
/** What **now** is: the minute that is under way and those before it, so many together. */
export const nowMinutes = 5;
const barMinutes = 30;
export const bars = 48;
const barWidth = 10;
const height = 60;

type Minute = Omit<ThroughputMinute, '_id'>;

export interface ThroughputChart {
  name: 'items' | 'bytes';
  now: string;
  most: string;
  /** Bars from the left, the oldest first; a minute's average over half an hour each. */
  bars: { x: number; y: number; height: number; title: string }[];
  width: number;
  height: number;
}

/** What is copied a minute: over the last minutes, and in each half hour of the last day. */
export function throughputView(
  minutes: readonly Minute[],
  now: Date,
  { t, language }: { t: Translate; language: Language },
): ThroughputChart[] {
  const texts = {
    items: (value: number) =>
      t('admin.overview.throughput.items', { amount: numberText(Math.round(value), language) }),
    bytes: (value: number) =>
      t('admin.overview.throughput.bytes', { amount: bytesText(Math.round(value), language) }),
  };
  const valueOf = { items: ({ items }: Minute) => items, bytes: ({ sizeBytes }: Minute) => sizeBytes };
  return (['items', 'bytes'] as const).map((name) => {
    const perBar = perMinute(minutes, now, valueOf[name]);
    const most = Math.max(...perBar);
    return {
      name,
      now: texts[name](nowOf(minutes, now, valueOf[name])),
      most: texts[name](most),
      bars: perBar.map((value, place) => barOf(value, most, place, texts[name](value))),
      width: bars * barWidth,
      height,
    };
  });
}

function perMinute(minutes: readonly Minute[], now: Date, valueOf: (minute: Minute) => number): number[] {
  const sums = new Array<number>(bars).fill(0);
  for (const minute of minutes) {
    const ago = Math.floor((now.getTime() - minute.at.getTime()) / (barMinutes * minuteMs));
    const place = bars - 1 - ago;
    if (place >= 0 && place < bars) sums[place] = (sums[place] ?? 0) + valueOf(minute);
  }
  return sums.map((sum) => sum / barMinutes);
}

/** The minute that is under way counts for as much of it as has passed. */
function nowOf(minutes: readonly Minute[], now: Date, valueOf: (minute: Minute) => number): number {
  const since = (Math.floor(now.getTime() / minuteMs) - (nowMinutes - 1)) * minuteMs;
  const recent = minutes.filter(({ at }) => at.getTime() >= since && at <= now);
  const sum = recent.reduce((copied, minute) => copied + valueOf(minute), 0);
  return (sum * minuteMs) / (now.getTime() - since);
}

function barOf(value: number, most: number, place: number, title: string) {
  // What is more than nothing is seen.
  const tall = value === 0 ? 0 : Math.max(1, Math.round((value / most) * height));
  return { x: place * barWidth, y: height - tall, height: tall, title };
}
