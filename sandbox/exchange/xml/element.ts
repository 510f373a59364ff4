import type { Spool } from '../content/spool';

/** Namespaces of EWS, by the prefixes its own answers use. */
export const NAMESPACES = {
  s: 'http://schemas.xmlsoap.org/soap/envelope/',
  m: 'http://schemas.microsoft.com/exchange/services/2006/messages',
  t: 'http://schemas.microsoft.com/exchange/services/2006/types',
  e: 'http://schemas.microsoft.com/exchange/services/2006/errors',
} as const;

/**
 * One element of a request. `text` is the concatenated character data, untrimmed.
 * `spool` stands in for the text of elements whose base64 is decoded while it is read (MimeContent, Content).
 */
export interface Element {
  readonly name: string;
  readonly ns: string;
  readonly attrs: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
  spool?: Spool;
}

export function child(parent: Element, name: string): Element | undefined {
  return parent.children.find((each) => each.name === name);
}

export function children(parent: Element | undefined, name: string): Element[] {
  return parent ? parent.children.filter((each) => each.name === name) : [];
}

/** The text of a child, trimmed as XML schema types such as boolean and int allow; undefined where there is no such child. */
export function childText(parent: Element, name: string): string | undefined {
  return child(parent, name)?.text.trim();
}

/** Every spool below an element, so that whatever was not taken can be discarded. */
export function* spoolsIn(element: Element): Generator<Spool> {
  if (element.spool) yield element.spool;
  for (const each of element.children) yield* spoolsIn(each);
}
