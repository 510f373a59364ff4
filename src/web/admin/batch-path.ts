/**
 * A batch's name as one part of an address. Browsers and proxies take `.`, `..` and a slash for folders however they are written, so
 * such names are spelt in base64url behind a `~`.
 */
export function batchPart(name: string): string {
  return isPlain(name) ? encodeURIComponent(name) : `~${Buffer.from(name).toString('base64url')}`;
}

/** The name behind a part that `batchPart` made and the router has decoded. */
export function batchOfPart(part: string): string {
  return part.startsWith('~') ? Buffer.from(part.slice(1), 'base64url').toString() : part;
}

function isPlain(name: string): boolean {
  return !/[/\\]/.test(name) && !/^(\.|\.\.|~.*)$/s.test(name);
}

/** The address of a batch's page, whatever its name is made of. */
export const batchPath = (name: string): string => `/admin/batches/${batchPart(name)}`;
