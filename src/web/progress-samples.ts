import { progressOf } from '../domain/migration';
import type { ProgressSample } from '../domain/time-left';
import type { CountersProjection } from '../models/mail-users';

const mostUsers = 1000;
const mostSamples = 80;
const apartMs = 4000;
/** Who copies writes his counters each few seconds; after so long without he may be gone. */
const silentMs = 60_000;

interface Seen {
  run: string;
  samples: ProgressSample[];
  /** When this process first saw the newest counters, by its own clock that never goes back, ms. */
  newsAtMs: number;
  newest: number;
}

/**
 * The progress that pages of this process have seen, from which the time left is told. Bounded; what is lost with the process only
 * makes the next page wait two minutes.
 */
export class ProgressSamples {
  private readonly seen = new Map<string, Seen>();

  /** @param now a clock that never goes back, ms */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @returns the samples of this opening of the mailbox, oldest first, with this one; none where it has not been heard of lately */
  add(mailUserId: string, counters: CountersProjection): readonly ProgressSample[] {
    const run = `${counters.epoch}.${counters.opening}`;
    const before = this.seen.get(mailUserId);
    const samples = before?.run === run ? before.samples : [];
    const newest = counters.at.getTime();
    const isNews = before?.run !== run || before.newest !== newest;
    const newsAtMs = isNews ? this.now() : before.newsAtMs;
    const last = samples.at(-1);
    if (last === undefined || counters.at.getTime() - last.at.getTime() >= apartMs) {
      const { done, of } = progressOf(counters);
      samples.push({ at: counters.at, done, of });
    }
    this.seen.delete(mailUserId);
    this.seen.set(mailUserId, { run, samples: samples.slice(-mostSamples), newsAtMs, newest });
    for (const oldest of this.seen.keys()) {
      if (this.seen.size <= mostUsers) break;
      this.seen.delete(oldest);
    }
    return this.now() - newsAtMs > silentMs ? [] : samples;
  }
}
