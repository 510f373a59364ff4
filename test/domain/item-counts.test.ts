import {
  agrees,
  countersOf,
  fateOf,
  inTarget,
  issuesIn,
  noCounters,
  sumLines,
  sumOf,
} from '../../src/domain/item-counts';

const counts = { found: 10, copied: 4, alreadyThere: 3, filtered: 1, skipped: 0, failed: 2 };

describe('what became of items', () => {
  it('puts each outcome under one word, and what is in neither mailbox under none', () => {
    expect(fateOf({ kind: 'copied' })).toBe('copied');
    expect(fateOf({ kind: 'copied', alreadyThere: true })).toBe('alreadyThere');
    expect(fateOf({ kind: 'filtered' })).toBe('filtered');
    expect(fateOf({ kind: 'skipped' })).toBe('skipped');
    expect(fateOf({ kind: 'failed' })).toBe('failed');
    expect(fateOf({ kind: 'removed' })).toBeUndefined();
  });

  it('counts as copied what the user of the target has changed since: that is no issue', () => {
    expect(fateOf({ kind: 'skipped', keptTargetId: 't' })).toBe('copied');
  });

  it('adds up, and so do sums', () => {
    expect(agrees(counts)).toBe(true);
    expect(agrees({ ...counts, failed: 3 })).toBe(false);
    expect(sumOf([counts, counts])).toMatchObject({ found: 20, alreadyThere: 6, failed: 4 });
    expect([inTarget(counts), issuesIn(counts)]).toEqual([7, 2]);
  });

  it('shows what was found and copied always, and the rest where there is any', () => {
    expect(sumLines(counts).map(({ word }) => word)).toEqual([
      'found',
      'copied',
      'alreadyThere',
      'filtered',
      'failed',
    ]);
    expect(sumLines(noCounters).map(({ word }) => word)).toEqual(['found', 'copied']);
  });

  it('counts everything in a folder that cannot be copied as failed with it', () => {
    const counters = { ...noCounters, found: 2, copied: 2 };
    expect(countersOf({ itemCount: 5 }, counters)).toBe(counters);
    const refused = countersOf({ itemCount: 5, refused: {} }, counters);
    expect(refused).toMatchObject({ found: 5, copied: 2, failed: 3 });
    expect(agrees(refused)).toBe(true);
    expect(countersOf({ itemCount: 1, refused: {} }, counters)).toBe(counters);
  });

  it('counts those among them that are in place of what is gone from the source and stays in the target', () => {
    const counters = { ...noCounters, found: 100, copied: 100, sourceGone: 60 };
    const refused = countersOf({ itemCount: 90, refused: {} }, counters);
    expect(refused).toMatchObject({ found: 150, copied: 100, failed: 50 });
    expect(agrees(refused)).toBe(true);
  });
});
