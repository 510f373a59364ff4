/** Numbers that look random and are the same for the same seed. */
export class Chance {
  constructor(private state: number) {}

  /** 0 up to, not including, 1. @see mulberry32 */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** 0 up to, not including, `below`. */
  number(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** @param percent 0 to 100 */
  is(percent: number): boolean {
    return this.next() * 100 < percent;
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[this.number(from.length)];
  }
}
