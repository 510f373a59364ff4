import { createHash } from 'node:crypto';

const bytesPerNumber = 4;
/** Places for each key, so that those with the same hash are few steps apart. */
const placesPerKey = 1.5;

/**
 * A few numbers, from 0 to 2^32 - 1, for each of many keys, in a fraction of the memory that the keys would take: eight bytes of its hash
 * stand for a key. Two keys of a folder of a million share them once in some thirty million folders.
 */
export class KeyTable<Column extends string = never> {
  private columns: Record<Column, Uint32Array>;
  private hashes: [Uint32Array, Uint32Array];
  private keys = 0;

  /** @param expected how many keys it is made for; with more it grows */
  constructor(
    private readonly names: readonly Column[],
    private expected: number,
  ) {
    [this.hashes, this.columns] = this.made();
  }

  /** What a table for so many keys takes. */
  static bytes(columns: number, keys: number): number {
    return placesFor(keys) * (2 + columns) * bytesPerNumber;
  }

  get size(): number {
    return this.keys;
  }

  /** The key's row, until another key is added; absent where it was not added itself. */
  find(key: string): number | undefined {
    const [first, second] = wordsOf(key);
    const row = this.placeOf(first, second);
    return this.isTaken(row) ? row : undefined;
  }

  /** The same of a key that is added where it is not there. */
  add(key: string): number {
    return this.addHash(...wordsOf(key));
  }

  /** 0 until it is set. */
  get(row: number, column: Column): number {
    return this.columns[column][row]!;
  }

  set(row: number, column: Column, value: number): void {
    this.columns[column][row] = value;
  }

  *rows(): Generator<number> {
    for (let row = 0; row < this.hashes[0].length; row += 1) if (this.isTaken(row)) yield row;
  }

  /** The keys of these rows, without their numbers. */
  only(rows: readonly number[]): KeyTable {
    const table = new KeyTable([], rows.length);
    const [first, second] = this.hashes;
    for (const row of rows) table.addHash(first[row]!, second[row]!);
    return table;
  }

  private addHash(first: number, second: number): number {
    const row = this.placeOf(first, second);
    if (this.isTaken(row)) return row;
    if (this.keys >= this.expected) {
      this.grow();
      return this.addHash(first, second);
    }
    this.hashes[0][row] = first;
    this.hashes[1][row] = second;
    this.keys += 1;
    return row;
  }

  private placeOf(first: number, second: number): number {
    const [firsts, seconds] = this.hashes;
    let row = first % firsts.length;
    while (this.isTaken(row) && (firsts[row] !== first || seconds[row] !== second))
      row = (row + 1) % firsts.length;
    return row;
  }

  /** A hash's second word is never 0. */
  private isTaken(row: number): boolean {
    return this.hashes[1][row] !== 0;
  }

  private grow(): void {
    const { hashes, columns } = this;
    this.expected *= 2;
    this.keys = 0;
    [this.hashes, this.columns] = this.made();
    for (const [row, second] of hashes[1].entries()) {
      if (second === 0) continue;
      const to = this.addHash(hashes[0][row]!, second);
      for (const name of this.names) this.columns[name][to] = columns[name][row]!;
    }
  }

  private made(): [[Uint32Array, Uint32Array], Record<Column, Uint32Array>] {
    this.expected = Math.max(1, this.expected);
    const column = () => new Uint32Array(placesFor(this.expected));
    const columns = Object.fromEntries(this.names.map((name) => [name, column()]));
    return [[column(), column()], columns as Record<Column, Uint32Array>];
  }
}

function placesFor(keys: number): number {
  return Math.ceil(keys * placesPerKey) + 1;
}

function wordsOf(key: string): [first: number, second: number] {
  const digest = createHash('sha1').update(key).digest();
  // The first bytes say which slice it is of.
  return [digest.readUInt32LE(8), digest.readUInt32LE(12) || 1];
}

/** A number that differs where two texts do, but once in 2^32. */
export function printOf(text: string): number {
  return wordsOf(text)[0];
}
