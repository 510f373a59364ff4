/** Decoding of header values. @see RFC 2047 (encoded words), RFC 2231 (parameters), RFC 5322 (addresses) */

import { TextDecoder } from 'node:util';

const decoders = new Map<string, TextDecoder>();

/** Bytes to text; an unknown character set is read as windows-1252. */
export function decodeCharset(bytes: Uint8Array, charset: string | undefined): string {
  const name = (charset ?? 'utf-8').toLowerCase();
  let decoder = decoders.get(name);
  if (!decoder) {
    try {
      decoder = new TextDecoder(name);
    } catch {
      decoder = new TextDecoder('windows-1252');
    }
    decoders.set(name, decoder);
  }
  return decoder.decode(bytes);
}

/** Header bytes kept as latin1 that are really UTF-8, as many broken senders write. */
function repair(value: string): string {
  if (!/[\u0080-\u00ff]/.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? decodeCharset(bytes, 'windows-1252') : text;
}

export function decodeWords(value: string): string {
  const joined = value.replace(/(=\?[^?\s]+\?[bqBQ]\?[^?]*\?=)\s+(?==\?[^?\s]+\?[bqBQ]\?)/g, '$1');
  const pieces: { charset: string; bytes: Buffer }[] = [];
  let out = '';
  let last = 0;
  const flush = (): void => {
    const first = pieces[0];
    if (first) out += decodeCharset(Buffer.concat(pieces.map((piece) => piece.bytes)), first.charset);
    pieces.length = 0;
  };
  for (const match of joined.matchAll(/=\?([^?\s*]+)(?:\*[^?]*)?\?([bqBQ])\?([^?]*)\?=/g)) {
    if (match.index > last) {
      flush();
      out += repair(joined.slice(last, match.index));
    }
    const charset = (match[1] ?? 'utf-8').toLowerCase();
    if (pieces[0] && pieces[0].charset !== charset) flush();
    pieces.push({ charset, bytes: decodeWord(match[2] ?? 'q', match[3] ?? '') });
    last = match.index + match[0].length;
  }
  flush();
  return out + repair(joined.slice(last));
}

function decodeWord(encoding: string, text: string): Buffer {
  if (encoding.toLowerCase() === 'b') return Buffer.from(text, 'base64');
  return decodeQuotedPrintable(Buffer.from(text.replace(/_/g, ' '), 'latin1'));
}

export function decodeQuotedPrintable(bytes: Buffer): Buffer {
  const text = bytes
    .toString('latin1')
    .replace(/[ \t]+(?=\r?\n)/g, '')
    .replace(/=\r?\n/g, '');
  return Buffer.from(
    text.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );
}

/** `text/plain; charset=x` and the like; RFC 2231 continuations are joined and decoded. */
export function parseParameters(value: string): { value: string; parameters: Record<string, string> } {
  const first = value.indexOf(';');
  const parameters: Record<string, string> = {};
  const pieces = new Map<string, { index: number; text: string; encoded: boolean }[]>();
  for (const match of (first < 0 ? '' : value.slice(first)).matchAll(
    /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g,
  )) {
    const text = match[2]?.replace(/\\(.)/g, '$1') ?? (match[3] ?? '').trim();
    const name = /^([^*]+)(?:\*(\d+))?(\*)?$/.exec((match[1] ?? '').toLowerCase());
    if (!name?.[1]) continue;
    if (name[2] === undefined && !name[3]) parameters[name[1]] ??= text;
    else
      pieces.set(name[1], [
        ...(pieces.get(name[1]) ?? []),
        { index: Number(name[2] ?? 0), text, encoded: name[3] === '*' },
      ]);
  }
  for (const [name, parts] of pieces) parameters[name] = joinContinuations(parts);
  return { value: (first < 0 ? value : value.slice(0, first)).trim(), parameters };
}

function joinContinuations(parts: { index: number; text: string; encoded: boolean }[]): string {
  let charset = 'utf-8';
  const bytes = parts
    .sort((a, b) => a.index - b.index)
    .map(({ text, encoded }, index) => {
      if (!encoded) return Buffer.from(text, 'latin1');
      const head = index === 0 ? /^([^']*)'[^']*'(.*)$/s.exec(text) : null;
      if (head?.[1]) charset = head[1];
      return decodeQuotedPrintable(Buffer.from((head?.[2] ?? text).replace(/%/g, '='), 'latin1'));
    });
  return decodeCharset(Buffer.concat(bytes), charset);
}

export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

/** An address list; groups lose their name, their members stay. */
export function parseAddresses(value: string): MailAddress[] {
  const found: MailAddress[] = [];
  for (const piece of splitAddresses(value)) {
    const text = piece.replace(/^[^"<@]*:/, '').trim();
    if (!text) continue;
    const angled = /^(.*?)<([^<>]*)>\s*$/s.exec(text);
    const address = (angled?.[2] ?? text.replace(/\([^)]*\)/g, '')).trim();
    const quoted = (angled?.[1] ?? /\(([^)]*)\)/.exec(text)?.[1] ?? '').trim();
    const name = decodeWords(quoted.replace(/^"(.*)"$/s, '$1').replace(/\\(.)/g, '$1'));
    if (address || name) found.push({ name: name || decodeWords(address), address: decodeWords(address) });
  }
  return found;
}

function splitAddresses(value: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  let quoted = false;
  let depth = 0;
  for (let index = 0; index < value.length; index++) {
    const character = value.charAt(index);
    if (character === '\\') piece += character + value.charAt(++index);
    else {
      if (character === '"') quoted = !quoted;
      else if (!quoted && (character === '<' || character === '(')) depth++;
      else if (!quoted && (character === '>' || character === ')')) depth--;
      if (!quoted && depth <= 0 && (character === ',' || character === ';')) {
        pieces.push(piece);
        piece = '';
      } else piece += character;
    }
  }
  return [...pieces, piece];
}
