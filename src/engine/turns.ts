/** At most so many at once, first come first served. */
export class Turns {
  private taken = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param most asked anew each time, so that it may adapt; at least one has a turn always */
  constructor(private readonly most: () => number) {}

  /** Runs `work` when it is its turn. Rejects with the signal's reason when it is aborted while waiting. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.take(signal);
    try {
      return await work();
    } finally {
      this.taken -= 1;
      this.wake();
    }
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
    return this.taken < Math.max(1, this.most());
  }

  private wake(): void {
    while (this.waiting.length > 0 && this.free()) {
      this.taken += 1;
      this.waiting.shift()?.();
    }
  }
}
