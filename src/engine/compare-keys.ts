import type { PutChange } from '../connectors/connector';
import { fates, noCounters, type FolderCounters } from '../domain/item-counts';
import { addEntry, countedEntry, type CountedEntry } from './folder-counters';
import { KeyTable, printOf } from './key-table';
import type { LedgerEntry, StampedItem } from './ledger';
import type { FolderVerdict } from './verify-findings';
import { unknownVersion } from './works';

/** What is noted of a key; the others are prints of what its newest entry in the ledger says. */
type Column = 'targetId' | 'targetChangeKey' | 'changeKey' | 'size' | 'marks';
const columns: Column[] = ['targetId', 'targetChangeKey', 'changeKey', 'size', 'marks'];

/** The newest entry: copied, left as its user has changed it, neither while the source has it, or not to be in the target. */
const copied = 1;
const kept = 2;
const uncopied = 4;
const absent = 8;
/** Its own item stands in the target; and is as it was written. */
const there = 16;
const asWritten = 32;
/** The source has it in a version that the ledger does not account for; and has told of it since the watermark. */
const unaccounted = 64;
const later = 128;
const odd = 256;
/** Under which figure its newest entry is counted, from 1; whether its source is known to have it no more. */
const fateBits = { shift: 9, mask: 7 } as const;
const sourceGone = 4096;

const greatestSize = 2 ** 32 - 1;

const anyVersion = printOf(unknownVersion);

/**
 * Compares what ledger, target and source say of the keys of a folder, to be told in this order. Of a key on which they agree, or which
 * only the target's user or a later arrival tells apart, that is all there is to be known, and it takes some forty bytes. Any other is odd.
 */
export class KeyComparison {
  /** The figures of all that was recorded. */
  readonly counters: FolderCounters = { ...noCounters };
  private readonly table: KeyTable<Column>;

  static bytes(keys: number): number {
    return KeyTable.bytes(columns.length, keys);
  }

  constructor(expected: number) {
    this.table = new KeyTable(columns, expected);
  }

  /** An entry of the ledger, in `seq` order. */
  recorded(entry: LedgerEntry): void {
    const { sourceKey, changeKey, outcome } = entry;
    const row = this.table.add(sourceKey);
    const before = this.countedIn(row);
    if (before) addEntry(this.counters, before, -1);
    this.table.set(row, 'changeKey', printOf(changeKey));
    if (outcome.kind === 'copied') {
      this.table.set(row, 'targetId', printOf(outcome.targetId));
      this.table.set(row, 'targetChangeKey', printOf(outcome.targetChangeKey));
      this.table.set(row, 'marks', copied);
    } else if (outcome.kind === 'skipped' && outcome.keptTargetId !== undefined) {
      this.table.set(row, 'targetId', printOf(outcome.keptTargetId));
      this.table.set(row, 'marks', kept);
    } else {
      const isAbsent = outcome.kind === 'removed' || outcome.kind === 'filtered';
      this.table.set(row, 'marks', isAbsent ? absent : uncopied);
    }
    this.count(row, countedEntry(entry));
  }

  private count(row: number, counted: CountedEntry | undefined): void {
    if (counted === undefined) return;
    const sizeBytes = Math.min(greatestSize, counted.sizeBytes);
    this.table.set(row, 'size', sizeBytes);
    this.mark(row, (fates.indexOf(counted.fate) + 1) << fateBits.shift);
    if (counted.isSourceGone) this.mark(row, sourceGone);
    addEntry(this.counters, { ...counted, sizeBytes }, 1);
  }

  private countedIn(row: number): CountedEntry | undefined {
    const fate = fates[((this.table.get(row, 'marks') >> fateBits.shift) & fateBits.mask) - 1];
    const sizeBytes = this.table.get(row, 'size');
    return fate && { fate, sizeBytes, isSourceGone: this.has(row, sourceGone) };
  }

  /** An item of the target folder with a stamp of this folder. */
  stands({ targetId, targetChangeKey, stamp }: StampedItem): void {
    const row = this.table.add(stamp.sourceKey);
    const isOwn = this.has(row, copied | kept) && this.table.get(row, 'targetId') === printOf(targetId);
    // A second one too, whatever it is.
    this.mark(row, !isOwn || this.has(row, there) ? odd : there);
    if (!this.has(row, copied) || this.table.get(row, 'targetChangeKey') !== printOf(targetChangeKey)) return;
    const isVersion =
      this.table.get(row, 'changeKey') === anyVersion ||
      this.table.get(row, 'changeKey') === printOf(stamp.changeKey);
    this.mark(row, isVersion ? asWritten : odd);
  }

  /** What the source lists. */
  listed({ sourceKey, changeKey }: Pick<PutChange, 'sourceKey' | 'changeKey'>): void {
    const known = this.table.find(sourceKey);
    if (known !== undefined) {
      if (this.has(known, kept)) return;
      const isVersion = this.table.get(known, 'changeKey') === printOf(changeKey);
      if (this.has(known, copied | uncopied) && isVersion) return;
    }
    this.mark(this.table.add(sourceKey), unaccounted);
  }

  /** Whether the source has anything that the ledger does not account for. */
  get lacksAny(): boolean {
    for (const row of this.table.rows()) if (this.has(row, unaccounted)) return true;
    return false;
  }

  /** What the source tells of since the watermark, after all was listed. */
  toldLater(sourceKey: string): void {
    const row = this.table.find(sourceKey);
    if (row !== undefined && this.has(row, unaccounted)) this.mark(row, later);
  }

  /** Counts what is not odd. @returns the odd ones */
  judge({ findings }: FolderVerdict): KeyTable {
    const oddRows: number[] = [];
    for (const row of this.table.rows()) {
      if (this.has(row, odd) || (this.has(row, unaccounted) && !this.has(row, later))) {
        oddRows.push(row);
        continue;
      }
      if (this.has(row, later)) findings.arrivedSince += 1;
      if (this.has(row, copied | kept) && !this.has(row, asWritten)) findings.changedByUser += 1;
    }
    return this.table.only(oddRows);
  }

  private has(row: number, marks: number): boolean {
    return (this.table.get(row, 'marks') & marks) !== 0;
  }

  private mark(row: number, marks: number): void {
    this.table.set(row, 'marks', this.table.get(row, 'marks') | marks);
  }
}
