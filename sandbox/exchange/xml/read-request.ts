import { StringDecoder } from 'node:string_decoder';
import { SaxesParser } from 'saxes';
import type { SaxesTagNS } from 'saxes';
import type { Spool } from '../content/spool';
import type { Element } from './element';

/** Elements whose text is base64 of any size: decoded on the fly, never held as text. */
const SPOOLED = new Set(['MimeContent', 'Content']);
const GREATER = 0x3e;
const LESS = 0x3c;
const MAXIMUM_DEPTH = 64;
const MAXIMUM_TEXT = 64 * 1024 * 1024;

export class MalformedRequest extends Error {}

/**
 * Builds the element tree of one request while its bytes arrive.
 * Base64 between `<MimeContent>` and the next `<` never reaches the XML parser.
 */
export class RequestReader {
  private readonly parser = new SaxesParser({ xmlns: true });
  private readonly decoder = new StringDecoder('utf8');
  private readonly open: Element[] = [];
  private root: Element | undefined;
  private spooling: Spool | undefined;
  private inEntity = false;
  private textLength = 0;

  constructor(private readonly newSpool: () => Spool) {
    this.parser.on('opentag', (tag) => this.opened(tag));
    this.parser.on('closetag', () => this.closed());
    this.parser.on('text', (text) => this.took(text));
    this.parser.on('cdata', (text) => this.took(text));
    this.parser.on('doctype', () => {
      throw new MalformedRequest('For security reasons DTD is prohibited in this XML document.');
    });
    this.parser.on('error', (error) => {
      throw new MalformedRequest(error.message);
    });
  }

  /** @throws MalformedRequest */
  write(bytes: Buffer): void {
    let from = 0;
    while (from < bytes.length) from = this.spooling ? this.spool(bytes, from) : this.parse(bytes, from);
  }

  /** @throws MalformedRequest where the document is not complete */
  end(): Element {
    this.parser.write(this.decoder.end());
    this.parser.close();
    if (!this.root) throw new MalformedRequest('Root element is missing.');
    return this.root;
  }

  /** Discards whatever was spooled by a request that is given up. */
  get tree(): Element | undefined {
    return this.root;
  }

  private parse(bytes: Buffer, from: number): number {
    const found = bytes.indexOf(GREATER, from);
    const to = found < 0 ? bytes.length : found + 1;
    this.parser.write(this.decoder.write(bytes.subarray(from, to)));
    return to;
  }

  private spool(bytes: Buffer, from: number): number {
    const found = bytes.indexOf(LESS, from);
    const to = found < 0 ? bytes.length : found;
    this.spooling?.writeBase64(this.withoutEntities(bytes.toString('latin1', from, to)));
    if (found >= 0) {
      this.spooling?.end();
      this.spooling = undefined;
      this.inEntity = false;
    }
    return to;
  }

  /** Some writers escape the line ends of base64 as `&#xD;`, possibly cut between two chunks. */
  private withoutEntities(text: string): string {
    if (!this.inEntity && !text.includes('&')) return text;
    let out = '';
    for (const character of text) {
      if (this.inEntity) this.inEntity = character !== ';';
      else if (character === '&') this.inEntity = true;
      else out += character;
    }
    return out;
  }

  private opened(tag: SaxesTagNS): void {
    if (this.open.length >= MAXIMUM_DEPTH) throw new MalformedRequest('The document is nested too deeply.');
    const attrs: Record<string, string> = {};
    for (const attribute of Object.values(tag.attributes)) {
      if (attribute.prefix !== 'xmlns' && attribute.name !== 'xmlns')
        attrs[attribute.local] = attribute.value;
    }
    const element: Element = { name: tag.local, ns: tag.uri, attrs, children: [], text: '' };
    const parent = this.open.at(-1);
    if (parent) parent.children.push(element);
    else this.root = element;
    this.open.push(element);
    if (SPOOLED.has(element.name) && !tag.isSelfClosing) {
      element.spool = this.newSpool();
      this.spooling = element.spool;
    }
  }

  private closed(): void {
    this.open.pop();
  }

  private took(text: string): void {
    const element = this.open.at(-1);
    if (!element) return;
    this.textLength += text.length;
    if (this.textLength > MAXIMUM_TEXT) throw new MalformedRequest('The request holds too much text.');
    element.text += text;
  }
}
