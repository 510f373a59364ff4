/** How many requests of one mailbox may be under way at one server. Times are ms of a monotonic clock. */
export interface Width {
  /** At least 1. */
  readonly requests: number;
  /** The server answered a request. @param wasFull whether as many were under way as may be */
  answered(wasFull: boolean, nowMs: number): void;
  /** The server throttled a request or did not answer it in time. @param beganMs when that request left */
  refused(beganMs: number, nowMs: number): void;
}

/** A width that does not adapt. */
export function fixedWidth(requests: number): Width {
  return { requests, answered() {}, refused() {} };
}

const firstProbeMs = 60_000;
const longestProbeMs = 600_000;

/**
 * Grows by one for each round of answers and halves at once when refused, once for all that left before. It remembers at which width
 * it was refused, stays just below it and tries to go past it only from time to time, ever more seldom where that fails: growing back
 * each time to what was just refused would waste a quarter of what the server allows. Only what was made use of counts as proof.
 */
export class AdaptiveWidth implements Width {
  private width: number;
  private shrunkAt = -Infinity;
  /** The width that was refused last; absent where none stands in the way. */
  private refusedWidth?: number;
  private probeMs = firstProbeMs;
  /** Until then it does not go past the width that was refused. */
  private probeAt = 0;

  /** @param most the connections there are, 1 or more */
  constructor(
    private readonly most: number,
    first = 2,
  ) {
    this.width = Math.min(first, most);
  }

  get requests(): number {
    return Math.floor(this.width);
  }

  answered(wasFull: boolean, nowMs: number): void {
    if (!wasFull) return;
    const { refusedWidth } = this;
    if (refusedWidth !== undefined && this.width >= refusedWidth + 1) {
      // A whole round went well at what was refused before.
      this.refusedWidth = undefined;
      this.probeMs = firstProbeMs;
    }
    const ceiling = this.refusedWidth === undefined || nowMs >= this.probeAt ? this.most : this.belowRefused;
    this.width = Math.max(this.width, Math.min(this.width + 1 / this.requests, ceiling));
  }

  refused(beganMs: number, nowMs: number): void {
    if (beganMs <= this.shrunkAt) return;
    const { requests } = this;
    this.shrunkAt = nowMs;
    // One at a time is never too many: a server that is away for a moment tells nothing of its limit.
    if (requests === 1) return;
    if (this.refusedWidth !== undefined && requests >= this.refusedWidth)
      this.probeMs = Math.min(longestProbeMs, this.probeMs * 2);
    this.refusedWidth = requests;
    this.probeAt = nowMs + this.probeMs;
    this.width = Math.max(1, requests / 2);
  }

  private get belowRefused(): number {
    return Math.max(1, (this.refusedWidth ?? this.most) - 1);
  }
}
