import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A text that must stand nowhere, with what it is called in results. */
export interface Secret {
  what: string;
  text: string;
}

/** In its own letters, and as a header of Basic sign-in has it. */
export function formsOf(address: string, password: string): Secret[] {
  const basic = Buffer.from(`${address}:${password}`).toString('base64').replace(/=+$/, '');
  return [
    { what: `the password of ${address}`, text: password },
    { what: `the sign-in of ${address}`, text: basic },
    {
      what: `the password of ${address} in base64`,
      text: Buffer.from(password).toString('base64').replace(/=+$/, ''),
    },
  ];
}

/**
 * Looks for secrets in all files under these folders, byte by byte.
 * @param folders with texts that each surely holds: where one is not found the search is blind, and says so
 */
export async function findLeaks(
  folders: readonly { path: string; known: readonly string[] }[],
  secrets: readonly Secret[],
): Promise<string[]> {
  const found = new Set<string>();
  for (const { path, known } of folders) {
    const unseen = new Set(known);
    for (const file of await filesUnder(path)) {
      const bytes = await contentOf(file);
      for (const text of unseen) if (bytes.includes(text)) unseen.delete(text);
      for (const { what, text } of secrets) if (bytes.includes(text)) found.add(`${what} stands in ${file}`);
    }
    if (unseen.size > 0) found.add(`${path} cannot be searched: it does not hold ${[...unseen].join(', ')}`);
  }
  return [...found];
}

/** What a database or a log is done with may go between the listing and here: it is empty then. */
async function contentOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw fault;
  }
}

async function filesUnder(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files: string[] = [];
  for (const name of names) {
    const file = join(folder, name);
    if ((await stat(file).catch(() => undefined))?.isFile()) files.push(file);
  }
  return files;
}
