/** What several ask for within a moment is worked out once, and told to all of them. */
export class Shared<T> {
  private last: { result: Promise<T>; until: number } | undefined;

  /**
   * @param work is never run twice at once, unless `forget` was called meanwhile
   * @param heldForMs how long a result is told again, from when it was there
   * @param now a clock that never goes back, ms
   */
  constructor(
    private readonly work: () => Promise<T>,
    private readonly heldForMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** A result that is being worked out, or is not too old, or else a new one. A failure is told to those who waited for it only. */
  get(): Promise<T> {
    if (this.last && this.now() < this.last.until) return this.last.result;
    const last = { result: this.work(), until: Infinity };
    this.last = last;
    last.result.then(
      () => (last.until = this.now() + this.heldForMs),
      () => (last.until = 0),
    );
    return last.result;
  }

  /** Whoever asks from now on gets what is worked out from now on. */
  forget(): void {
    this.last = undefined;
  }
}
