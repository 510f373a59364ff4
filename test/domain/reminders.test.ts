import { reminderTimes } from '../../src/domain/reminders';

const day = 24 * 60 * 60_000;
const rule = { afterMs: [3 * day, 10 * day], timeOfDay: '09:00', timeZone: 'Europe/Berlin' };
const sentAt = new Date('2026-03-23T15:40:00Z');
const texts = (times: Date[]) => times.map((time) => time.toISOString());

describe('reminders', () => {
  it('go out in the morning after their days have passed, in the zone of the organisation and over a change of its clocks', () => {
    const before = new Date(sentAt.getTime() + 21 * day);
    expect(texts(reminderTimes(rule, sentAt, before))).toEqual([
      '2026-03-27T08:00:00.000Z',
      '2026-04-03T07:00:00.000Z',
    ]);
  });

  it('go out at that very hour where the mail went out then', () => {
    const morning = new Date('2026-03-23T08:00:00Z');
    expect(texts(reminderTimes(rule, morning, new Date('2026-03-28T00:00:00Z')))).toEqual([
      '2026-03-26T08:00:00.000Z',
    ]);
  });

  it('do not go out when the link no longer signs in', () => {
    expect(reminderTimes(rule, sentAt, new Date(sentAt.getTime() + 2 * day))).toEqual([]);
  });

  it('go out once where two of them fall on the same morning', () => {
    const close = { ...rule, afterMs: [day, day + 60_000] };
    expect(reminderTimes(close, sentAt, new Date(sentAt.getTime() + 21 * day))).toHaveLength(1);
  });

  it('go out to the moment where they are due in less than a day', () => {
    const quick = { ...rule, afterMs: [2000] };
    expect(texts(reminderTimes(quick, sentAt, new Date(sentAt.getTime() + day)))).toEqual([
      '2026-03-23T15:40:02.000Z',
    ]);
  });
});
