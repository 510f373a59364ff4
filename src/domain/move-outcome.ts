import { issuesIn, type ItemCounts } from './item-counts';

/** How a move that was gone through to its end has come out, as its user is told. */
export type MoveOutcome =
  /** Everything that was found is in the target. */
  | { kind: 'whole' }
  /** Everything but `count` items that a filter left out. */
  | { kind: 'filtered'; count: number }
  /** `count` items are not in the target and should be. */
  | { kind: 'issues'; count: number }
  /** No item is known to be missing, and yet comparing both mailboxes has not shown that none is. */
  | { kind: 'unproven' };

/** @param counts absent where no figures are kept any more */
export function moveOutcome(
  state: 'completed' | 'completedWithIssues',
  counts: ItemCounts | undefined,
): MoveOutcome {
  const count = counts === undefined ? 0 : issuesIn(counts);
  if (state === 'completedWithIssues') return count > 0 ? { kind: 'issues', count } : { kind: 'unproven' };
  const filtered = counts?.filtered ?? 0;
  return filtered > 0 ? { kind: 'filtered', count: filtered } : { kind: 'whole' };
}
