/** The middle half of what earlier moves took. */
export interface UsualDuration {
  fromMs: number;
  toMs: number;
}

/** Fewer say nothing about the next one. */
const least = 10;

/** @returns absent before ten moves have ended */
export function usualDuration(durationsMs: readonly number[]): UsualDuration | undefined {
  if (durationsMs.length < least) return undefined;
  const sorted = [...durationsMs].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.round((sorted.length - 1) * part)] ?? 0;
  return { fromMs: at(0.25), toMs: at(0.75) };
}
