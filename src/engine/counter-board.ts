import {
  countersOf,
  isAccountedFor,
  isListed,
  noCounters,
  sumOf,
  unaccounted,
  type FolderCounters,
} from '../domain/item-counts';
import type { MailboxCounters } from '../domain/migration';
import type { FolderDocument, FolderPlan } from './ledger';

interface FolderOnBoard {
  plan: Pick<FolderPlan, 'itemCount' | 'sizeBytes' | 'gone' | 'leftOut' | 'refused'>;
  counters: FolderCounters;
  done: boolean;
}

/** The counters of a mailbox's folders side by side; their sums are the mailbox's. */
export class CounterBoard {
  /** Whether no folder is missing: all that the source lists were planned, or have been listed in this opening. */
  isWhole = false;
  private readonly folders = new Map<string, FolderOnBoard>();

  /** Takes over what stands in a folder's document, unless its copy has said something newer in this opening. */
  read({ folderKey, counters, plan }: FolderDocument): void {
    const known = this.folders.get(folderKey);
    if (known) known.plan = plan;
    else this.folders.set(folderKey, { plan, counters, done: plan.gone });
  }

  /** Takes note of all folders that are to be copied, as soon as they are listed. */
  expect(folders: readonly { key: string; itemCount: number; sizeBytes?: number }[]): void {
    for (const { key, itemCount, sizeBytes } of folders) {
      const { counters = noCounters, done = false } = this.folders.get(key) ?? {};
      this.folders.set(key, { plan: { itemCount, sizeBytes, gone: false }, counters, done });
    }
    this.isWhole = true;
  }

  /** What its copy says of a folder. */
  set({ folderKey, plan, counters }: FolderDocument, done: boolean): void {
    this.folders.set(folderKey, { plan, counters, done });
  }

  /** Takes note of a folder as it stands when nothing is copied any more. @param whole whether all folders were gone through */
  close(folder: FolderDocument, whole: boolean): void {
    this.set(folder, whole || folder.plan.gone || (isListed(folder) && isAccountedFor(folder)));
  }

  /**
   * What a source says that a folder holds remains until the folder is gone through: a bar must not be full before it is listed.
   * Folders that the filter leaves out are not counted, what is left out with them is.
   */
  sum(): MailboxCounters {
    const folders = [...this.folders.values()].map((folder) => ({
      ...folder,
      counters: countersOf(folder.plan, folder.counters),
    }));
    const sum = {
      ...noCounters,
      filteredBytes: 0,
      sourceGone: 0,
      ...sumOf(folders.map(({ counters }) => counters)),
      folders: 0,
      foldersDone: 0,
      remaining: 0,
      remainingBytes: 0,
    };
    for (const { plan, counters, done } of folders) {
      sum.foundBytes += counters.foundBytes;
      sum.copiedBytes += counters.copiedBytes;
      sum.filteredBytes += counters.filteredBytes ?? 0;
      sum.sourceGone += counters.sourceGone ?? 0;
      if (plan.leftOut) continue;
      sum.folders += 1;
      if (done) sum.foldersDone += 1;
      if (done || plan.gone || plan.refused) continue;
      sum.remaining += unaccounted(counters, plan.itemCount);
      sum.remainingBytes += Math.max(0, (plan.sizeBytes ?? 0) - counters.foundBytes);
    }
    return sum;
  }
}
