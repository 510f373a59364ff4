import type { MemoryWire, WireRequest } from '../../../src/connectors/memory';
import type { Chance } from './chance';
import { busy, lostAnswer, passwordChanged, refusedForNow } from './faults';
import type { VirtualTime } from './virtual-time';
import type { Worker } from './worker';

/** Percent of requests. */
export interface WireRates {
  lostBefore: number;
  lostAfter: number;
  late: number;
  part: number;
  busy: number;
  refused: number;
  again: number;
  signIn: number;
  /** How late a late request takes effect at most. */
  latestMs: number;
}

const changing = new Set(['ensureFolder', 'putItems', 'updateItems', 'setFlags', 'removeItems']);

/** A way to a server on which anything may happen that `settleMs` allows, and, where `latestMs` is greater, more. */
export class FaultyWire implements MemoryWire {
  constructor(
    private readonly time: VirtualTime,
    private readonly worker: Worker,
    private readonly chance: Chance,
    private readonly rates: () => WireRates,
  ) {}

  async send<Answer>(request: WireRequest<Answer>, signal: AbortSignal): Promise<Answer[]> {
    // From here on the request is on its way, whatever becomes of whoever sent it.
    const arriving = this.arrive(request);
    arriving.catch(() => {});
    const answers = await unlessAborted(arriving, signal);
    await this.worker.pass();
    signal.throwIfAborted();
    return answers;
  }

  private async arrive<Answer>({ kind, steps, again }: WireRequest<Answer>): Promise<Answer[]> {
    const { chance, time } = this;
    const rates = this.rates();
    await time.sleep(chance.number(40));
    if (chance.is(rates.busy))
      throw busy(1 + chance.number(chance.is(10) ? 200_000 : 5_000), chance.is(30) ? 'connector' : 'mailbox');
    if (chance.is(rates.refused)) throw refusedForNow();
    if (chance.is(rates.signIn)) throw passwordChanged();
    if (chance.is(rates.lostBefore)) throw lostAnswer();
    if (changing.has(kind) && chance.is(rates.late)) this.later(steps, rates.latestMs);
    if (changing.has(kind) && chance.is(rates.part)) return this.part(steps);
    const answers = steps.map((step) => (again && chance.is(rates.again) ? again(refusedForNow()) : step()));
    if (chance.is(rates.lostAfter)) throw lostAnswer();
    await time.sleep(chance.number(40));
    return answers;
  }

  /** All at once, or step by step. */
  private later(steps: readonly (() => unknown)[], latestMs: number): never {
    const { time, chance } = this;
    const isSlow = chance.is(30);
    let afterMs = chance.number(latestMs - 100);
    const doNext = (at: number) => {
      attempt(isSlow ? steps.slice(at, at + 1) : steps);
      if (!isSlow || at + 1 >= steps.length) return;
      const waitMs = chance.number(latestMs - afterMs);
      afterMs += waitMs;
      time.after(waitMs, () => doNext(at + 1));
    };
    time.after(afterMs, () => doNext(0));
    throw lostAnswer();
  }

  private part(steps: readonly (() => unknown)[]): never {
    attempt(steps.slice(0, this.chance.number(steps.length + 1)));
    throw lostAnswer();
  }
}

/** Nobody hears what a lost request meets. */
function attempt(steps: readonly (() => unknown)[]): void {
  try {
    for (const step of steps) step();
  } catch {
    // The answer is lost, and so is a refusal.
  }
}

function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
