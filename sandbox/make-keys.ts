import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureKeys } from './keys';

/**
 * `make-keys.js <all> <web> <worker>`: makes in the first folder the keys that are missing, and copies to the other two
 * what the web server and what the worker may read. Doing it again changes nothing; keep a copy of the first folder.
 */
function main(): void {
  const [all, web, worker] = process.argv.slice(2);
  if (!all || !web || !worker)
    throw new Error('Usage: make-keys.js <folder of all> <of the web> <of the worker>');
  const { sealPublic, sealPrivate, link, session } = ensureKeys(all);
  give(web, { 'seal-public.json': sealPublic, 'link.key': link, 'session.key': session });
  give(worker, { 'seal-private.json': sealPrivate, 'link.key': link });
}

function give(folder: string, files: Record<string, string>): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, file] of Object.entries(files)) copyFileSync(file, join(folder, name));
}

main();
