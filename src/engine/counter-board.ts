import type { MailboxCounters } from '../domain/migration';
import type { FolderCounters, FolderDocument } from './ledger';

/** The counters of a mailbox's folders side by side; their sums are the mailbox's. */
export class CounterBoard {
  private readonly folders = new Map<string, { counters: FolderCounters; done: boolean }>();

  /** Takes over what stands in a folder's document, unless its copy has said something newer in this opening. */
  read(folder: FolderDocument): void {
    if (this.folders.has(folder.folderKey)) return;
    this.folders.set(folder.folderKey, { counters: folder.counters, done: folder.plan.gone });
  }

  set(folderKey: string, counters: FolderCounters, done: boolean): void {
    this.folders.set(folderKey, { counters, done });
  }

  sum(): MailboxCounters {
    const sum: MailboxCounters = {
      folders: this.folders.size,
      foldersDone: 0,
      found: 0,
      foundBytes: 0,
      copied: 0,
      copiedBytes: 0,
      filtered: 0,
      skipped: 0,
      failed: 0,
    };
    for (const { counters, done } of this.folders.values()) {
      if (done) sum.foldersDone += 1;
      sum.found += counters.found;
      sum.foundBytes += counters.foundBytes;
      sum.copied += counters.copied;
      sum.copiedBytes += counters.copiedBytes;
      sum.filtered += counters.filtered;
      sum.skipped += counters.skipped;
      sum.failed += counters.failed;
    }
    return sum;
  }
}
