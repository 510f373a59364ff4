import type { SendWindow } from '../connectors/connector';
import { Fault } from '../domain/faults';
import type { Clock } from './clock';

const mostRenewals = 5;

/**
 * The permission to send that a write under the fence gives, for `sendWindowMs` from the moment that write was *sent*: whoever
 * takes the fence afterwards and waits longer than this, and the server's `settleMs`, knows that nothing more is coming.
 */
export class FencedSendWindow implements SendWindow {
  private openedAt = -Infinity;
  private renewing?: Promise<void>;

  /**
   * @param sendWindowMs how long a write permits sending
   * @param prove makes a write under the fence, which tells `wrote` when it has succeeded; rejects where the fence is lost
   */
  constructor(
    private readonly clock: Clock,
    private readonly sendWindowMs: number,
    private readonly prove: () => Promise<void>,
  ) {}

  /** A write under the fence succeeded. @param sentAt monotonic time of the moment before it was sent */
  wrote(sentAt: number): void {
    this.openedAt = Math.max(this.openedAt, sentAt);
  }

  async hold(): Promise<void> {
    // Half of the window is left for what happens between this answer and the bytes on their way.
    for (let renewals = 0; this.age() > this.sendWindowMs / 2; renewals += 1) {
      if (renewals === mostRenewals) throw storeTooSlow(this.sendWindowMs);
      await this.renew();
    }
  }

  private age(): number {
    return this.clock.monotonic() - this.openedAt;
  }

  private renew(): Promise<void> {
    this.renewing ??= this.prove().finally(() => (this.renewing = undefined));
    return this.renewing;
  }
}

function storeTooSlow(sendWindowMs: number): Fault {
  const message = `A write to the database takes longer than half of the send window of ${sendWindowMs} ms.`;
  return new Fault(
    { kind: 'retryable', ownStore: true },
    { code: 'StoreTooSlow', remedy: 'wait', message },
    false,
  );
}
