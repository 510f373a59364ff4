import { partsOf, type TurnsTold } from '../../src/domain/turn-parts';

const told = (...all: [mailboxes: number, requests: number][]): Map<string, TurnsTold> =>
  new Map(all.map(([mailboxes, requests], at) => [`${at}`, { mailboxes, requests, isLimited: true }]));
const round = 30_000;
/** Round 0 is one in which one more is tried. */
const nowMs = round;

describe('the parts of several processes', () => {
  it('are by the number of mailboxes, and together what all have', () => {
    expect([...partsOf(told([1, 9], [2, 0]), nowMs).values()]).toEqual([3, 6]);
    expect([...partsOf(told([5, 1], [5, 3], [5, 2]), nowMs).values()]).toEqual([2, 2, 2]);
  });

  it('have what does not divide evenly go round, so that it is even over time', () => {
    const sums = [0, 0];
    for (let at = 1; at <= 400; at += 1) {
      const parts = [...partsOf(told([3, 2], [3, 1]), at * round).values()];
      parts.forEach((part, place) => (sums[place] = (sums[place] ?? 0) + part));
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(at % 4 === 0 ? 4 : 3);
    }
    const [first = 0, second = 0] = sums;
    expect(Math.abs(first - second)).toBeLessThan(20);
  });

  it('are the same whoever reckons them, and in whatever order they were told', () => {
    const all = told([2, 5], [3, 1], [4, 4]);
    expect(partsOf(new Map([...all].reverse()), nowMs)).toEqual(partsOf(all, nowMs));
  });

  it('are one at least, and none where nobody has met a limit', () => {
    expect([...partsOf(told([1, 1], [9, 0]), nowMs).values()]).toEqual([1, 1]);
    const free = new Map([['a', { mailboxes: 2, requests: 40, isLimited: false }]]);
    expect(partsOf(free, nowMs)).toEqual(new Map());
  });
});
