import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

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

/** True where {@link kept} would find `name` without making it. */
export const isKept = (name) => existsSync(join(cacheFolder(), name));
