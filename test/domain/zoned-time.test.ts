import { momentOf, wallClock, weekdayOf } from '../../src/domain/zoned-time';

const berlin = 'Europe/Berlin';
const at = (year: number, month: number, day: number, hour: number, minute: number) => ({
  year,
  month,
  day,
  hour,
  minute,
});

describe('the time of day in a zone', () => {
  it.each([
    ['in winter', at(2026, 1, 15, 19, 0), '2026-01-15T18:00:00.000Z'],
    ['in summer', at(2026, 7, 15, 19, 0), '2026-07-15T17:00:00.000Z'],
    ['at midnight', at(2026, 7, 15, 0, 0), '2026-07-14T22:00:00.000Z'],
    ['twice in an autumn night: the first', at(2026, 10, 25, 2, 30), '2026-10-25T00:30:00.000Z'],
    ['never in a spring night: as long after', at(2026, 3, 29, 2, 30), '2026-03-29T01:30:00.000Z'],
  ])('is one moment %s', (_when, wall, moment) => {
    expect(momentOf(wall, berlin).toISOString()).toBe(moment);
  });

  it('is what a clock on the wall shows at that moment, over a whole year and in zones of half hours', () => {
    for (const zone of [berlin, 'Asia/Kolkata', 'America/St_Johns', 'Pacific/Chatham', 'UTC'])
      for (let hour = 0; hour < 365 * 24; hour += 7) {
        const moment = new Date(Date.UTC(2026, 0, 1, hour));
        const again = momentOf(wallClock(moment, zone), zone);
        // An hour that clocks show twice is taken as the first of the two.
        expect([0, 3_600_000, 1_800_000]).toContain(moment.getTime() - again.getTime());
      }
  });

  it('runs into the next month where the day is past the last one', () => {
    expect(momentOf(at(2026, 1, 32, 9, 0), berlin)).toEqual(momentOf(at(2026, 2, 1, 9, 0), berlin));
  });

  it('counts the days of the week from Monday', () => {
    expect([23, 28, 29].map((day) => weekdayOf(at(2026, 11, day, 0, 0)))).toEqual([1, 6, 7]);
  });

  it('is refused for a zone that is none', () => {
    expect(() => wallClock(new Date(0), 'Mars/Olympus')).toThrow(RangeError);
  });
});
