import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';
import { say, sayWhile } from './say.mjs';
import { withLock } from './lock.mjs';

/** Installs the packages of the lock file where `node_modules` does not hold exactly them. */
export async function packages(root) {
  if (packagesMatch(root)) return;
  await withLock(join(root, '.data', 'packages.lock'), async () => {
    if (packagesMatch(root)) return;
    say('Packages: installing what package-lock.json names (npm ci)');
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    await sayWhile('still installing', () => run(npm, ['ci', '--no-audit', '--no-fund'], { cwd: root }));
  });
}

/**
 * True where `node_modules` is what `npm ci` would make of the lock file. npm keeps a copy of the lock in
 * `node_modules`, in which optional packages for other platforms are missing.
 */
export function packagesMatch(root) {
  const wanted = lockedPackages(join(root, 'package-lock.json'));
  const installed = lockedPackages(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !installed) return false;
  const missing = Object.entries(wanted).some(
    ([path, { version, optional, devOptional }]) =>
      path !== '' && !optional && !devOptional && installed[path]?.version !== version,
  );
  const other = Object.entries(installed).some(([path, { version }]) => wanted[path]?.version !== version);
  return !missing && !other;
}

function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
