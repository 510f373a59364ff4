import type { Stored } from '../store/records';
import { escapeAttribute, escapeText } from './escape';

/** Where an answer goes; the promise resolves when more may be written. */
export interface Sink {
  write(piece: string | Buffer): Promise<void>;
}

export type Attributes = Readonly<Record<string, string | undefined>>;

const FLUSH_CHARACTERS = 128 * 1024;

/** Writes an answer's XML in order and in bounded memory. Names carry EWS's usual prefixes (`m:`, `t:`). */
export class Answer {
  private pieces: string[] = [];
  private length = 0;

  constructor(private readonly sink: Sink) {}

  open(name: string, attributes?: Attributes): void {
    this.raw(`<${name}${attributes ? formatAttributes(attributes) : ''}>`);
  }

  close(name: string): void {
    this.raw(`</${name}>`);
  }

  element(name: string, text: string, attributes?: Attributes): void {
    this.raw(`<${name}${attributes ? formatAttributes(attributes) : ''}>${escapeText(text)}</${name}>`);
  }

  empty(name: string, attributes?: Attributes): void {
    this.raw(`<${name}${attributes ? formatAttributes(attributes) : ''}/>`);
  }

  stored(property: Stored): void {
    const name = `t:${property.n}`;
    if (property.v.length === 0) return this.empty(name, property.a);
    if (typeof property.v === 'string') return this.element(name, property.v, property.a);
    this.open(name, property.a);
    for (const each of property.v) this.stored(each);
    this.close(name);
  }

  raw(xml: string): void {
    this.pieces.push(xml);
    this.length += xml.length;
  }

  /** Writes bytes as base64 text. */
  async base64(pieces: AsyncIterable<Buffer>): Promise<void> {
    let carry: Buffer = Buffer.alloc(0);
    for await (const piece of pieces) {
      const joined = carry.length > 0 ? Buffer.concat([carry, piece]) : piece;
      const usable = joined.length - (joined.length % 3);
      carry = joined.subarray(usable);
      this.raw(joined.toString('base64', 0, usable));
      await this.relieve();
    }
    this.raw(carry.toString('base64'));
  }

  /** Lets what has gathered go once it is much; to be called between items. */
  async relieve(): Promise<void> {
    if (this.length >= FLUSH_CHARACTERS) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.length === 0) return;
    const text = this.pieces.join('');
    this.pieces = [];
    this.length = 0;
    await this.sink.write(text);
  }
}

function formatAttributes(attributes: Attributes): string {
  let text = '';
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) text += ` ${name}="${escapeAttribute(value)}"`;
  return text;
}
