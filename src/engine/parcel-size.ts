/** A batch that takes longer is in danger: Exchange ends one after a minute, and slows down whoever is above his budget. */
const slowMs = 20_000;
const growth = 1 / 16;
const least = 1 / 32;

/**
 * How large a parcel may be, for a whole mailbox. A request that is slow, or that the server does not finish in time, halves it, once
 * for all that left before; each good answer makes it a little larger again.
 * @see https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange (batch requests)
 */
export class ParcelSize {
  private part = 1 / 2;
  private shrunkAt = -Infinity;

  /** @param most items and bytes of content of a parcel with several items */
  constructor(private readonly most: { items: number; bytes: number }) {}

  get items(): number {
    return Math.max(1, Math.floor(this.most.items * this.part));
  }

  get bytes(): number {
    return Math.floor(this.most.bytes * this.part);
  }

  /** The target answered a parcel. */
  answered(beganMs: number, nowMs: number): void {
    if (nowMs - beganMs > slowMs) this.refused(beganMs, nowMs);
    else this.part = Math.min(1, this.part + growth);
  }

  /** A parcel was too much: no answer in time, or the server gave it up. @param beganMs when it left */
  refused(beganMs: number, nowMs: number): void {
    if (beganMs <= this.shrunkAt) return;
    this.shrunkAt = nowMs;
    this.part = Math.max(least, this.part / 2);
  }
}
