import { timeLeftMs, type ProgressSample } from '../../src/domain/time-left';

const start = Date.parse('2026-03-14T12:00:00Z');
/** One sample each ten seconds. */
const samples = (...done: number[]): ProgressSample[] =>
  done.map((each, index) => ({ at: new Date(start + index * 10_000), done: each, of: 1000 }));
const steady = (count: number, perSample = 10) =>
  samples(...Array.from({ length: count }, (_, n) => n * perSample));

describe('timeLeftMs', () => {
  it('is what is left at the rate of the last minutes', () => {
    expect(timeLeftMs(steady(13))).toBe(((1000 - 120) / 10) * 10_000);
  });

  it('is not told before two minutes have passed', () => {
    expect(timeLeftMs([])).toBeUndefined();
    expect(timeLeftMs(steady(12))).toBeUndefined();
  });

  it('is not told while the rate swings or nothing moves', () => {
    expect(
      timeLeftMs(samples(...Array.from({ length: 13 }, (_, n) => (n < 7 ? n : n * 20)))),
    ).toBeUndefined();
    expect(timeLeftMs(steady(20, 0))).toBeUndefined();
  });

  it('is not told while more and more is found', () => {
    const growing = steady(20).map((sample, n) => ({ ...sample, of: 1000 + n * 100 }));
    expect(timeLeftMs(growing)).toBeUndefined();
  });

  it('forgets what is older than five minutes', () => {
    const idleThenSteady = samples(...Array.from({ length: 60 }, (_, n) => (n < 29 ? 0 : (n - 28) * 10)));
    expect(timeLeftMs(idleThenSteady)).toBe(((1000 - 310) / 10) * 10_000);
  });

  it('is nothing where more was done than was found', () => {
    expect(timeLeftMs(steady(20, 60))).toBe(0);
  });
});
