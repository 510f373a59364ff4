import { chmod, readdir, rename } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, isKept, kept } from './cache.mjs';
import { canReach } from './reach.mjs';
import { onPath, run } from './run.mjs';
import { say, sayWhile } from './say.mjs';

const DOWNLOAD_HOST = 'temporal.download';
const DOWNLOAD_LIMIT_MS = 10 * 60_000;
/** The oldest server whose schema and API Mailporter has run against. */
const OLDEST_SERVER = [1, 29];

/**
 * Where Temporal comes from: `{address}` of a running server, or `{binary}`, the path of Temporal's CLI, each with
 * `source` in words. The first of: TEMPORAL_ADDRESS, `temporal` on PATH, the binary kept from last time, the SDK's
 * download, a build of `tools/temporal` with Go. Throws one sentence that names the choices when there is none.
 */
export async function temporal(root) {
  const address = process.env.TEMPORAL_ADDRESS;
  if (address) return { address, source: `TEMPORAL_ADDRESS (${address})` };

  const own = onPath('temporal');
  if (own && (await isSuitable(own))) return { binary: own, source: `temporal on PATH (${own})` };

  const version = pinnedVersion(root);
  const name = `temporal-${version}-${process.platform}-${process.arch}`;
  const program = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
  const binary = join(cacheFolder(), name, program);
  if (isKept(name)) return { binary, source: `the binary kept from last time (${binary})` };

  const faults = [];
  for (const [source, get] of [
    ["the SDK's download", download],
    ['a build of tools/temporal with Go', build],
  ]) {
    try {
      await kept(name, (folder) => get(root, version, folder, program));
      return { binary, source };
    } catch (fault) {
      faults.push(`${source}: ${fault.message}`);
    }
  }
  throw new Error(
    `Temporal cannot be had. Give TEMPORAL_ADDRESS of a running server, put \`temporal\` (server ` +
      `${OLDEST_SERVER.join('.')} or newer) on PATH, allow https to ${DOWNLOAD_HOST}, or install Go.\n` +
      faults.join('\n'),
  );
}

/** The CLI's version, stated once, in tools/temporal/go.mod. */
function pinnedVersion(root) {
  const module = readFileSync(join(root, 'tools', 'temporal', 'go.mod'), 'utf8');
  const found = /^\s*(?:require )?github\.com\/temporalio\/cli v(\S+)/m.exec(module);
  if (!found) throw new Error('tools/temporal/go.mod does not require github.com/temporalio/cli');
  return found[1];
}

async function isSuitable(binary) {
  const printed = await run(binary, ['--version'], { timeLimitMs: 10_000 }).catch((fault) => fault.message);
  const [, major, minor] = /Server (\d+)\.(\d+)/.exec(printed) ?? [];
  const suitable =
    Number(major) > OLDEST_SERVER[0] ||
    (Number(major) === OLDEST_SERVER[0] && Number(minor) >= OLDEST_SERVER[1]);
  if (!suitable) {
    const is = major ? `holds server ${major}.${minor}` : 'does not tell its server version';
    say(`Temporal: ${binary} ${is}, ${OLDEST_SERVER.join('.')} or newer is needed; looking further`);
  }
  return suitable;
}

async function download(root, version, folder, program) {
  if (!(await canReach(DOWNLOAD_HOST))) throw new Error(`${DOWNLOAD_HOST} cannot be reached`);
  say(`Temporal: downloading CLI ${version} (some 50 MB)`);
  const script = join(root, 'sandbox', 'prepare', 'download-temporal.mjs');
  await sayWhile('still downloading', () =>
    run(process.execPath, [script, `v${version}`, folder], { cwd: root, timeLimitMs: DOWNLOAD_LIMIT_MS }),
  );
  const [file] = (await readdir(folder)).filter((entry) => entry.startsWith('temporal'));
  if (!file) throw new Error('the download holds no program');
  await rename(join(folder, file), join(folder, program));
  await chmod(join(folder, program), 0o755);
}

async function build(root, version, folder, program) {
  const go = onPath('go');
  if (!go) throw new Error('Go is not on PATH');
  say(
    `Temporal: building CLI ${version} with Go, because it could be had nowhere else. From an empty cache this`,
  );
  say('takes some six minutes on two cores, once; the result is kept for every clone.');
  const stamp = `-s -w -X github.com/temporalio/cli/internal/temporalcli.Version=${version}`;
  const args = ['build', '-ldflags', stamp, '-o', join(folder, program)];
  await sayWhile('still building Temporal', () =>
    run(go, [...args, 'github.com/temporalio/cli/cmd/temporal'], {
      cwd: join(root, 'tools', 'temporal'),
      env: { CGO_ENABLED: '0' },
    }),
  );
}
