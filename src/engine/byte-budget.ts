/**
 * Bytes that may be in memory at once, such as those of item content for a whole mailbox, first come first served; what a mailbox holds may
 * count in the budget of its whole process too. Whoever holds some asks for no more by `take`, so that nobody waits for another in a circle.
 */
export class ByteBudget {
  private held = 0;
  private readonly whole: ByteBudget | undefined;
  private readonly atOnce: number;
  private readonly waiting: { bytes: number; start: () => void }[] = [];

  /**
   * @param total bytes; 4 or more
   * @param options.whole the budget that what is held here counts in too; at least as great
   * @param options.atOnce so many bytes wait for nobody, though they count: they add up to little, and others may hold theirs for long
   */
  constructor(
    readonly total: number,
    { whole, atOnce = 0 }: { whole?: ByteBudget | undefined; atOnce?: number } = {},
  ) {
    this.whole = whole;
    this.atOnce = atOnce;
  }

  /** The greatest share one parcel may hold; an item above it is piped alone. */
  get share(): number {
    return Math.floor(this.total / 4);
  }

  get inFlight(): number {
    return this.held;
  }

  /** Whether others of the process wait for bytes. */
  get isWanted(): boolean {
    return (this.whole?.waiting.length ?? 0) > 0;
  }

  /** Waits until `bytes` (at most `total`) are free, unless they are few enough, and holds them. Rejects with the signal's reason when aborted meanwhile. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    await this.takeHere(bytes, signal);
    try {
      await this.whole?.take(bytes, signal);
    } catch (reason) {
      this.giveHere(bytes);
      throw reason;
    }
  }

  /** Has `work` done once `bytes` are free, and holds them meanwhile. */
  async hold<T>(bytes: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.take(bytes, signal);
    try {
      return await work();
    } finally {
      this.give(bytes);
    }
  }

  /** Gives back what `take` held, whole or in parts. */
  give(bytes: number): void {
    this.giveHere(bytes);
    this.whole?.give(bytes);
  }

  private async takeHere(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (bytes > this.total) throw new RangeError(`${bytes} bytes asked of a budget of ${this.total}`);
    if (bytes <= this.atOnce || (this.waiting.length === 0 && this.held + bytes <= this.total)) {
      this.held += bytes;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiter = {
        bytes,
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        this.wake();
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(waiter);
    });
  }

  private giveHere(bytes: number): void {
    this.held -= bytes;
    this.wake();
  }

  private wake(): void {
    for (let next = this.waiting[0]; next && this.held + next.bytes <= this.total; next = this.waiting[0]) {
      this.waiting.shift();
      this.held += next.bytes;
      next.start();
    }
  }
}
