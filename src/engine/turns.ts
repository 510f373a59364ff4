import { Fault } from '../domain/faults';
import type { BackOff } from './back-off';
import type { Clock } from './clock';
import type { Width } from './width';

const longestRestMs = 60_000;

export interface TurnsOptions {
  clock: Clock;
  width: Width;
  backOff: BackOff;
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
  private readonly waiting: (() => void)[] = [];
  /** Until then others have the server: this mailbox may not ask it all of the time. */
  private restUntil = 0;

  constructor(private readonly options: TurnsOptions) {}

  /** How many may be under way now. */
  get requests(): number {
    return Math.max(1, this.options.width.requests);
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
      await this.options.backOff.ready(signal, isWanted);
      return await this.watched(signal, work, refusalIn);
    } finally {
      this.taken -= 1;
      this.wake();
    }
  }

  private async watched<T>(
    signal: AbortSignal,
    work: () => Promise<T>,
    refusalIn: (answer: T) => Refusal | undefined,
  ): Promise<T> {
    const { clock, backOff } = this.options;
    const beganMs = clock.monotonic();
    const wasFull = this.taken >= this.requests;
    try {
      const answer = await work();
      const refusal = refusalIn(answer);
      if (refusal === undefined || refusal.isPart) backOff.answered();
      if (refusal) this.refused(refusal.fault, beganMs);
      else this.answered(wasFull, beganMs);
      return answer;
    } catch (fault) {
      if (fault instanceof Fault && !signal.aborted) this.refused(fault, beganMs);
      throw fault;
    }
  }

  private answered(wasFull: boolean, beganMs: number): void {
    const { clock, width } = this.options;
    const nowMs = clock.monotonic();
    const restMs = (nowMs - beganMs) * (1 / width.share - 1);
    this.restUntil = nowMs + Math.min(longestRestMs, restMs);
    width.answered(wasFull, nowMs);
  }

  private async rest(signal: AbortSignal): Promise<void> {
    const leftMs = this.restUntil - this.options.clock.monotonic();
    if (leftMs > 0) await this.options.clock.sleep(leftMs, signal);
  }

  private refused(fault: Fault, beganMs: number): void {
    const { clock, width, backOff } = this.options;
    backOff.note(fault, beganMs);
    if (isOverload(fault)) width.refused(beganMs, clock.monotonic());
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

/** Throttled, timed out, broken off; what is merely too large, or our own doing, says nothing about how many there are. */
function isOverload({ details }: Fault): boolean {
  if (details.kind !== 'retryable') return details.kind === 'throttled';
  return details.tooLarge !== true && details.ownStore !== true;
}
