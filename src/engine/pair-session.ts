import { FencedOut } from './folder-session';
import type { PairDocument, PairPatch } from './ledger';
import type { MailboxPair } from './mailbox-pair';
import { FencedSendWindow } from './send-window';

/** The pair's document in the hands of the attempt that holds its fence. */
export class PairSession {
  readonly window: FencedSendWindow;
  private broken?: unknown;

  constructor(
    private readonly pair: MailboxPair,
    readonly document: PairDocument,
  ) {
    this.window = new FencedSendWindow(pair.clock, pair.sendWindowMs, () => this.write({}));
  }

  /** Why this session can write no more; absent while it can. */
  get failure(): unknown {
    return this.broken;
  }

  /** Rejects with `FencedOut` where the fence is lost. To be called by one at a time. */
  async write(patch: PairPatch): Promise<void> {
    const { pair, document } = this;
    if (this.broken) throw this.broken as Error;
    const sentAt = pair.clock.monotonic();
    try {
      if (!(await pair.ledger.writePair(pair.id, document, patch))) {
        throw new FencedOut((await pair.ledger.pair(pair.id))?.fence ?? 0);
      }
      document.writes += 1;
    } catch (failure) {
      this.broken = failure;
      throw failure;
    }
    Object.assign(document, patch);
    this.window.wrote(sentAt);
  }
}
