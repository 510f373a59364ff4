import { fateOf, type FolderCounters } from '../domain/item-counts';
import type { LedgerEntry } from './ledger';

/** Each entry of a parcel with what stood in the ledger for its key before; absent where nothing did. */
export interface Step {
  before?: LedgerEntry;
  after: LedgerEntry;
}

/** The counters after these steps. */
export function counted(counters: FolderCounters, steps: readonly Step[]): FolderCounters {
  const sum = { ...counters };
  for (const { before, after } of steps) {
    if (before) add(sum, before, -1);
    add(sum, after, 1);
  }
  return sum;
}

function add(sum: FolderCounters, { outcome, sizeBytes }: LedgerEntry, sign: 1 | -1): void {
  const fate = fateOf(outcome);
  if (fate === undefined) return;
  sum.found += sign;
  sum.foundBytes += sign * sizeBytes;
  sum[fate] += sign;
  if (fate === 'copied' || fate === 'alreadyThere') sum.copiedBytes += sign * sizeBytes;
  if ('sourceGone' in outcome && outcome.sourceGone) sum.sourceGone = (sum.sourceGone ?? 0) + sign;
  // What was left out before these sizes were counted is never taken off them.
  if (fate === 'filtered') sum.filteredBytes = Math.max(0, (sum.filteredBytes ?? 0) + sign * sizeBytes);
}
