import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

/**
 * FerretDB with its PostgreSQL as one program: `--ferretdb` and `--postgres` as `prepare/ferretdb.mjs` has them, `--port` to listen on,
 * `--folder` for the data. What ends this process, be it SIGKILL, ends both.
 */
const { values } = parseArgs({
  options: Object.fromEntries(
    ['ferretdb', 'postgres', 'port', 'folder'].map((name) => [name, { type: 'string' }]),
  ),
});
const data = join(values.folder, 'postgres');
const program = (name) => join(values.postgres, name);
const READY_WITHIN_MS = 60_000;

const settings = (port) => `
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = ''
max_connections = 200
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'
cron.database_name = 'postgres'
cron.host = '127.0.0.1'
# What is written survives the end of every process; only a machine without power may lose it.
fsync = off
`;

/** PostgreSQL runs as anybody but root: who is root becomes somebody else in a namespace, with the same rights on files. */
const asUser = process.getuid() === 0 ? ['unshare', '--user', '--map-user=1000', '--map-group=1000'] : [];
const dyingWithUs = ['setpriv', '--pdeathsig', 'KILL'];

function start(...words) {
  const [command, ...args] = words;
  const env = { PATH: process.env.PATH, LC_ALL: 'C', DO_NOT_TRACK: '1' };
  return spawn(command, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
}

async function codeOf(child) {
  const [code] = await once(child, 'exit');
  return code;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function initialise() {
  if (existsSync(data)) return;
  const draft = `${data}.draft`;
  rmSync(draft, { recursive: true, force: true });
  const flags = [
    '--username',
    'postgres',
    '--auth',
    'trust',
    '--encoding',
    'UTF8',
    '--locale',
    'C',
    '--no-sync',
  ];
  const code = await codeOf(start(...asUser, program('initdb'), '--pgdata', draft, ...flags));
  if (code !== 0) throw new Error(`initdb ended with ${code}`);
  renameSync(draft, data);
}

/** Processes of a server that was killed may hold its memory for a moment longer. */
async function startPostgres(port) {
  const giveUpAt = Date.now() + READY_WITHIN_MS;
  let server;
  while (Date.now() < giveUpAt) {
    if (server === undefined || server.exitCode !== null) {
      server = start(...asUser, ...dyingWithUs, program('postgres'), '-D', data, '-p', String(port));
    }
    const make = ['-c', 'SET client_min_messages = error; CREATE EXTENSION IF NOT EXISTS documentdb CASCADE'];
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    if ((await codeOf(start(program('psql'), '--no-psqlrc', '--quiet', ...make, url))) === 0)
      return { server, url };
    await pause(200);
  }
  throw new Error('PostgreSQL did not start');
}

await initialise();
const port = await freePort();
writeFileSync(join(data, 'postgresql.auto.conf'), settings(port));
const { server, url } = await startPostgres(port);
const listen = ['--listen-addr', `127.0.0.1:${values.port}`, '--debug-addr', '-', '--log-level', 'WARN'];
const rest = ['--no-auth', '--telemetry', 'disable', '--state-dir', values.folder, '--postgresql-url', url];
const ferret = start(...dyingWithUs, values.ferretdb, ...listen, ...rest);

const died = () => process.exit(1);
const ends = [server, ferret].map((child) => once(child.once('exit', died), 'exit'));
for (const signal of ['SIGTERM', 'SIGINT'])
  process.once(signal, async () => {
    for (const child of [server, ferret]) child.off('exit', died);
    ferret.kill('SIGTERM');
    server.kill('SIGINT');
    await Promise.all(ends);
    process.exit(0);
  });
