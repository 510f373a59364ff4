import type { VerifyCounts } from './migration';

/** What comparisons of a pass found and the next comparison found no more, as it had been mended. */
export type MendedCounts = Pick<VerifyCounts, 'missing' | 'unrecorded' | 'doubled'>;

export const nothingMended: Readonly<MendedCounts> = { missing: 0, unrecorded: 0, doubled: 0 };

/**
 * What is mended after a further comparison: at least so many, as others may have come in the place of what was mended.
 *
 * @param before what the comparison before found
 */
export function mendedBy(
  mended: MendedCounts,
  before: MendedCounts,
  { missing, unrecorded, doubled }: MendedCounts,
): MendedCounts {
  return {
    missing: mended.missing + Math.max(0, before.missing - missing),
    unrecorded: mended.unrecorded + Math.max(0, before.unrecorded - unrecorded),
    doubled: mended.doubled + Math.max(0, before.doubled - doubled),
  };
}
