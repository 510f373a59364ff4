import { noMailboxCounters } from '../../src/domain/migration';
import { timeLeftMs } from '../../src/domain/time-left';
import { ProgressSamples } from '../../src/web/progress-samples';

const start = Date.parse('2026-03-14T12:00:00Z');

/** Counters ten seconds apart, by the clock of whoever copies. */
const counters = (n: number, opening = 1) => ({
  ...noMailboxCounters,
  ...{ epoch: 1, opening, at: new Date(start + n * 10_000), activeFolders: [] },
  ...{ folders: 2, found: n * 10, copied: n * 10, remaining: 1000 - n * 10 },
  ...{ foundBytes: n * 1000, copiedBytes: n * 1000, remainingBytes: 100_000 - n * 1000 },
});

describe('the time left on the user’s page', () => {
  let nowMs = 0;
  const seen = new ProgressSamples(() => nowMs);
  const left = (n: number, opening?: number) => timeLeftMs(seen.add('user', counters(n, opening)));

  it('is told after two minutes, and again only two minutes after a mailbox was opened anew', () => {
    for (let n = 0; n < 12; n += 1, nowMs += 10_000) expect(left(n)).toBeUndefined();
    expect(left(12)).toBe(880_000);
    for (let n = 13; n < 25; n += 1, nowMs += 10_000) expect(left(n, 2)).toBeUndefined();
    expect(left(25, 2)).toBe(750_000);
  });

  it('is told no longer once nothing was heard of the copy for a minute', () => {
    nowMs += 59_000;
    expect(left(25, 2)).toBe(750_000);
    nowMs += 2_000;
    expect(left(25, 2)).toBeUndefined();
  });

  it('is told by a web server that has just started after two minutes', () => {
    const fresh = new ProgressSamples(() => nowMs);
    expect(timeLeftMs(fresh.add('user', counters(40)))).toBeUndefined();
    for (let n = 41; n <= 52; n += 1) fresh.add('user', counters(n));
    expect(timeLeftMs(fresh.add('user', counters(52)))).toBe(480_000);
  });
});
