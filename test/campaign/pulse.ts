import type { Row } from './product';

const lookEveryMs = 5000;
/**
 * Longer than any wait that a server names, any fault lasts, and the product takes a task for lost: a sign-in that is being tried when its
 * worker dies is lost after three minutes, which no rehearsal shortens.
 */
const stuckAfterMs = 210_000;

/** Whether anything goes on in a run: in one that is slow it does, in one that is stuck it does not. */
export class Pulse {
  private seen = '';
  private seenAtMs = -Infinity;
  private lookedAtMs = -Infinity;

  /** @param requests that both simulators have seen so far; they serve this run alone */
  constructor(private readonly requests: () => Promise<number>) {}

  /**
   * To be asked every now and then.
   * @param row absent where the database did not answer
   * @returns whether neither the row nor the number of requests has changed for {@link stuckAfterMs}
   */
  async isStuck(row: Row | undefined, nowMs: number): Promise<boolean> {
    if (nowMs - this.lookedAtMs < lookEveryMs) return false;
    this.lookedAtMs = nowMs;
    const seen = JSON.stringify([row, await this.requests()]);
    if (seen !== this.seen) this.seenAtMs = nowMs;
    this.seen = seen;
    return nowMs - this.seenAtMs >= stuckAfterMs;
  }
}
