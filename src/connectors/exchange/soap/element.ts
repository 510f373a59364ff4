import { escapeAttribute, escapeText } from './text';

/** One element of an answer, by its local name; EWS uses no name in two namespaces in one place. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  /** All character data directly in it, untrimmed. */
  text: string;
  /** Of a bulk element (`MimeContent`, `Content`, `Body`) whose bytes were kept: escaped markup text, ready to be written again. */
  bulk?: Buffer[];
}

export function child(parent: Element | undefined, name: string): Element | undefined {
  return parent?.children.find((each) => each.name === name);
}

/** Follows names downwards; undefined where one is missing. */
export function descend(from: Element | undefined, ...names: string[]): Element | undefined {
  return names.reduce<Element | undefined>((at, name) => child(at, name), from);
}

export function textOf(parent: Element | undefined, name: string): string | undefined {
  return child(parent, name)?.text;
}

/** A tree as EWS types markup, for values that are copied as they are. */
export function writeElement(element: Element, name = element.name): string {
  const attributes = Object.entries(element.attributes)
    .map(([key, value]) => ` ${key}="${escapeAttribute(value)}"`)
    .join('');
  const inner = element.bulk
    ? Buffer.concat(element.bulk).toString('utf8')
    : element.children.length > 0
      ? element.children.map((each) => writeElement(each)).join('')
      : escapeText(element.text);
  return inner === '' ? `<t:${name}${attributes}/>` : `<t:${name}${attributes}>${inner}</t:${name}>`;
}
