import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/** A cell of a CSV file; nothing makes an empty one. */
export type Cell = string | number | Date | undefined;

/**
 * One line of RFC 4180. Text that a spreadsheet would take for a formula begins with an apostrophe there.
 *
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number') return String(cell);
  if (cell instanceof Date) return cell.toISOString();
  const harmless = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** Excel takes a file without it for the local code page. */
const byteOrderMark = '\uFEFF';

/** Sends lines as they are made, as fast as they are taken. */
export async function sendCsv(response: Response, name: string, lines: AsyncIterable<string>): Promise<void> {
  response.attachment(`${name}.csv`).type('text/csv');
  await sendAll(response, withMark(lines));
}

async function* withMark(lines: AsyncIterable<string>): AsyncGenerator<string> {
  yield byteOrderMark;
  yield* lines;
}

/** Sends one JSON object: the members of `head`, then each of `lists` as an array, an element at a time. */
export async function sendJson(
  response: Response,
  name: string,
  head: Record<string, unknown>,
  lists: Record<string, AsyncIterable<unknown> | Iterable<unknown>>,
): Promise<void> {
  response.attachment(`${name}.json`).type('application/json');
  await sendAll(response, jsonOf(head, lists));
}

async function* jsonOf(
  head: Record<string, unknown>,
  lists: Record<string, AsyncIterable<unknown> | Iterable<unknown>>,
): AsyncGenerator<string> {
  yield JSON.stringify(head).slice(0, -1);
  for (const [name, list] of Object.entries(lists)) {
    yield `,${JSON.stringify(name)}:[`;
    let separator = '\n';
    for await (const one of list) {
      yield separator + JSON.stringify(one);
      separator = ',\n';
    }
    yield ']';
  }
  yield '}\n';
}

/** Whoever breaks a download off, or a database that goes away in it, ends the answer where it is. */
async function sendAll(response: Response, parts: AsyncIterable<string>): Promise<void> {
  await pipeline(Readable.from(parts, { objectMode: true }), response).catch((fault: unknown) => {
    if (!response.headersSent) throw fault;
    response.destroy();
  });
}
