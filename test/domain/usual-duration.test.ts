import { usualDuration } from '../../src/domain/usual-duration';

describe('usualDuration', () => {
  it('is the middle half of what earlier moves took, in whatever order they are told', () => {
    const durations = [50, 10, 20, 30, 40, 60, 70, 80, 90, 100, 1_000_000];
    expect(usualDuration(durations)).toEqual({ fromMs: 40, toMs: 90 });
  });

  it('is not known before ten moves have ended', () => {
    expect(usualDuration(Array.from({ length: 9 }, () => 1))).toBeUndefined();
    expect(usualDuration(Array.from({ length: 10 }, () => 7))).toEqual({ fromMs: 7, toMs: 7 });
  });
});
