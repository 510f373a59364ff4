import { SoapFault } from '../errors';
import type { Policy } from '../policy';
import { serverBusy } from './faults';

interface Window {
  startedMs: number;
  amount: number;
}

interface Budget {
  running: number;
  requests: Window;
  bytes: Window;
}

const MINUTE_MS = 60_000;

/** The throttling policy: each mailbox has a budget of its own. */
export class Throttle {
  private readonly budgets = new Map<string, Budget>();

  /** Most requests of one mailbox that ran at the same time since the start. */
  readonly peaks = new Map<string, number>();

  /**
   * Counts a request in.
   * @returns what counts it out again
   * @throws SoapFault ErrorExceededConnectionCount, ErrorServerBusy with the time until the window ends
   */
  enter(mailbox: string, policy: Policy): () => void {
    const budget = this.budgetOf(mailbox);
    if (budget.running >= policy.maxConcurrency) {
      throw new SoapFault(
        'ErrorExceededConnectionCount',
        'You have exceeded the available concurrent connections for your account.  Try again once your other requests have completed.',
        { Policy: 'EWSMaxConcurrency', MaxConcurrency: String(policy.maxConcurrency) },
      );
    }
    spend(budget.requests, 1, policy.requestsPerMinute, MINUTE_MS);
    budget.running++;
    this.peaks.set(mailbox, Math.max(budget.running, this.peaks.get(mailbox) ?? 0));
    return () => {
      budget.running--;
    };
  }

  /** Counts bytes of a request that was read. @throws SoapFault ErrorServerBusy */
  bytes(mailbox: string, count: number, policy: Policy): void {
    spend(this.budgetOf(mailbox).bytes, count, policy.bytesPerFiveMinutes, 5 * MINUTE_MS);
  }

  private budgetOf(mailbox: string): Budget {
    let budget = this.budgets.get(mailbox);
    if (!budget) {
      budget = { running: 0, requests: { startedMs: 0, amount: 0 }, bytes: { startedMs: 0, amount: 0 } };
      this.budgets.set(mailbox, budget);
    }
    return budget;
  }
}

/** A budget that is used up refuses until its window ends; the request that overdraws it still passes, as on Exchange. */
function spend(window: Window, amount: number, limit: number | undefined, windowMs: number): void {
  if (limit === undefined) return;
  const nowMs = Date.now();
  if (nowMs - window.startedMs >= windowMs) {
    window.startedMs = nowMs;
    window.amount = 0;
  }
  if (window.amount >= limit) throw serverBusy(window.startedMs + windowMs - nowMs);
  window.amount += amount;
}
