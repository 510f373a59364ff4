import {
  placesAfterThrottle,
  spreadMs,
  throttleLeftMs,
  type ConnectorThrottle,
} from '../../src/domain/connector-wait';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 23) + seconds * 1000);
const throttle: ConnectorThrottle = { until: at(300), waitMs: 300_000, code: 'HTTP 503' };

describe('a wait of a connector', () => {
  it('is over by itself', () => {
    expect([0, 100, 300, 9_999].map((now) => throttleLeftMs(throttle, at(now)))).toEqual([
      300_000, 200_000, 0, 0,
    ]);
    expect(throttleLeftMs(undefined, at(0))).toBe(0);
  });

  it('is never longer than the server named, however the clocks of the workers differ', () => {
    expect(throttleLeftMs(throttle, at(-3600))).toBe(300_000);
  });

  it('ends for each mailbox a little later, evenly spread and in another order each time', () => {
    const keys = Array.from({ length: 2_000 }, (_, n) => `mailbox ${n}`);
    const spreads = keys.map((key) => spreadMs(key, throttle));
    const eighths = Array.from(
      { length: 8 },
      (_, eighth) => spreads.filter((ms) => Math.floor(ms / 3750) === eighth).length,
    );
    for (const count of eighths) expect(count).toBeGreaterThan(200);
    expect(Math.max(...spreads)).toBeLessThan(30_000);
    expect(Math.max(...keys.map((key) => spreadMs(key, { ...throttle, waitMs: 2_000 })))).toBeLessThan(1_000);
    expect(keys.map((key) => spreadMs(key, { ...throttle, until: at(301) }))).not.toEqual(spreads);
  });

  it('lets no mailbox in while it lasts, and one after the other afterwards', () => {
    const places = (now: number, granted: number) =>
      placesAfterThrottle(throttle, throttleLeftMs(throttle, at(now)), 20, granted, at(now));
    expect([places(0, 0), places(299, 5)]).toEqual([0, 0]);
    expect([places(300, 0), places(300, 1), places(303, 1), places(303, 3)]).toEqual([1, 0, 2, 0]);
    expect(places(3600, 0)).toBe(20);
    expect(placesAfterThrottle(undefined, 0, 20, 7, at(0))).toBe(20);
  });
});
