const TEXT =
  /[&<>\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ATTRIBUTE =
  /[&<>"\r\n\t\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Text as Exchange writes it: its XML writer does not check characters, so control characters leave as `&#x1;`,
 * which XML 1.0 forbids. Lone surrogates become U+FFFD.
 */
export function escapeText(text: string): string {
  return text.replace(TEXT, reference);
}

export function escapeAttribute(text: string): string {
  return text.replace(ATTRIBUTE, reference);
}

function reference(character: string): string {
  const named = NAMED[character];
  if (named) return named;
  const code = character.charCodeAt(0);
  return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : `&#x${code.toString(16).toUpperCase()};`;
}
