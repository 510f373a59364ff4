import type { MailboxCounters } from '../domain/migration';
import { noCounters, type FolderCounters, type FolderDocument } from './ledger';

/** What the source said a folder holds when it was planned. */
interface Expected {
  items: number;
  bytes: number;
}

const nothing: Expected = { items: 0, bytes: 0 };

/** The counters of a mailbox's folders side by side; their sums are the mailbox's. */
export class CounterBoard {
  private readonly folders = new Map<string, { counters: FolderCounters; done: boolean }>();
  private readonly expected = new Map<string, Expected>();
  /** Folders the filter leaves out: what was copied of them before counts, they themselves do not. */
  private readonly leftOut = new Set<string>();

  /** Takes over what stands in a folder's document, unless its copy has said something newer in this opening. */
  read({ folderKey, counters, plan }: FolderDocument): void {
    const isLeft = plan.gone || plan.refused !== undefined || plan.leftOut === true;
    if (plan.leftOut) this.leftOut.add(folderKey);
    else this.leftOut.delete(folderKey);
    this.expected.set(folderKey, isLeft ? nothing : { items: plan.itemCount, bytes: plan.sizeBytes ?? 0 });
    if (!this.folders.has(folderKey)) this.folders.set(folderKey, { counters, done: plan.gone });
  }

  /** Takes note of folders that are to be copied, as soon as they are listed. */
  expect(folders: readonly { key: string; itemCount: number; sizeBytes?: number }[]): void {
    for (const { key, itemCount, sizeBytes = 0 } of folders) {
      this.expected.set(key, { items: itemCount, bytes: sizeBytes });
      if (!this.folders.has(key)) this.folders.set(key, { counters: noCounters, done: false });
    }
  }

  set(folderKey: string, counters: FolderCounters, done: boolean): void {
    this.folders.set(folderKey, { counters, done });
  }

  /** In a folder that is not done yet, what the source says it holds counts as found: a bar must not be full before it is listed. */
  sum(): MailboxCounters {
    const sum: MailboxCounters = {
      folders: [...this.folders.keys()].filter((key) => !this.leftOut.has(key)).length,
      foldersDone: 0,
      found: 0,
      foundBytes: 0,
      copied: 0,
      copiedBytes: 0,
      filtered: 0,
      skipped: 0,
      failed: 0,
    };
    for (const [folderKey, { counters, done }] of this.folders) {
      const { items, bytes } =
        done || this.leftOut.has(folderKey) ? nothing : (this.expected.get(folderKey) ?? nothing);
      if (done && !this.leftOut.has(folderKey)) sum.foldersDone += 1;
      sum.found += Math.max(counters.found, items - counters.filtered);
      sum.foundBytes += Math.max(counters.foundBytes, bytes);
      sum.copied += counters.copied;
      sum.copiedBytes += counters.copiedBytes;
      sum.filtered += counters.filtered;
      sum.skipped += counters.skipped;
      sum.failed += counters.failed;
    }
    return sum;
  }
}
