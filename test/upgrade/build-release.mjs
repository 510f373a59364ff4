import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kept } from '../../sandbox/prepare/cache.mjs';
import { run } from '../../sandbox/prepare/run.mjs';

/**
 * `node test/upgrade/build-release.mjs <folder>`: puts the newest release of `test/releases.json`, built, into `<folder>`, with the
 * packages that its lock file names: this tree's own where both name the same. The build is kept in the user's cache by commit, the one
 * with packages of its own beside the one without.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const { version, commit } = JSON.parse(readFileSync(join(root, 'test', 'releases.json'), 'utf8')).at(-1);

/** What a lock names, without the version of Mailporter itself. */
function packagesOf(lock) {
  const { packages } = JSON.parse(lock);
  const { '': own, ...others } = packages;
  return JSON.stringify([own.dependencies, own.devDependencies, others]);
}

async function build(draft) {
  const archive = execFileSync('git', ['-C', root, 'archive', commit], { maxBuffer: 512 * 1024 * 1024 });
  execFileSync('tar', ['-x', '-C', draft], { input: archive });
  const packages = join(draft, 'node_modules');
  if (isSame) symlinkSync(join(root, 'node_modules'), packages);
  else await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: draft });
  await run(process.execPath, [join(draft, 'sandbox', 'prepare', 'build.mjs')], { cwd: draft });
  if (isSame) rmSync(packages);
}

if (!hasCommit(commit) && !fetched(commit))
  throw new Error(
    `Release ${version} cannot be built: commit ${commit} is not in this clone. Fetch the whole history ` +
      '(git fetch --unshallow): upgrades are tried from it.',
  );
const locked = execFileSync('git', ['-C', root, 'show', `${commit}:package-lock.json`], {
  maxBuffer: 64 * 1024 * 1024,
});
const isSame = packagesOf(locked) === packagesOf(readFileSync(join(root, 'package-lock.json')));
const folder = process.argv[2];
const release = await kept(
  `mailporter-${version}-${commit.slice(0, 12)}${isSame ? '' : '-with-packages'}`,
  build,
);
const own = join(release, 'node_modules');
cpSync(release, folder, { recursive: true, filter: (path) => path !== own });
symlinkSync(isSame ? join(root, 'node_modules') : own, join(folder, 'node_modules'));

function hasCommit(commit) {
  return git('cat-file', '-e', `${commit}^{commit}`);
}

/** A clone that was made without its history asks where it came from. */
function fetched(commit) {
  return git('fetch', '--quiet', '--depth=1', 'origin', commit) && hasCommit(commit);
}

function git(...args) {
  try {
    execFileSync('git', ['-C', root, ...args], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
