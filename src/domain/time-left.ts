/** How far a copy was at some moment; the times are one machine's. */
export interface ProgressSample {
  at: Date;
  done: number;
  of: number;
}

const leastSpanMs = 2 * 60 * 1000;
const windowMs = 5 * 60 * 1000;
/** The two halves of the window may differ by this factor. */
const steadiness = 1.6;
/** What there is to do may have grown by this part within the window. */
const growth = 0.05;

/**
 * The time that is left, said only where it is honest: two minutes or more of steady rate towards an end that stands still.
 *
 * @param samples oldest first
 * @returns absent where nobody can tell
 */
export function timeLeftMs(samples: readonly ProgressSample[]): number | undefined {
  const last = samples.at(-1);
  const perMs = steadyRate(samples);
  return last === undefined || perMs === undefined ? undefined : Math.max(0, last.of - last.done) / perMs;
}

/** How much is done in a millisecond; absent where `timeLeftMs` is. */
export function steadyRate(samples: readonly ProgressSample[]): number | undefined {
  const last = samples.at(-1);
  if (last === undefined) return undefined;
  const recent = samples.filter(({ at }) => last.at.getTime() - at.getTime() <= windowMs);
  const first = recent[0] ?? last;
  const spanMs = last.at.getTime() - first.at.getTime();
  if (spanMs < leastSpanMs || last.of <= 0 || last.of > first.of * (1 + growth)) return undefined;
  const middle = nearest(recent, first.at.getTime() + spanMs / 2);
  const [early, late] = [rate(first, middle), rate(middle, last)];
  if (!(early > 0 && late > 0) || Math.max(early, late) > steadiness * Math.min(early, late))
    return undefined;
  return rate(first, last);
}

function rate(from: ProgressSample, to: ProgressSample): number {
  return (to.done - from.done) / (to.at.getTime() - from.at.getTime());
}

function nearest(samples: readonly ProgressSample[], atMs: number): ProgressSample {
  return samples.reduce((best, sample) =>
    Math.abs(sample.at.getTime() - atMs) < Math.abs(best.at.getTime() - atMs) ? sample : best,
  );
}
