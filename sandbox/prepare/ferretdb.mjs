import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kept } from './cache.mjs';
import { onPath, run } from './run.mjs';
import { say, sayWhile } from './say.mjs';

const FERRETDB_VERSION = '2.7.0';
/** What FerretDB keeps its documents in; of Debian's releases only the newest has it. */
const POSTGRES = 'postgresql-18-documentdb';
const POSTGRES_VERSION = '18';
const SUITE = 'sid';
const LIBRARIES = '/usr/lib/x86_64-linux-gnu';

/**
 * A second implementation of MongoDB's protocol, so that nothing rests on the habits of one: FerretDB on PostgreSQL with DocumentDB.
 * `{launcher, ferretdb, postgres}`: what starts both, FerretDB's program, built by Go, and the folder of PostgreSQL's programs, from Debian's packages, which are
 * unpacked into the user's cache and not installed.
 */
export async function ferretdb(root) {
  const launcher = join(root, 'sandbox', 'database', 'ferretdb.mjs');
  const [program, postgres] = [await builtFerretdb(), await unpackedPostgres()];
  return { launcher, ferretdb: program, postgres, source: `FerretDB ${FERRETDB_VERSION} on ${POSTGRES}` };
}

async function builtFerretdb() {
  const folder = await kept(
    `ferretdb-${FERRETDB_VERSION}-${process.platform}-${process.arch}`,
    async (draft) => {
      const go = needed('go', 'Go');
      say(`Database: building FerretDB ${FERRETDB_VERSION} with Go`);
      const module = `github.com/FerretDB/FerretDB/v2/cmd/ferretdb@v${FERRETDB_VERSION}`;
      await sayWhile('still building FerretDB', () =>
        run(go, ['install', '-ldflags', '-s -w', module], { env: { GOBIN: draft, CGO_ENABLED: '0' } }),
      );
    },
  );
  return join(folder, 'ferretdb');
}

async function unpackedPostgres() {
  const recipe = createHash('sha256')
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .digest('hex');
  const folder = await kept(`${POSTGRES}-${recipe.slice(0, 12)}`, async (draft) => {
    say(`Database: fetching ${POSTGRES} from Debian ${SUITE}`);
    await sayWhile('still fetching', () => unpack(draft));
    makeRunnable(join(draft, 'root'));
  });
  return join(folder, 'root', 'usr', 'lib', 'postgresql', POSTGRES_VERSION, 'bin');
}

/** apt with lists, a cache and a state of its own: the machine's packages are neither looked at nor touched. */
async function unpack(folder) {
  const [apt, dpkg] = [needed('apt-get', "Debian's apt"), needed('dpkg-deb', "Debian's dpkg")];
  const state = join(folder, 'apt');
  for (const name of ['etc/apt/apt.conf.d', 'etc/apt/preferences.d', 'var/lib/dpkg']) make(join(state, name));
  for (const name of ['var/lib/apt/lists/partial', 'var/cache/apt/archives/partial']) make(join(state, name));
  writeFileSync(join(state, 'var/lib/dpkg/status'), '');
  const mirrors = await run(apt, ['indextargets', '--format', '$(REPO_URI) $(RELEASE)']);
  const mirror = mirrors
    .split('\n')
    .find((line) => !line.includes('security'))
    ?.split(' ')[0];
  if (!mirror) throw new Error('apt names no mirror of Debian on this machine');
  const signed = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';
  writeFileSync(join(state, 'etc/apt/sources.list'), `deb ${signed} ${mirror} ${SUITE} main\n`);
  const own = ['-q', '-o', `Dir=${state}`, '-o', `Dir::State::status=${join(state, 'var/lib/dpkg/status')}`];
  own.push('-o', 'Acquire::Languages=none', '-o', 'APT::Sandbox::User=', '-o', 'Debug::NoLocking=1');
  await run(apt, [...own, 'update']);
  await run(apt, [...own, 'install', '--yes', '--no-install-recommends', '--download-only', POSTGRES]);
  const archives = join(state, 'var/cache/apt/archives');
  for (const name of await readdir(archives)) {
    if (name.endsWith('.deb')) await run(dpkg, ['--extract', join(archives, name), join(folder, 'root')]);
  }
  rmSync(state, { recursive: true });
}

/** Unpacked programs start with the libraries they were unpacked with, by a loader that is newer than the machine's own. */
function makeRunnable(root) {
  const bin = join(root, 'usr/lib/postgresql', POSTGRES_VERSION, 'bin');
  const extensions = join(root, 'usr/share/postgresql', POSTGRES_VERSION, 'extension');
  // What the package's own installation would do.
  copyFileSync(join(extensions, 'postgis-3.control'), join(extensions, 'postgis.control'));
  const paths = [
    LIBRARIES,
    `/usr/lib/postgresql/${POSTGRES_VERSION}/lib`,
    `${LIBRARIES}/blas`,
    `${LIBRARIES}/lapack`,
  ];
  const libraries = paths.map((path) => `$root${path}`).join(':');
  for (const name of ['postgres', 'initdb', 'psql']) {
    // The one beside the server's, not its chooser among versions.
    renameSync(join(bin, name), join(bin, `${name}.elf`));
    const loader = '"$root/usr/lib64/ld-linux-x86-64.so.2" --argv0 "$0"';
    const lines = ['#!/bin/sh', `root=$(cd "\${0%/*}/../../../../.." && pwd)`];
    lines.push(`exec ${loader} --library-path "${libraries}" "$0.elf" "$@"`, '');
    writeFileSync(join(bin, name), lines.join('\n'));
    chmodSync(join(bin, name), 0o755);
  }
}

const make = (folder) => mkdirSync(folder, { recursive: true });

function needed(name, what) {
  const path = onPath(name);
  if (!path) throw new Error(`${what} (${name}) is not on PATH`);
  return path;
}
