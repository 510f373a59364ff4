import { CsvError, parse } from 'csv-parse/sync';
import {
  mailboxKey,
  readHeader,
  readRow,
  type MailUserRow,
  type RowCells,
  type RowColumn,
  type RowFault,
} from '../../domain/mail-user-row';

/** So many rows are taken at once. */
export const mostRows = 5000;

/** Why a whole list cannot be read; texts are `admin.import.unreadable.<kind>`. */
export type Unreadable =
  | { kind: 'empty' | 'binary' | 'utf16' | 'noHeader' | 'tooLarge' }
  | { kind: 'tooManyRows'; rows: number }
  | { kind: 'columnsMissing' | 'columnsTwice'; columns: readonly string[] }
  | { kind: 'quotes'; line: number };

export interface ReadRow extends MailUserRow {
  /** The line in the list, from 1. */
  line: number;
}

export interface RowWithFaults {
  line: number;
  /** What stood there, to find the line again. */
  text: string;
  faults: RowFault[];
}

export interface ReadList {
  rows: ReadRow[];
  faulty: RowWithFaults[];
  /** Lines of the rows that go into a target mailbox which another row of the list goes into too. */
  sharedTargets: { address: string; lines: number[] }[];
  /** Columns that are not ours and were left out. */
  unknownColumns: string[];
  encoding: 'UTF-8' | 'Windows-1252';
}

/** The lines of a table, the head first: `;`, `,` or tab; UTF-8 with or without BOM, else Windows-1252. */
export function readTable(
  content: Buffer,
): { head: Line; body: Line[]; encoding: ReadList['encoding'] } | { why: Unreadable } {
  const decoded = decode(content);
  if ('why' in decoded) return decoded;
  const records = split(decoded.text);
  if ('why' in records) return records;
  const [head, ...body] = records.records;
  return head === undefined ? { why: { kind: 'empty' } } : { head, body, encoding: decoded.encoding };
}

/** Reads a list of mail users; a header in any order. */
export function readList(content: Buffer): { ok: true; list: ReadList } | { ok: false; why: Unreadable } {
  const table = readTable(content);
  if ('why' in table) return { ok: false, why: table.why };
  const { head, body, encoding } = table;
  const header = readHeader(head.cells);
  if (header.places.every((place) => place === undefined)) return { ok: false, why: { kind: 'noHeader' } };
  if (header.missing.length > 0)
    return { ok: false, why: { kind: 'columnsMissing', columns: header.missing } };
  if (header.twice.length > 0) return { ok: false, why: { kind: 'columnsTwice', columns: header.twice } };
  if (body.length === 0) return { ok: false, why: { kind: 'empty' } };
  if (body.length > mostRows) return { ok: false, why: { kind: 'tooManyRows', rows: body.length } };
  const read = readBody(body, header.places);
  return { ok: true, list: { ...read, unknownColumns: header.unknown, encoding } };
}

type Decoded = { text: string; encoding: ReadList['encoding'] } | { why: Unreadable };

function decode(content: Buffer): Decoded {
  if (content.length === 0) return { why: { kind: 'empty' } };
  const [first, second] = content;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return { why: { kind: 'utf16' } };
  // A zero byte is in no text of these encodings, and in nearly every file that is none.
  if (content.includes(0)) return { why: { kind: looksUtf16(content) ? 'utf16' : 'binary' } };
  const text = decodeText(content);
  return isBinary(text.text) ? { why: { kind: 'binary' } } : text;
}

function looksUtf16(content: Buffer): boolean {
  const start = content.subarray(0, 200);
  const zeros = [...start].map((byte, place) => (byte === 0 ? place % 2 : -1)).filter((side) => side >= 0);
  return zeros.length > start.length / 4 && new Set(zeros).size === 1;
}

function decodeText(content: Buffer): { text: string; encoding: ReadList['encoding'] } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(content), encoding: 'UTF-8' };
  } catch {
    return { text: new TextDecoder('windows-1252').decode(content), encoding: 'Windows-1252' };
  }
}

