import type { Clock } from '../../../src/engine/clock';

interface Timer {
  at: number;
  order: number;
  fire: () => void;
}

/** Time that passes only when everything that runs has come to a wait: hours in milliseconds, and the same each time. */
export class VirtualTime implements Clock {
  private now = 0;
  private order = 0;
  private readonly timers: Timer[] = [];

  monotonic(): number {
    return this.now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const stop = () => reject(signal?.reason as Error);
      signal?.addEventListener('abort', stop, { once: true });
      this.after(ms, () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
    });
  }

  after(ms: number, fire: () => void): void {
    this.order += 1;
    const timer = { at: this.now + Math.max(0, ms), order: this.order, fire };
    let place = this.timers.length;
    for (let before = this.timers[place - 1]; before && before.at > timer.at; before = this.timers[place - 1])
      place -= 1;
    this.timers.splice(place, 0, timer);
  }

  /** Lets time pass until `end` is settled. Rejects where nothing is left that could ever happen. */
  async until<T>(end: Promise<T>): Promise<T> {
    let settled = false;
    const mark = () => void (settled = true);
    end.then(mark, mark);
    for (let idle = 0; idle < 20;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (settled) return end;
      const next = this.timers.shift();
      if (!next) {
        idle += 1;
        continue;
      }
      idle = 0;
      this.now = next.at;
      next.fire();
    }
    throw new Error('nothing is left that could happen, and it is not done');
  }
}
