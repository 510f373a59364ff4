import { StringDecoder } from 'node:string_decoder';
import { SaxesParser, type SaxesTagNS } from 'saxes';
import type { Element } from './element';
import { MarkupFilter } from './text';

/** What an answer consists of, in the order of its bytes. */
export type Part =
  /** A piece of a bulk element, as soon as it is there: markup text without `<`, legal in XML 1.0. */
  | { kind: 'bulk'; of: Element; bytes: Buffer }
  /** A response message or a SOAP fault, complete. */
  | { kind: 'message'; message: Element }
  | { kind: 'version'; version: Element };

/** The answer is no well-formed SOAP answer, or ends before it is complete. */
export class MalformedAnswer extends Error {
  constructor(readonly code: 'Truncated' | 'NotXml' | 'Malformed') {
    super(code);
  }
}

/** More outside of bulk elements than any honest server says. */
export class OversizeAnswer extends Error {}

const typesNamespace = 'http://schemas.microsoft.com/exchange/services/2006/types';
const bulkNames = new Set(['MimeContent', 'Content', 'Body']);
/** A tag of a bulk element ends in one of these; attributes may follow. */
const hint = /Content|Body/;
const hintOverlap = 6;
const deepest = 48;
/** Characters outside of bulk elements that one message may hold. */
const mostHeld = 32 * 1024 * 1024;
const onlyBase64 = /^[A-Za-z0-9+/=\s]*$/;
const less = 0x3c;
const greater = 0x3e;

/**
 * Reads a SOAP answer while its bytes arrive. Text of bulk elements goes past the XML parser, which would gather it whole.
 * Document types are refused, so that nothing can be expanded.
 */
export class AnswerParser {
  private readonly xml = new SaxesParser({ xmlns: true, position: false });
  private readonly decoder = new StringDecoder('utf8');
  private filter = new MarkupFilter();
  private readonly path: Element[] = [];
  private parts: Part[] = [];
  /** `isPlain` until the first byte that is no base64: what is base64 throughout passes as it is. */
  private bulk: { of: Element; isPlain: boolean; decoder: StringDecoder; filter: MarkupFilter } | undefined;
  private justOpened: { element: Element; isBulk: boolean } | undefined;
  private awaitsTagEnd = false;
  private tail = '';
  private held = 0;
  private sinceEvent = 0;
  private started = false;
  private complete = false;

  constructor() {
    this.xml.on('opentag', (tag) => this.opened(tag));
    this.xml.on('closetag', () => this.closed());
    this.xml.on('text', (text) => this.took(text));
    this.xml.on('cdata', (text) => this.took(text));
    this.xml.on('doctype', () => {
      throw new MalformedAnswer('Malformed');
    });
    this.xml.on('error', () => {
      throw new MalformedAnswer(this.started ? 'Malformed' : 'NotXml');
    });
  }

  /** @throws MalformedAnswer, OversizeAnswer */
  write(bytes: Buffer): Part[] {
    let from = 0;
    while (from < bytes.length) from = this.bulk ? this.passBulk(bytes, from) : this.parse(bytes, from);
    return this.taken();
  }

  /** @throws MalformedAnswer where the answer is not complete */
  end(): Part[] {
    if (!this.bulk) this.feed(this.decoder.end());
    this.feedRaw(this.filter.end());
    if (!this.started) throw new MalformedAnswer('NotXml');
    if (!this.complete) throw new MalformedAnswer('Truncated');
    return this.taken();
  }

  private taken(): Part[] {
    const parts = this.parts;
    this.parts = [];
    return parts;
  }

  /** Hands the XML parser all bytes up to the end of the next tag that may open a bulk element. */
  private parse(bytes: Buffer, from: number): number {
    const to = this.cut(bytes, from);
    this.justOpened = undefined;
    this.feed(this.decoder.write(bytes.subarray(from, to)));
    const last = this.justOpened as { element: Element; isBulk: boolean } | undefined;
    if (last?.isBulk && bytes[to - 1] === greater && this.path.at(-1) === last.element) {
      this.bulk = {
        of: last.element,
        isPlain: true,
        decoder: new StringDecoder('utf8'),
        filter: new MarkupFilter(),
      };
    }
    return to;
  }

