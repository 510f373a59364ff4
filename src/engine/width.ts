/** How many requests of one mailbox may be under way at one server. Times are ms of a monotonic clock. */
export interface Width {
  /** At least 1. */
  readonly requests: number;
  /** For how much of the time requests may be under way, above 0 up to 1: below 1 others have their turn. */
  readonly share: number;
  /** The server answered a request. @param wasFull whether as many were under way as may be */
  answered(wasFull: boolean, nowMs: number): void;
  /** The server throttled a request or did not answer it in time. @param beganMs when that request left */
  refused(beganMs: number, nowMs: number): void;
}

/** A width that does not adapt. */
export function fixedWidth(requests: number): Width {
  return { requests, share: 1, answered() {}, refused() {} };
}

/** For each request of the width that was refused: a try that fails costs a wide mailbox more, and gains it less. */
const firstProbeMs = 15_000;
const longestProbeMs = 120_000;
/** The least width: one request, then a rest as long as it took. */
const halfTheTime = 1 / 2;

/**
 * Grows by one for each round of answers and halves at once when refused, once for all that left before. It remembers at which width
 * it was refused, stays just below it and tries to go past it only from time to time, ever more seldom where that fails: growing back
 * each time to what was just refused would waste a quarter of what the server allows. Only what was made use of counts as proof.
 *
 * Whoever is refused below the width that he kept to shares the limit with others: he keeps to less, so that mailboxes that came first
 * leave some to those that came later. One that may have a single request under way leaves gaps between them for a while.
 */
export class AdaptiveWidth implements Width {
  private width: number;
  private shrunkAt = -Infinity;
  /** The width that was refused last; absent where none stands in the way. */
  private refusedWidth?: number;
  private probes = 0;
  /** Until then it does not go past the width that was refused. */
  private probeAt = 0;

  /**
   * @param most the connections there are, 1 or more
   * @param mailboxes how many share the width, 1 or more: what they share adapts as quickly as if each had its own part of it
   */
  constructor(
    private readonly most: number,
    first = 2,
    private readonly mailboxes: () => number = () => 1,
  ) {
    this.width = Math.min(first, most);
  }

  get requests(): number {
    return Math.max(1, Math.floor(this.width));
  }

  get share(): number {
    return Math.min(1, this.width);
  }

  answered(wasFull: boolean, nowMs: number): void {
    if (!wasFull) return;
    if (this.width < 1) {
      this.width = 1;
      return;
    }
    const { refusedWidth } = this;
    if (refusedWidth !== undefined && this.width >= refusedWidth + 1) {
      // A whole round went well at what was refused before.
      this.refusedWidth = undefined;
      this.probes = 0;
    }
    const isProbing = refusedWidth !== undefined && nowMs >= this.probeAt;
    const ceiling = this.refusedWidth === undefined || isProbing ? this.most : this.belowRefused;
    const growth = Math.min(1, (isProbing ? 1 : this.mailboxes()) / this.requests);
    this.width = Math.max(this.width, Math.min(this.width + growth, ceiling));
  }

  /** @param underWay how many there were when the request left, where that may be fewer than there might have been */
  refused(beganMs: number, nowMs: number, underWay = Infinity): void {
    if (beganMs <= this.shrunkAt) return;
    const requests = Math.min(this.requests, underWay);
    this.shrunkAt = nowMs;
    // Of two one was too many: half of what it had is half of one.
    this.width = requests > 2 ? requests / 2 : halfTheTime;
    // One at a time is never too many: a server that is away for a moment tells nothing of its limit.
    if (requests === 1) return;
    const isProbe = this.refusedWidth === undefined || requests >= this.refusedWidth;
    if (!isProbe) this.probes = 0;
    else if (this.refusedWidth !== undefined) this.probes += 1;
    this.refusedWidth = isProbe ? requests : Math.max(2, Math.ceil(requests * (3 / 4)));
    const each = requests / this.mailboxes();
    this.probeAt = nowMs + each * Math.min(longestProbeMs, firstProbeMs * 2 ** this.probes);
  }

  private get belowRefused(): number {
    return Math.max(1, (this.refusedWidth ?? this.most) - 1);
  }
}
