import { fateOf, sumOf, type Fate, type FolderCounters } from '../domain/item-counts';
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
    const [was, is] = [before && countedEntry(before), countedEntry(after)];
    if (was) addEntry(sum, was, -1);
    if (is) addEntry(sum, is, 1);
  }
  return sum;
}

/** As much of an entry as its folder's figures depend on. */
export interface CountedEntry {
  fate: Fate;
  sizeBytes: number;
  isSourceGone: boolean;
}

/** @returns `undefined` for what is not counted */
export function countedEntry({ outcome, sizeBytes }: LedgerEntry): CountedEntry | undefined {
  const fate = fateOf(outcome);
  const isSourceGone = 'sourceGone' in outcome && outcome.sourceGone === true;
  return fate && { fate, sizeBytes, isSourceGone };
}

/** Counts an entry, or takes it off. */
export function addEntry(
  sum: FolderCounters,
  { fate, sizeBytes, isSourceGone }: CountedEntry,
  sign: 1 | -1,
): void {
  sum.found += sign;
  sum.foundBytes += sign * sizeBytes;
  sum[fate] += sign;
  if (fate === 'copied' || fate === 'alreadyThere') sum.copiedBytes += sign * sizeBytes;
  if (isSourceGone) sum.sourceGone = (sum.sourceGone ?? 0) + sign;
  // What was left out before these sizes were counted is never taken off them.
  if (fate === 'filtered') sum.filteredBytes = Math.max(0, (sum.filteredBytes ?? 0) + sign * sizeBytes);
}

/** The figures of two parts of a folder together. */
export function addUpCounters(some: FolderCounters, others: FolderCounters): FolderCounters {
  return {
    ...sumOf([some, others]),
    foundBytes: some.foundBytes + others.foundBytes,
    copiedBytes: some.copiedBytes + others.copiedBytes,
    filteredBytes: (some.filteredBytes ?? 0) + (others.filteredBytes ?? 0),
    sourceGone: (some.sourceGone ?? 0) + (others.sourceGone ?? 0),
  };
}
