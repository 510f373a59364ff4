import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { isKept, kept } from './cache.mjs';
import { ferretdb } from './ferretdb.mjs';
import { canReach } from './reach.mjs';
import { onPath, run } from './run.mjs';
import { say, sayWhile } from './say.mjs';

const DOWNLOAD_HOST = 'fastdl.mongodb.org';
const DOWNLOAD_LIMIT_MS = 10 * 60_000;
const MONGODB_VERSION = '7.0.24';
/** The oldest server the driver speaks to. */
const OLDEST_SERVER = [4, 4];

/**
 * Where the database comes from: `{uri}` of a running one, `{mongod}`, the path of a MongoDB server, or
 * `{java, classPath, mainClass}`, a server for Java; each with `source` in words. The first of: MONGODB_URI, `mongod`
 * on PATH, mongodb-memory-server's download, mongo-java-server from Maven. Throws one sentence that names the choices
 * when there is none. SANDBOX_DATABASE=ferretdb takes FerretDB and nothing else.
 */
export async function mongodb(root) {
  const chosen = process.env.SANDBOX_DATABASE;
  if (chosen === 'ferretdb') return ferretdb(root);
  if (chosen) throw new Error(`SANDBOX_DATABASE=${chosen} is not known; ferretdb is.`);
  const uri = process.env.MONGODB_URI;
  if (uri) return { uri, source: 'MONGODB_URI' };

  const own = onPath('mongod');
  if (own && (await isSuitable(own))) return { mongod: own, source: `mongod on PATH (${own})` };

  const faults = [];
  for (const [source, get] of [
    ["mongodb-memory-server's download", downloaded],
    ['mongo-java-server from Maven', javaServer],
  ]) {
    try {
      return { ...(await get(root)), source };
    } catch (fault) {
      faults.push(`${source}: ${fault.message}`);
    }
  }
  throw new Error(
    `A database cannot be had. Give MONGODB_URI of a running MongoDB, put \`mongod\` (${OLDEST_SERVER.join('.')} or ` +
      `newer) on PATH, allow https to ${DOWNLOAD_HOST}, or install Maven and a JDK (17 or newer).\n` +
      faults.join('\n'),
  );
}

async function isSuitable(mongod) {
  const printed = await run(mongod, ['--version'], { timeLimitMs: 10_000 }).catch((fault) => fault.message);
  const [, major, minor] = /db version v(\d+)\.(\d+)/.exec(printed) ?? [];
  const suitable =
    Number(major) > OLDEST_SERVER[0] ||
    (Number(major) === OLDEST_SERVER[0] && Number(minor) >= OLDEST_SERVER[1]);
  if (!suitable) {
    const is = major ? `is ${major}.${minor}` : 'does not tell its version';
    say(`Database: ${mongod} ${is}, ${OLDEST_SERVER.join('.')} or newer is needed; looking further`);
  }
  return suitable;
}

async function downloaded(root) {
  const name = `mongodb-${MONGODB_VERSION}-${process.platform}-${process.arch}`;
  if (!isKept(name)) {
    if (!(await canReach(DOWNLOAD_HOST))) throw new Error(`${DOWNLOAD_HOST} cannot be reached`);
    say(`Database: downloading MongoDB ${MONGODB_VERSION}`);
  }
  const script = join(root, 'sandbox', 'prepare', 'download-mongodb.mjs');
  const folder = await kept(name, (draft) =>
    sayWhile('still downloading', () =>
      run(process.execPath, [script, MONGODB_VERSION, draft], { cwd: root, timeLimitMs: DOWNLOAD_LIMIT_MS }),
    ),
  );
  return { mongod: join(folder, process.platform === 'win32' ? 'mongod.exe' : 'mongod') };
}

async function javaServer(root) {
  const java = onPath('java');
  if (!java) throw new Error('Java is not on PATH');
  const parts = join(root, 'sandbox', 'database');
  const pom = join(parts, 'pom.xml');
  const launcher = join(parts, 'SandboxDatabase.java');
  const hash = createHash('sha256').update(readFileSync(pom)).update(readFileSync(launcher)).digest('hex');
  const folder = await kept(`mongo-java-server-${hash.slice(0, 12)}`, (draft) =>
    makeJavaServer(pom, launcher, draft),
  );
  const classPath = [join(folder, 'classes'), join(folder, 'lib', '*')].join(delimiter);
  return { java, classPath, mainClass: 'SandboxDatabase' };
}

async function makeJavaServer(pom, launcher, folder) {
  const [mvn, javac] = ['mvn', 'javac'].map(onPath);
  if (!mvn) throw new Error('Maven is not on PATH');
  if (!javac) throw new Error('javac (a JDK) is not on PATH');
  say('Database: fetching mongo-java-server with Maven');
  const lib = join(folder, 'lib');
  await sayWhile('still fetching', () =>
    run(mvn, [
      '--batch-mode',
      '--file',
      pom,
      'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies',
      `-DoutputDirectory=${lib}`,
      '-DincludeScope=runtime',
    ]),
  );
  const classes = join(folder, 'classes');
  await mkdir(classes);
  await run(javac, ['--release', '17', '-cp', join(lib, '*'), '-d', classes, launcher]);
}
