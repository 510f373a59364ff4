import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Where what was fetched or built is kept, by version, for every work tree of this user. */
export function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'mailporter');
}

/**
 * The folder kept under `name`, made by `make(folder)` when it is not there yet.
 * It is made under another name and renamed when complete, so that a preparation that is interrupted leaves no half of
 * it, and of two at once the second to finish uses what the first has kept.
 */
export async function kept(name, make) {
  const final = join(cacheFolder(), name);
  if (existsSync(final)) return final;
  await mkdir(cacheFolder(), { recursive: true });
  await removeAbandoned(name);
  const draft = await mkdtemp(join(cacheFolder(), `.${name}-`));
  try {
    await make(draft);
    await rename(draft, final).catch((fault) => {
      if (!existsSync(final)) throw fault;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return final;
}

/** Drafts that preparations left when they were killed; none takes a day. */
async function removeAbandoned(name) {
  for (const entry of await readdir(cacheFolder())) {
    if (!entry.startsWith(`.${name}-`)) continue;
    const path = join(cacheFolder(), entry);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > DAY_MS) await rm(path, { recursive: true, force: true });
  }
}

/** True where {@link kept} would find `name` without making it. */
export const isKept = (name) => existsSync(join(cacheFolder(), name));
