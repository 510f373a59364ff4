import { Fault } from '../domain/faults';
import type { Clock } from './clock';

/** A wait up to this is waited in place; a longer one closes the mailbox with the fault. */
export const longestWaitInPlaceMs = 60_000;
const triesInPlace = 4;
const firstWaitMs = 1_000;

/** The wait one server asked for, shared by all folders of a mailbox. */
export class BackOff {
  private until = 0;

  constructor(
    private readonly clock: Clock,
    private readonly onFault?: (fault: Fault) => void,
  ) {}

  /** Resolves when the server may be asked again. */
  async ready(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (let left = this.left(); left > 0; left = this.left()) await this.clock.sleep(left, signal);
  }

  /**
   * Decides what follows a fault that left nothing in doubt.
   *
   * @param tries how often the same was tried before without progress; from 1
   * @returns once it may be tried again; rethrows what repeating in place does not mend
   */
  async pardon(fault: unknown, tries: number, signal: AbortSignal): Promise<void> {
    if (!(fault instanceof Fault) || tries >= triesInPlace) throw fault;
    const { details } = fault;
    if (details.kind === 'throttled' && details.retryAfterMs <= longestWaitInPlaceMs) {
      this.onFault?.(fault);
      this.until = Math.max(this.until, this.clock.monotonic() + details.retryAfterMs);
      return this.ready(signal);
    }
    if (details.kind !== 'retryable') throw fault;
    this.onFault?.(fault);
    await this.clock.sleep(firstWaitMs * 2 ** (tries - 1), signal);
  }

  /** Runs something that may be repeated freely, waiting before it and after its faults. */
  async repeat<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      await this.ready(signal);
      try {
        return await work();
      } catch (fault) {
        signal.throwIfAborted();
        await this.pardon(fault, tries, signal);
      }
    }
  }

  private left(): number {
    return this.until - this.clock.monotonic();
  }
}
