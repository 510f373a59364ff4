import { noCounters } from '../../src/domain/item-counts';
import { moveOutcome } from '../../src/domain/move-outcome';

describe('moveOutcome', () => {
  it('is whole, or whole but for a filter, after a clean end', () => {
    expect(moveOutcome('completed', { ...noCounters, found: 3, copied: 3 })).toEqual({ kind: 'whole' });
    expect(moveOutcome('completed', { ...noCounters, found: 3, filtered: 3 })).toEqual({
      kind: 'filtered',
      count: 3,
    });
  });

  it('counts the items that are not there', () => {
    const counts = { ...noCounters, found: 5, copied: 2, skipped: 1, failed: 2 };
    expect(moveOutcome('completedWithIssues', counts)).toEqual({ kind: 'issues', count: 3 });
  });

  it('is unproven, and never whole, where no item is named but the end was not clean', () => {
    expect(moveOutcome('completedWithIssues', { ...noCounters, found: 3, copied: 3 })).toEqual({
      kind: 'unproven',
    });
    expect(moveOutcome('completedWithIssues', undefined)).toEqual({ kind: 'unproven' });
  });
});
