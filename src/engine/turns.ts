import { Fault } from '../domain/faults';
import type { BackOff } from './back-off';
import type { Clock } from './clock';
import type { Left, SharedPlace } from './shared-turns';
import type { Width } from './width';

const longestRestMs = 60_000;

export interface TurnsOptions {
  clock: Clock;
  width: Width;
  backOff: BackOff;
  /** Among the mailboxes that ask the same server. */
  place: SharedPlace;
}

/** What an answer refuses of what was asked for. */
export interface Refusal {
  /** The longest wait that is named. */
  fault: Fault;
  /** The rest was done: the server refuses nothing again and again. */
  isPart: boolean;
}

/** @param faults of each part of an answer what refuses it, if anything does */
export function refusalOf(faults: readonly (Fault | undefined)[]): Refusal | undefined {
  let longest: Fault | undefined;
  for (const fault of faults) if (waitMsOf(fault) > waitMsOf(longest)) longest = fault;
  return longest && { fault: longest, isPart: faults.includes(undefined) };
}

/** -1 where none is named. */
function waitMsOf(fault: Fault | undefined): number {
  return fault?.details.kind === 'throttled' ? fault.details.retryAfterMs : -1;
}

/**
 * The requests of a mailbox at one server: at most as many at once as its width, first come first served, none before the waits it
 * asked for are over. How they fare adapts the width and starts the waits.
 */
export class Turns {
  private taken = 0;
  private underWay = 0;
  private refusedAt = -Infinity;
  private readonly waiting: (() => void)[] = [];
  /** Until then others have the server: this mailbox may not ask it all of the time. */
  private restUntil = 0;

  constructor(private readonly options: TurnsOptions) {}

  /** How many may be under way now. */
  get requests(): number {
    return Math.max(1, this.options.width.requests);
  }

  /** How many that are likely to be, where all mailboxes together have fewer than they could use; at least 1. */
  get part(): number {
    const { requests, atWork } = this.options.place.turns;
    return Math.min(this.requests, Math.ceil(requests / atWork));
  }

  /**
   * Runs `work`, one request, when it is its turn.
   * @param refusalIn finds in an answer what refuses a part of what was asked for: one refusal, however many parts
   * @param isWanted as of `BackOff.ready`
   * @throws what `work` throws; the signal's reason when it is aborted meanwhile; Fault `throttled` where a wait is too long to be
   *   waited in place
   */
  async run<T>(
    signal: AbortSignal,
    work: () => Promise<T>,
    refusalIn: (answer: T) => Refusal | undefined = () => undefined,
    isWanted?: () => boolean,
  ): Promise<T> {
    await this.take(signal);
    try {
      await this.rest(signal);
      await this.takeShared(signal, isWanted);
      try {
        return await this.watched(signal, work, refusalIn);
      } finally {
        this.options.place.turns.give(this.options.place);
      }
    } finally {
      this.taken -= 1;
      this.wake();
    }
  }

  /** A turn among all mailboxes is for whoever can ask at once. */
  private async takeShared(signal: AbortSignal, isWanted?: () => boolean): Promise<void> {
    const { backOff, place } = this.options;
    for (;;) {
      await backOff.ready(signal, isWanted);
      await place.turns.take(place, signal);
      if (!backOff.mustWait) return;
      place.turns.give(place);
    }
  }

  private async watched<T>(
    signal: AbortSignal,
    work: () => Promise<T>,
    refusalIn: (answer: T) => Refusal | undefined,
  ): Promise<T> {
    const { clock, backOff, place } = this.options;
    this.underWay += 1;
    const left = { atMs: clock.monotonic(), underWay: this.underWay, ofAll: place.turns.underWay };
    try {
      const answer = await work();
      const refusal = refusalIn(answer);
      if (refusal === undefined || refusal.isPart) backOff.answered();
      if (refusal) this.refused(refusal.fault, left);
      else this.answered(left);
      return answer;
    } catch (fault) {
      if (fault instanceof Fault && !signal.aborted) this.refused(fault, left);
      throw fault;
    } finally {
      this.underWay -= 1;
    }
  }

  private answered(left: Left): void {
    const { clock, width, place } = this.options;
    const nowMs = clock.monotonic();
    const restMs = (nowMs - left.atMs) * (1 / width.share - 1);
    this.restUntil = nowMs + Math.min(longestRestMs, restMs);
    width.answered(left.underWay >= this.requests, nowMs);
    place.answered(left);
  }

  private async rest(signal: AbortSignal): Promise<void> {
    const leftMs = this.restUntil - this.options.clock.monotonic();
    if (leftMs > 0) await this.options.clock.sleep(leftMs, signal);
  }

  private refused(fault: Fault, left: Left): void {
    const { clock, width, backOff, place } = this.options;
    backOff.note(fault, left.atMs);
    if (!isOverload(fault) || left.atMs <= this.refusedAt) return;
    this.refusedAt = clock.monotonic();
    const isShared = isCrowded(fault) && place.refused(left);
    if (!isShared) width.refused(left.atMs, clock.monotonic());
  }

  private async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.waiting.length === 0 && this.free()) {
      this.taken += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const start = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(start), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(start);
    });
  }

  private free(): boolean {
    return this.taken < this.requests;
  }

  private wake(): void {
    while (this.waiting.length > 0 && this.free()) {
      this.taken += 1;
      this.waiting.shift()?.();
    }
  }
}

/** Too many at once, whatever was asked for. */
function isCrowded({ details }: Fault): boolean {
  return details.kind === 'throttled' && details.crowded === true;
}

/** Throttled, timed out, broken off; what is merely too large, or our own doing, says nothing about how many there are. */
function isOverload({ details }: Fault): boolean {
  if (details.kind !== 'retryable') return details.kind === 'throttled';
  return details.tooLarge !== true && details.ownStore !== true;
}
