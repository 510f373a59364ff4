import { closeSync, createReadStream, existsSync, openSync, truncateSync } from 'node:fs';
import { writeWhole } from '../content/spool';
import type { StoreRecord } from './records';

const NEWLINE = 0x0a;

/**
 * Append-only file of transactions, one JSON line each. A line is with the kernel before the answer leaves, so killing
 * the process loses nothing that was acknowledged; a half-written last line was not acknowledged and is cut off.
 */
export class Journal {
  private constructor(private readonly descriptor: number) {}

  /** Replays what is there, then opens for appending. */
  static async open(path: string, apply: (records: readonly StoreRecord[]) => void): Promise<Journal> {
    if (existsSync(path)) truncateSync(path, await replay(path, apply));
    return new Journal(openSync(path, 'a'));
  }

  append(records: readonly StoreRecord[]): void {
    writeWhole(this.descriptor, Buffer.from(`${JSON.stringify(records)}\n`));
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** @returns the length in bytes of the whole lines */
async function replay(path: string, apply: (records: readonly StoreRecord[]) => void): Promise<number> {
  let whole = 0;
  let rest: Buffer[] = [];
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, at)]);
      rest = [];
      from = at + 1;
      apply(JSON.parse(line.toString('utf8')) as StoreRecord[]);
      whole += line.length + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  return whole;
}
