import { createHash } from 'node:crypto';

const hashes = 6;
const bitsPerKey = 16;
const leastBits = 64 * 1024;
const mostBits = 16 * 1024 * 1024;

/**
 * A set of keys of fixed size that never forgets one and sometimes believes to know one it was not given: at 16 bits a key
 * once in a few thousand. Between 8 KiB and 2 MiB; with more than a million keys it errs more often, and stays right.
 */
export class BloomFilter {
  private readonly bits: Uint8Array;

  /** @param expected how many keys it is made for */
  constructor(expected: number) {
    const wanted = Math.min(mostBits, Math.max(leastBits, expected * bitsPerKey));
    this.bits = new Uint8Array(2 ** Math.ceil(Math.log2(wanted)) / 8);
  }

  add(key: string): void {
    for (const bit of this.places(key)) this.bits[bit >>> 3]! |= 1 << (bit & 7);
  }

  mayHave(key: string): boolean {
    return this.places(key).every((bit) => (this.bits[bit >>> 3]! & (1 << (bit & 7))) !== 0);
  }

  private places(key: string): number[] {
    const digest = createHash('sha1').update(key).digest();
    const first = digest.readUInt32LE(0);
    const step = (digest.readUInt32LE(4) | 1) >>> 0;
    const size = this.bits.length * 8;
    return Array.from({ length: hashes }, (_, at) => (first + at * step) % size);
  }
}
