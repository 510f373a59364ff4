import { z } from 'zod';

/**
 * The format `exchange`, owned by this connector: a stream of
 * - one line of JSON, the header;
 * - the item as the children of `Items` in CreateItem, UTF-8, with `<?stamp?>` where its extended properties are: no value in it can
 *   hold a `<`, so that the mark is found without parsing;
 * - of a series with exceptions, `<?exceptions?>` and JSON naming them.
 */
export interface Header {
  /** Whether exceptions of a series follow the item. */
  series: boolean;
}

export interface Exceptions {
  /** Original starts of removed occurrences, ISO 8601. */
  removed: string[];
  /** Changed occurrences: where each was, and the children of `Updates` that change it. */
  changed: { originalStart: string; updates: string }[];
}

export const stampMark = '<?stamp?>';
export const seriesMark = '<?exceptions?>';
const lineBreak = 0x0a;
const longestHeader = 4096;
const longestExceptions = 16 * 1024 * 1024;

const headerSchema = z.object({ series: z.boolean() });
const exceptionsSchema = z.object({
  removed: z.array(z.string()),
  changed: z.array(z.object({ originalStart: z.string(), updates: z.string() })),
});

export function headerLine(header: Header): Buffer {
  return Buffer.from(`${JSON.stringify(header)}\n`);
}

export function exceptionsLine(exceptions: Exceptions): Buffer {
  return Buffer.from(seriesMark + JSON.stringify(exceptions));
}

/** What stands in the stream of an item is not what this connector writes. */
export class MalformedItem extends Error {}

/**
 * Takes an item's stream apart while it passes: yields its XML with the stamp at its place.
 * @param stamp given the header, the XML of the stamp
 * @returns at the end, the exceptions of a series
 * @throws MalformedItem, or what the stream throws
 */
export async function* stamped(
  content: AsyncIterable<Buffer>,
  stamp: (header: Header) => string,
): AsyncGenerator<Buffer, Exceptions | undefined, undefined> {
  let header: Header | undefined;
  let found = false;
  let held: Buffer = Buffer.alloc(0);
  let tail: Buffer[] | undefined;
  for await (const piece of content) {
    if (tail) {
      tail.push(piece);
      if (tail.reduce((sum, each) => sum + each.length, 0) > longestExceptions)
        throw new MalformedItem('too many exceptions');
      continue;
    }
    let bytes = held.length > 0 ? Buffer.concat([held, piece]) : piece;
    if (!header) {
      const end = bytes.indexOf(lineBreak);
      if (end < 0 && bytes.length > longestHeader) throw new MalformedItem('no header');
      if (end < 0) {
        held = bytes;
        continue;
      }
      header = headerSchema.parse(JSON.parse(bytes.toString('utf8', 0, end)));
      bytes = bytes.subarray(end + 1);
    }
    const at = found ? -1 : bytes.indexOf(stampMark);
    if (at >= 0) {
      found = true;
      yield bytes.subarray(0, at);
      yield Buffer.from(stamp(header));
      bytes = bytes.subarray(at + stampMark.length);
    }
    const end = found && header.series ? bytes.indexOf(seriesMark) : -1;
    if (end >= 0) {
      yield bytes.subarray(0, end);
      tail = [bytes.subarray(end + seriesMark.length)];
      continue;
    }
    const keep = found && !header.series ? 0 : Math.min(bytes.length, seriesMark.length - 1);
    if (bytes.length > keep) yield bytes.subarray(0, bytes.length - keep);
    held = bytes.subarray(bytes.length - keep);
  }
  if (held.length > 0) yield held;
  if (!found) throw new MalformedItem('no place for the stamp');
  return tail ? exceptionsSchema.parse(JSON.parse(Buffer.concat(tail).toString('utf8'))) : undefined;
}
