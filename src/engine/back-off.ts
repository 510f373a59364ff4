import { Fault } from '../domain/faults';
import type { Clock } from './clock';

/** A wait up to this is waited in place; a longer one closes the mailbox with the fault. */
export const longestWaitInPlaceMs = 60_000;
const triesInPlace = 4;
const triesWhileThrottled = 8;
const firstWaitMs = 1_000;
/** A server that names no longer wait is asked again after this, however often it has refused. */
const longestOwnWaitMs = 600_000;

/** Of a fault note is taken once, at the server it came from. */
const noted = new WeakSet<Fault>();

/** A wait up to this is waited with what is held; what is held for longer is let go as soon as others want it. */
const heldMs = 1_000;

/** What was held was let go for others, since it had to wait. Nothing was done. */
export class GaveWay extends Error {
  override readonly name = 'GaveWay';
}

/** The wait a server asked of everybody who comes through its connector, kept where every worker sees it. */
export interface ConnectorWait {
  /** How long this mailbox still has to wait, ms; 0 where it need not. What another worker was told may be known here a little later. */
  leftMs(): Promise<number>;
  /** The same as far as it is known here already. */
  readonly knownLeftMs: number;
  /** The server asked for such a wait just now. Never throws. */
  note(fault: Fault): void;
}

export interface BackOffOptions {
  clock: Clock;
  /** Absent: only this mailbox is held up. */
  connectorWait?: ConnectorWait;
  /** Told of each fault that is waited out or repeated in place. */
  onFault?: (fault: Fault) => void;
  /** A wait was asked for by others: this mailbox, too, shall go on more slowly. */
  onHeldUp?: () => void;
}

/**
 * The waits one server asked for, for this mailbox and for all of its connector; shared by all folders of a mailbox. Refused again and
 * again, it waits longer than it was asked to: 1 s, then twice as long each time, 10 min at most.
 */
export class BackOff {
  private until = 0;
  /** Refusals in a row; those of requests that left before the last one count with it. */
  private refusals = 0;
  private notedAt = -Infinity;
  private lastAsked?: Fault;
  private isSlowed = false;

  constructor(private readonly options: BackOffOptions) {}

  /** How long this mailbox still has to wait for its own sake, ms; 0 where it need not. */
  get leftMs(): number {
    return Math.max(0, this.until - this.options.clock.monotonic());
  }

  /** Whether the server may not be asked now, as far as it is known here. */
  get mustWait(): boolean {
    return this.leftMs > 0 || (this.options.connectorWait?.knownLeftMs ?? 0) > 0;
  }

  /**
   * Resolves when the server may be asked again.
   * @param isWanted whether others wait for what is held meanwhile; absent where nothing is
   * @throws Fault `throttled` where that takes longer than may be waited in place, `GaveWay`; nothing was done
   */
  async ready(signal: AbortSignal, isWanted?: () => boolean): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const ownMs = this.leftMs;
      const connectorMs = (await this.options.connectorWait?.leftMs()) ?? 0;
      const leftMs = Math.max(ownMs, connectorMs);
      if (leftMs <= 0) {
        this.isSlowed = false;
        return;
      }
      if (!this.isSlowed) this.options.onHeldUp?.();
      this.isSlowed = true;
      if (leftMs > longestWaitInPlaceMs) throw this.tooLong(leftMs, connectorMs > ownMs);
      if (leftMs > heldMs && isWanted?.()) throw new GaveWay();
      await this.options.clock.sleep(isWanted ? Math.min(leftMs, heldMs) : leftMs, signal);
    }
  }

  /** Takes note of the wait that a fault names, so that nobody asks before it is over. @param beganMs when the refused request left */
  note(fault: Fault, beganMs = this.options.clock.monotonic()): void {
    const { details } = fault;
    if (details.kind !== 'throttled' || noted.has(fault)) return;
    noted.add(fault);
    this.lastAsked = fault;
    this.isSlowed = true;
    const now = this.options.clock.monotonic();
    if (beganMs > this.notedAt) this.refusals += 1;
    this.notedAt = now;
    const growingMs = Math.min(longestOwnWaitMs, firstWaitMs * 2 ** (this.refusals - 1));
    const leastMs = this.refusals > 1 ? growingMs : 0;
    this.until = Math.max(this.until, now + Math.max(leastMs, details.retryAfterMs));
    if (details.scope === 'connector') this.options.connectorWait?.note(fault);
  }

  /** The server answered as it should. */
  answered(): void {
    this.refusals = 0;
  }

  /**
   * Decides what follows a fault that left nothing in doubt.
   *
   * @param tries how often the same was tried before without progress; from 1
   * @param isWanted as of `ready`
   * @returns once it may be tried again; rethrows what repeating in place does not mend
   */
  async pardon(fault: unknown, tries: number, signal: AbortSignal, isWanted?: () => boolean): Promise<void> {
    if (!(fault instanceof Fault)) throw fault;
    if (fault.kind === 'throttled') {
      this.note(fault);
      if (tries >= triesWhileThrottled) throw fault;
      this.options.onFault?.(fault);
      return this.ready(signal, isWanted);
    }
    if (fault.kind !== 'retryable' || tries >= triesInPlace) throw fault;
    this.options.onFault?.(fault);
    await this.options.clock.sleep(firstWaitMs * 2 ** (tries - 1), signal);
  }

  /** Runs something that may be repeated freely, waiting before it and after its faults. */
  async repeat<T>(signal: AbortSignal, work: () => Promise<T>, isWanted?: () => boolean): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      await this.ready(signal, isWanted);
      try {
        return await work();
      } catch (fault) {
        signal.throwIfAborted();
        await this.pardon(fault, tries, signal, isWanted);
      }
    }
  }

  private tooLong(leftMs: number, isOfConnector: boolean): Fault {
    const scope = isOfConnector ? 'connector' : 'mailbox';
    const retryAfterMs = Math.ceil(leftMs);
    const text = this.lastAsked?.text ?? askedOfAll;
    const fault = new Fault({ kind: 'throttled', retryAfterMs, scope }, text, true);
    // It says what is known here already.
    noted.add(fault);
    return fault;
  }
}

const askedOfAll = {
  code: 'ConnectorWaits',
  remedy: 'wait',
  message: 'The server asked everybody for a pause.',
} as const;
