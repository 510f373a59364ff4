import type { Remedy } from './faults';
import { kindOfItemClass, type ItemKind } from './mailbox';

/** What a person is told at the end: what was moved, and what was not and why. */
export interface MoveSummary {
  /** Items in the target, per kind; a kind without any is absent. */
  copied: Partial<Record<ItemKind, number>>;
  /** What is not in the target, most first; what has the same kind and code is one line. */
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
  outcome:
    | { kind: 'copied' | 'removed' }
    | { kind: 'skipped' | 'failed'; reason: { code: string; remedy: Remedy; message: string } };
}

/** Memory grows with the kinds and codes, not with the entries. */
export class MoveSummaryBuilder {
  private readonly copied: Partial<Record<ItemKind, number>> = {};
  private readonly notCopied = new Map<string, NotCopied>();

  add({ itemClass, outcome }: SummarisedEntry): void {
    const kind = kindOfItemClass(itemClass);
    if (outcome.kind === 'copied') this.copied[kind] = (this.copied[kind] ?? 0) + 1;
    if (outcome.kind !== 'skipped' && outcome.kind !== 'failed') return;
    const key = `${kind} ${outcome.reason.code}`;
    const line = this.notCopied.get(key) ?? { kind, ...outcome.reason, count: 0 };
    this.notCopied.set(key, { ...line, count: line.count + 1 });
  }

  build(): MoveSummary {
    return {
      copied: { ...this.copied },
      notCopied: [...this.notCopied.values()].sort(
        (a, b) => b.count - a.count || a.code.localeCompare(b.code),
      ),
    };
  }
}
