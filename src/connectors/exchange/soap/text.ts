const illegal =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Without the characters that XML 1.0 cannot carry in any form; an Exchange refuses a request that holds one. */
export function stripIllegal(value: string): string {
  return value.replace(illegal, '');
}

const named: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
  '\n': '&#xA;',
  '\t': '&#x9;',
};
const reference = (character: string) => named[character] ?? '';

/** Any string as the text of an element. */
export function escapeText(value: string): string {
  return stripIllegal(value).replace(/[&<>\r]/g, reference);
}

/** Any string as the value of an attribute in double quotes. */
export function escapeAttribute(value: string): string {
  return stripIllegal(value).replace(/[&<>"\r\n\t]/g, reference);
}

function isLegal(code: number): boolean {
  return (
    code === 0x9 ||
    code === 0xa ||
    code === 0xd ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  );
}

const references = /&(?:(#x[0-9a-f]{1,8}|#X[0-9a-f]{1,8}|#[0-9]{1,8}|amp|lt|gt|quot|apos);)?/gi;
const unfinished = /&[#\w]{0,9}$/;

/**
 * Makes what a server wrote into XML that a strict parser takes: Exchange's own writer lets control characters out as `&#x1;`.
 * Drops what XML 1.0 forbids, raw or as a reference, and turns an `&` that begins no known reference into text.
 * Chunks may be cut anywhere.
 */
export class MarkupFilter {
  private held = '';

  write(chunk: string): string {
    const whole = this.held + chunk;
    const halfPair = /[\ud800-\udbff]$/.exec(whole)?.[0] ?? '';
    // What is dropped must not stand between the parts of a reference, wherever the chunks are cut.
    const text = stripIllegal(whole.slice(0, whole.length - halfPair.length));
    const tail = unfinished.exec(text)?.[0] ?? '';
    this.held = tail + halfPair;
    return cleanReferences(text.slice(0, text.length - tail.length));
  }

  end(): string {
    const rest = cleanReferences(stripIllegal(this.held));
    this.held = '';
    return rest;
  }
}

function cleanReferences(text: string): string {
  return text.includes('&') ? text.replace(references, cleanReference) : text;
}

function cleanReference(whole: string, name: string | undefined): string {
  if (name === undefined) return '&amp;';
  if (!name.startsWith('#')) return whole.toLowerCase();
  const hexadecimal = name[1] === 'x' || name[1] === 'X';
  const code = hexadecimal ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
  return isLegal(code) ? `&#${code};` : '';
}
