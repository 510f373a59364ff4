import { FencedOut, FolderSession } from './folder-session';
import { KnownKeys } from './known-keys';
import type { FolderPlan } from './ledger';
import { isOfFolder } from './list-target';
import type { MailboxPair } from './mailbox-pair';
import { settle } from './settle';

export interface TakenFolder {
  session: FolderSession;
  keys: KnownKeys;
}

/** Folders in the hands of whoever works on the pair as a whole: each is taken once, when it is first asked for. */
export class TakenFolders {
  private readonly taken = new Map<string, TakenFolder>();

  /** @param fence higher than any their copies were given */
  constructor(
    private readonly pair: MailboxPair,
    private readonly fence: number,
  ) {}

  /** Rejects with `FencedOut` where a higher fence stands at the folder. */
  async open(folderKey: string): Promise<TakenFolder> {
    return this.taken.get(folderKey) ?? (await this.take(folderKey));
  }

  /** Sets what is planned for a folder, which may be new; rejects as `open` does. */
  async plan(folderKey: string, plan: FolderPlan): Promise<void> {
    const known = this.taken.get(folderKey);
    known?.session.setPlan(plan);
    await (known ? known.session.save() : this.take(folderKey, plan));
  }

  /**
   * Finds out what an attempt before this one may have left on its way. A target folder that is not there any more, or refuses, is
   * left to its folder's copy.
   */
  async settle(folderKey: string, signal: AbortSignal): Promise<void> {
    const { session, keys } = await this.open(folderKey);
    const target = { id: session.document.plan.targetId ?? '' };
    try {
      await settle({ pair: this.pair, session, keys, target, signal, onProgress: () => {} });
    } catch (fault) {
      if (!isOfFolder(fault)) throw fault;
    }
    await session.saveChanges();
  }

  private async take(folderKey: string, plan?: FolderPlan): Promise<TakenFolder> {
    const { pair } = this;
    const taken = await pair.ledger.takeFolder({ pairId: pair.id, folderKey }, this.fence, plan);
    if (taken?.kind !== 'taken') throw new FencedOut(taken?.by ?? 0);
    const session = new FolderSession(pair, taken.document);
    const opened = { session, keys: new KnownKeys(pair.ledger, taken.document) };
    this.taken.set(folderKey, opened);
    return opened;
  }
}
