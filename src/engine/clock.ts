import { setTimeout as pause } from 'node:timers/promises';

/** Time, passed in so that tests run it themselves. */
export interface Clock {
  /** Milliseconds that only ever grow, from an arbitrary beginning. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await pause(ms, undefined, { signal });
    } catch (fault) {
      signal?.throwIfAborted();
      throw fault;
    }
  },
};

/** A clock that runs `scale` times as fast: whoever sleeps by it wakes sooner by that factor. */
export function fasterClock(clock: Clock, scale: number): Clock {
  return {
    monotonic: () => clock.monotonic() * scale,
    sleep: (ms, signal) => clock.sleep(ms / scale, signal),
  };
}
