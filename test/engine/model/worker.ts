import type { Clock } from '../../../src/engine/clock';
import type { VirtualTime } from './virtual-time';

/**
 * One worker process. All that the engine in it does passes its gate: a worker that is killed never gets further, one that stalls
 * goes on from where it was when it wakes.
 */
export class Worker {
  readonly gone: Promise<void>;
  private dead = false;
  private stalled?: Promise<void>;
  private wake?: () => void;
  private goes: () => void = () => {};

  constructor(private readonly time: VirtualTime) {
    this.gone = new Promise((resolve) => (this.goes = resolve));
  }

  /** Resolves while the worker runs. */
  async pass(): Promise<void> {
    while (this.stalled && !this.dead) await this.stalled;
    if (this.dead) await new Promise<never>(() => {});
  }

  kill(): void {
    this.dead = true;
    this.wake?.();
    this.goes();
  }

  /** Is taken for dead, and is not. */
  stall(ms: number): void {
    if (this.stalled || this.dead) return;
    this.stalled = new Promise((resolve) => (this.wake = resolve));
    this.time.after(ms, () => this.resume());
    this.goes();
  }

  resume(): void {
    this.stalled = undefined;
    this.wake?.();
  }

  get clock(): Clock {
    return {
      monotonic: () => this.time.monotonic(),
      sleep: async (ms, signal) => {
        await this.time.sleep(ms, signal);
        await this.pass();
      },
    };
  }
}
