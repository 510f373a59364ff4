import { parseParameters } from './headers';

/** One part of a MIME message, by its place in the bytes; nothing is copied out of it. */
export interface MimePart {
  /** Lower-cased names, unfolded latin1 values, in order. */
  readonly headers: [string, string][];
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Offset of the header block, and of the body. */
  readonly headerStart: number;
  bodyStart: number;
  bodyEnd: number;
  /** Body bytes that are no line ends, from which the decoded size of base64 follows. */
  dataBytes: number;
  /** How many `=` the data ends with. */
  padding: number;
  readonly children: MimePart[];
}

interface Open {
  part: MimePart;
  boundary: string | undefined;
}

const HEADER_LIMIT = 256 * 1024;
const LINE_HEAD = 256;
const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);
const DASH = 0x2d;
const EQUALS = 0x3d;
const RETURN = 0x0d;

/**
 * Finds the structure of a MIME message while its bytes pass, line by line, in bounded memory. Tolerant as Exchange is:
 * a missing end boundary, a missing boundary parameter, headers without a blank line and eight-bit headers are all taken.
 */
export class MimeScanner {
  private offset = 0;
  private lineStart = 0;
  private lineHead: Buffer = NOTHING;
  private headerLines: string[] = [];
  private headerBytes = 0;
  private headerStart = 0;
  private inHeaders = true;
  /** Bytes of the last line's end: they belong to a boundary that follows. */
  private lineEnds = 0;
  private lastByte = 0;
  private readonly stack: Open[] = [];
  private root: MimePart | undefined;

  write(bytes: Buffer): void {
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      const ends = (at > 0 ? bytes[at - 1] : this.lastByte) === RETURN ? 2 : 1;
      if (this.inHeaders || this.lineHead.length > 0 || bytes[from] === DASH) {
        this.keepHead(bytes.subarray(from, at + 1));
        this.line(this.offset + at + 1, ends);
      } else this.plainLine(bytes, from, at + 1 - ends, ends);
      from = at + 1;
    }
    if (from < bytes.length) this.keepHead(bytes.subarray(from));
    this.offset += bytes.length;
    this.lastByte = bytes.at(-1) ?? this.lastByte;
  }

  end(): MimePart {
    if (this.lineHead.length > 0) this.line(this.offset, 0);
    if (this.inHeaders) this.finishHeaders(this.offset);
    this.closeDownTo(0, this.offset);
    if (!this.root) throw new Error('a scanned message has a root');
    return this.root;
  }

  private keepHead(piece: Buffer): void {
    const limit = this.inHeaders ? HEADER_LIMIT : LINE_HEAD;
    if (this.lineHead.length === 0) this.lineHead = piece.subarray(0, limit);
    else if (this.lineHead.length < limit)
      this.lineHead = Buffer.concat([this.lineHead, piece]).subarray(0, limit);
  }

  private line(end: number, ends: number): void {
    const head = this.lineHead;
    const start = this.lineStart;
    this.lineHead = NOTHING;
    this.lineStart = end;
    if (this.inHeaders) this.headerLine(head, start, end);
    else this.bodyLine(head, start, end, ends);
    this.lineEnds = ends;
  }

  /** A whole line of a body that can be no boundary: nearly all of a message, hence without a copy. */
  private plainLine(bytes: Buffer, from: number, to: number, ends: number): void {
    this.lineStart = this.offset + to + ends;
    this.lineEnds = ends;
    const part = this.stack.at(-1)?.part;
    if (!part || to <= from) return;
    part.dataBytes += to - from;
    part.padding = bytes[to - 1] !== EQUALS ? 0 : bytes[to - 2] === EQUALS ? 2 : 1;
  }

  private headerLine(head: Buffer, start: number, end: number): void {
    const text = head.toString('latin1').replace(/\r?\n$/, '');
    this.headerBytes += end - start;
    if (text === '') return this.finishHeaders(end);
    if (this.stack.length > 0 && head[0] === DASH && this.boundaryAt(head) !== undefined) {
      this.finishHeaders(start);
      return this.bodyLine(head, start, end, 0);
    }
    if (this.headerBytes <= HEADER_LIMIT) this.headerLines.push(text);
  }

  private finishHeaders(bodyStart: number): void {
    const headers = unfold(this.headerLines);
    const declared = headers.find(([name]) => name === 'content-type')?.[1] ?? 'text/plain';
    const { value, parameters } = parseParameters(declared);
    const type = value.toLowerCase() || 'text/plain';
    const part: MimePart = {
      headers,
      type,
      parameters,
      headerStart: this.headerStart,
      bodyStart,
      bodyEnd: bodyStart,
      dataBytes: 0,
      padding: 0,
      children: [],
    };
    const parent = this.stack.at(-1);
    if (parent) parent.part.children.push(part);
    else this.root = part;
    this.stack.push({ part, boundary: type.startsWith('multipart/') ? parameters['boundary'] : undefined });
    this.headerLines = [];
    this.headerBytes = 0;
    this.inHeaders = false;
  }

  private bodyLine(head: Buffer, start: number, end: number, ends: number): void {
    if (head[0] === DASH && head[1] === DASH) {
      const found = this.boundaryAt(head);
      if (found) return this.atBoundary(found, start, end);
    }
    const open = this.stack.at(-1);
    const data = end - start - ends;
    if (!open || data === 0) return;
    open.part.dataBytes += data;
    const last = head.length >= data ? head.subarray(Math.max(0, data - 2), data) : NOTHING;
    open.part.padding = last[1] === EQUALS ? (last[0] === EQUALS ? 2 : 1) : 0;
  }

  private boundaryAt(head: Buffer): { level: number; last: boolean } | undefined {
    const text = head.toString('latin1').trimEnd();
    for (let level = this.stack.length - 1; level >= 0; level--) {
      const boundary = this.stack[level]?.boundary;
      if (boundary === undefined) continue;
      if (text === `--${boundary}`) return { level, last: false };
      if (text === `--${boundary}--`) return { level, last: true };
    }
    return undefined;
  }

  private atBoundary(found: { level: number; last: boolean }, start: number, end: number): void {
    this.closeDownTo(found.level + 1, start - this.lineEnds);
    if (found.last) {
      const open = this.stack[found.level];
      if (open) open.boundary = undefined;
      return;
    }
    this.inHeaders = true;
    this.headerStart = end;
  }

  private closeDownTo(level: number, end: number): void {
    while (this.stack.length > level) {
      const part = this.stack.pop()?.part;
      if (part) part.bodyEnd = Math.max(part.bodyStart, end);
    }
  }
}

function unfold(lines: readonly string[]): [string, string][] {
  const headers: [string, string][] = [];
  for (const line of lines) {
    const last = headers.at(-1);
    if (/^[ \t]/.test(line) && last) last[1] += ` ${line.trim()}`;
    else {
      const colon = line.indexOf(':');
      if (colon > 0) headers.push([line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]);
    }
  }
  return headers;
}
