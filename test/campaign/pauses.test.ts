import { Pauses } from './pauses';

describe('a pause in a run of the campaign', () => {
  it('is ended at once where no more faults are to come', () => {
    expect(new Pauses().isToEnd('paused', true, 0)).toBe(true);
  });

  it('is ended after a while where faults are still due, which nothing would bring nearer', () => {
    const pauses = new Pauses();
    expect([0, 9000, 11_000].map((ms) => pauses.isToEnd('paused', false, ms))).toEqual([false, false, true]);
  });

  it('begins anew after each time in which nothing was paused', () => {
    const pauses = new Pauses();
    pauses.isToEnd('paused', false, 0);
    expect(pauses.isToEnd('working', true, 9000)).toBe(false);
    expect(pauses.isToEnd('paused', false, 11_000)).toBe(false);
  });
});