function isBinary(text: string): boolean {
  const sample = text.slice(0, 10_000);
  const control = sample.match(/[\u0001-\u0008\u000e-\u001f\u007f-\u009f]/g)?.length ?? 0;
  return control > sample.length / 100;
}

export interface Line {
  line: number;
  cells: string[];
}

function split(text: string): { records: Line[] } | { why: Unreadable } {
  const firstLine =
    text
      .slice(0, 10_000)
      .split(/\r\n|\r|\n/)
      .find((line) => line.trim() !== '') ?? '';
  const count = (separator: string): number => firstLine.split(separator).length;
  const delimiter = [';', '\t', ','].reduce((best, each) => (count(each) > count(best) ? each : best));
  try {
    const parsed = parse(text, {
      delimiter,
      relaxColumnCount: true,
      skipEmptyLines: true,
      info: true,
      maxRecordSize: 100_000,
      recordDelimiter: ['\r\n', '\n', '\r'],
    }) as unknown as { record: string[]; info: { lines: number } }[];
    const records = parsed
      .map(({ record, info }) => ({ line: info.lines, cells: record }))
      .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
    return { records };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { why: { kind: 'quotes', line: badQuoteLine(text, delimiter) ?? Number(error['lines'] ?? 0) } };
  }
}

/** The line on which the quote opens that is never closed, or closed in the middle of a cell; `undefined` where all match. */
function badQuoteLine(text: string, delimiter: string): number | undefined {
  let line = 1;
  let openedOn: number | undefined;
  let isCellStart = true;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    const isBreak = char === '\n' || (char === '\r' && text[at + 1] !== '\n');
    if (openedOn === undefined) {
      if (char === '"' && isCellStart) openedOn = line;
      isCellStart = char === delimiter || isBreak || char === '\r' || (isCellStart && char === '\ufeff');
    } else if (char === '"') {
      const next = text[at + 1];
      if (next === '"') at += 1;
      else if (next === undefined || next === delimiter || next === '\n' || next === '\r')
        openedOn = undefined;
      else return openedOn;
    }
    if (isBreak) line += 1;
  }
  return openedOn;
}

function readBody(
  body: readonly Line[],
  places: readonly (RowColumn | undefined)[],
): Pick<ReadList, 'rows' | 'faulty' | 'sharedTargets'> {
  const rows: ReadRow[] = [];
  const faulty: RowWithFaults[] = [];
  const lineOfSource = new Map<string, number>();
  const targets = new Map<string, { address: string; lines: number[] }>();
  for (const { line, cells } of body) {
    const faults = overlong(cells, places);
    const read = readRow(cellsOf(cells, places));
    if ('faults' in read) faults.push(...read.faults);
    else {
      const key = mailboxKey(read.row.source);
      const before = lineOfSource.get(key);
      if (before !== undefined)
        faults.push({ kind: 'sourceTwice', column: 'SourceEmail', value: String(before) });
      else lineOfSource.set(key, line);
    }
    if (faults.length > 0 || 'faults' in read) {
      faulty.push({ line, text: cells.join('; ').slice(0, 120), faults });
      continue;
    }
    rows.push({ line, ...read.row });
    const target = targets.get(mailboxKey(read.row.target)) ?? {
      address: read.row.target.address,
      lines: [],
    };
    target.lines.push(line);
    targets.set(mailboxKey(read.row.target), target);
  }
  return { rows, faulty, sharedTargets: [...targets.values()].filter(({ lines }) => lines.length > 1) };
}

/** A line with more cells than the header has one separator too many: its cells stand in the wrong places. */
function overlong(cells: readonly string[], places: readonly unknown[]): RowFault[] {
  const extra = cells.slice(places.length).some((cell) => cell.trim() !== '');
  return extra ? [{ kind: 'columnsWrong', column: undefined, value: String(cells.length) }] : [];
}

function cellsOf(cells: readonly string[], places: readonly (RowColumn | undefined)[]): RowCells {
  const named: RowCells = {};
  places.forEach((column, place) => {
    if (column !== undefined) named[column] = cells[place] ?? '';
  });
  return named;
}