  private cut(bytes: Buffer, from: number): number {
    let search = from;
    if (!this.awaitsTagEnd) {
      const text = this.tail + bytes.toString('latin1', from);
      const found = hint.exec(text);
      if (!found) {
        this.tail = text.slice(-hintOverlap);
        return bytes.length;
      }
      search = from + Math.max(0, found.index - this.tail.length);
    }
    this.tail = '';
    const end = bytes.indexOf(greater, search);
    this.awaitsTagEnd = end < 0;
    return end < 0 ? bytes.length : end + 1;
  }

  private passBulk(bytes: Buffer, from: number): number {
    const bulk = this.bulk;
    if (!bulk) return from;
    const end = bytes.indexOf(less, from);
    const to = end < 0 ? bytes.length : end;
    const piece = bytes.subarray(from, to);
    bulk.isPlain &&= onlyBase64.test(piece.toString('latin1'));
    if (bulk.isPlain) {
      if (piece.length > 0) this.parts.push({ kind: 'bulk', of: bulk.of, bytes: piece });
    } else this.emitBulk(bulk.of, bulk.filter.write(bulk.decoder.write(piece)));
    if (end >= 0) {
      this.emitBulk(bulk.of, bulk.filter.write(bulk.decoder.end()) + bulk.filter.end());
      this.bulk = undefined;
    }
    return to;
  }

  private emitBulk(of: Element, text: string): void {
    if (text === '') return;
    // `]]>` is the one sequence without `<` or `&` that text may not hold.
    const safe = text.includes('>') ? text.replaceAll('>', '&gt;') : text;
    this.parts.push({ kind: 'bulk', of, bytes: Buffer.from(safe, 'utf8') });
  }

  private feed(text: string): void {
    const unmarked = this.started ? text : text.replace(/^\ufeff/, '');
    this.feedRaw(this.filter.write(unmarked));
  }

  private feedRaw(text: string): void {
    if (text === '') return;
    this.sinceEvent += text.length;
    if (this.sinceEvent > mostHeld) throw new OversizeAnswer('one value is too long');
    this.xml.write(text);
  }

  private opened(tag: SaxesTagNS): void {
    this.sinceEvent = 0;
    this.started = true;
    if (this.path.length === 0 && tag.local !== 'Envelope') throw new MalformedAnswer('NotXml');
    if (this.path.length >= deepest) throw new MalformedAnswer('Malformed');
    const attributes: Record<string, string> = {};
    for (const each of Object.values(tag.attributes)) {
      if (each.prefix !== 'xmlns' && each.name !== 'xmlns' && each.prefix !== 'xsi')
        attributes[each.local] = each.value;
    }
    const element: Element = { name: tag.local, attributes, children: [], text: '' };
    this.path.at(-1)?.children.push(element);
    this.path.push(element);
    this.hold(tag.local.length + 64);
    const isBulk = !tag.isSelfClosing && bulkNames.has(tag.local) && tag.uri === typesNamespace;
    this.justOpened = { element, isBulk };
  }

  private closed(): void {
    this.sinceEvent = 0;
    this.justOpened = undefined;
    const element = this.path.pop();
    const parent = this.path.at(-1);
    if (!element) return;
    if (!parent) this.complete = true;
    else if (parent.name === 'ResponseMessages' || (element.name === 'Fault' && this.path.length === 2)) {
      parent.children.pop();
      this.held = 0;
      this.parts.push({ kind: 'message', message: element });
    } else if (element.name === 'ServerVersionInfo') this.parts.push({ kind: 'version', version: element });
  }

  private took(text: string): void {
    this.sinceEvent = 0;
    const element = this.path.at(-1);
    if (!element) return;
    this.hold(text.length);
    element.text += text;
  }

  private hold(characters: number): void {
    this.held += characters;
    if (this.held > mostHeld) throw new OversizeAnswer('one message is too long');
  }
}

/** The parts of a whole body. @throws MalformedAnswer, OversizeAnswer, and what the body's stream throws */
export async function* readAnswer(body: AsyncIterable<Buffer>): AsyncGenerator<Part, void, undefined> {
  const parser = new AnswerParser();
  for await (const bytes of body) yield* parser.write(bytes);
  yield* parser.end();
}
