import type { ItemReason, Remedy } from './faults';
import { fateOf, type CountedOutcome } from './item-counts';
import { kindOfItemClass, type ItemKind } from './mailbox';

/** What a person is told at the end: what was moved, and what was not and why. */
export interface MoveSummary {
  /** Items in the target, copied or already there, per kind; a kind without any is absent. */
  inTarget: Partial<Record<ItemKind, number>>;
  /** What should be in the target and is not, most first; what has the same kind and code is one line. */
  notCopied: NotCopied[];
}

export interface NotCopied {
  kind: ItemKind;
  code: string;
  remedy: Remedy;
  message: string;
  count: number;
}

/** As much of a ledger entry as a summary needs; of several entries for an item only the newest is to be counted. */
export interface SummarisedEntry {
  itemClass: string;
  outcome: CountedOutcome & { reason?: ItemReason };
}

/** Memory grows with the kinds and codes, not with the entries. */
export class MoveSummaryBuilder {
  private readonly inTarget: Partial<Record<ItemKind, number>> = {};
  private readonly notCopied = new Map<string, NotCopied>();

  add({ itemClass, outcome }: SummarisedEntry): void {
    const kind = kindOfItemClass(itemClass);
    const fate = fateOf(outcome);
    if (fate === 'copied' || fate === 'alreadyThere') this.inTarget[kind] = (this.inTarget[kind] ?? 0) + 1;
    if (outcome.reason && (fate === 'skipped' || fate === 'failed'))
      this.addNotCopied(kind, outcome.reason, 1);
  }

  /** Items that were not even looked at, as those of a folder that cannot be copied. */
  addNotCopied(kind: ItemKind, { code, remedy, message }: ItemReason, count: number): void {
    if (count === 0) return;
    const key = `${kind} ${code}`;
    const line = this.notCopied.get(key) ?? { kind, code, remedy, message, count: 0 };
    this.notCopied.set(key, { ...line, count: line.count + count });
  }

  build(): MoveSummary {
    return {
      inTarget: { ...this.inTarget },
      notCopied: [...this.notCopied.values()].sort(
        (a, b) => b.count - a.count || a.code.localeCompare(b.code),
      ),
    };
  }
}
