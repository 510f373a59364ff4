import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readJson } from '../json-file';
import { identify, lives, type ProcessIdentity } from './identity';

/**
 * Makes this process the only supervisor of a folder; returns how to give that up.
 * Throws a sentence that names the process where one lives already.
 */
export function takeLock(file: string, runningAt: () => string | undefined): () => void {
  const own = identify(process.pid);
  if (!own) throw new Error('The system does not tell when this process started.');
  mkdirSync(dirname(file), { recursive: true });
  if (!write(file, own)) {
    const holder = readJson<ProcessIdentity>(file);
    if (holder && lives(holder)) {
      const where = runningAt();
      throw new Error(
        `Mailporter is running from this directory already (process ${holder.pid})${where ? `: ${where}` : ''}.\n` +
          `End it with Ctrl-C in its terminal or with: kill ${holder.pid}`,
      );
    }
    rmSync(file, { force: true });
    if (!write(file, own)) throw new Error('Another npm start of this directory has just begun.');
  }
  return () => rmSync(file, { force: true });
}

function write(file: string, own: ProcessIdentity): boolean {
  try {
    writeFileSync(file, JSON.stringify(own), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw fault;
  }
}
