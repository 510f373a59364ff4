import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files with the secrets of a sandbox, each readable by the user alone. */
export interface KeyFiles {
  /** JWK set (RFC 7517) that seals credentials; the web's. */
  sealPublic: string;
  /** JWK set that opens them; the worker's. */
  sealPrivate: string;
  /** Signs links. */
  link: string;
  /** Signs session cookies. */
  session: string;
}

/** The keys kept in `folder`, made where they are missing. */
export function ensureKeys(folder: string): KeyFiles {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = {
    sealPublic: join(folder, 'seal-public.json'),
    sealPrivate: join(folder, 'seal-private.json'),
    link: join(folder, 'link.key'),
    session: join(folder, 'session.key'),
  };
  // The public half is written last: where it is there, the pair is whole.
  if (!existsSync(files.sealPublic)) makeSealPair(files);
  for (const file of [files.link, files.session]) {
    if (!existsSync(file)) writeSecret(file, randomBytes(32).toString('base64url'));
  }
  return files;
}

/** Puts a new key pair first in both sets and keeps the one before it beside it, as docs/operations.md wants it. */
export function rotateSealKeys(files: Pick<KeyFiles, 'sealPublic' | 'sealPrivate'>): void {
  makeSealPair(files, 1);
}

/** @param kept so many of the pairs that are there stay behind the new one */
function makeSealPair(files: Pick<KeyFiles, 'sealPublic' | 'sealPrivate'>, kept = 0): void {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const marks = { kid: randomUUID(), use: 'enc', alg: 'ECDH-ES+A256KW' };
  const set = (half: typeof pair.publicKey, file: string) => {
    const known = kept === 0 ? [] : (JSON.parse(readFileSync(file, 'utf8')) as { keys: object[] }).keys;
    return JSON.stringify({
      keys: [{ ...half.export({ format: 'jwk' }), ...marks }, ...known.slice(0, kept)],
    });
  };
  writeSecret(files.sealPrivate, set(pair.privateKey, files.sealPrivate));
  writeSecret(files.sealPublic, set(pair.publicKey, files.sealPublic));
}

function writeSecret(file: string, content: string): void {
  writeFileSync(`${file}.draft`, `${content}\n`, { mode: 0o600 });
  renameSync(`${file}.draft`, file);
}
