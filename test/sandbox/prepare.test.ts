import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../support/prepared';

/** Nothing listens there, so every download fails at once, whatever this machine can reach. */
const NO_WAY_OUT = { HTTPS_PROXY: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' };
const NODE_ONLY = dirname(process.execPath);

describe('prepare', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mailporter-prepare-'));
    mkdirSync(join(folder, 'bin'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a step with an empty cache, nothing on PATH but the programs made by {@link program}, and no way out. */
  function prepare(step: string, env: Record<string, string> = {}) {
    const script = join(root, 'sandbox', 'prepare.mjs');
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--json', step], {
      encoding: 'utf8',
      env: {
        ...NO_WAY_OUT,
        PATH: join(folder, 'bin'),
        HOME: folder,
        XDG_CACHE_HOME: join(folder, 'cache'),
        ...env,
      },
    });
    return { status, stderr, parts: status === 0 && stdout ? JSON.parse(stdout) : undefined };
  }

  function program(name: string, script: string): string {
    const path = join(folder, 'bin', name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  const printsVersion = (server: string) => `echo 'temporal version 1.2.3 (Server ${server}, UI 2.0.0)'`;
  /** Stands for Go: writes the program it is asked for, after the `-o`. */
  const fakeGo = (body = ':') =>
    `${body}; while [ "$1" != -o ]; do shift; done; printf '#!/bin/sh\\n' > "$2"; /bin/chmod +x "$2"`;

  describe('takes Temporal', () => {
    it('from TEMPORAL_ADDRESS before all else', () => {
      program('temporal', printsVersion('1.31.2'));
      const { parts } = prepare('temporal', { TEMPORAL_ADDRESS: 'temporal.example:7233' });
      expect(parts.temporal.address).toBe('temporal.example:7233');
    });

    it('from PATH where its server is new enough, and says so', () => {
      const path = program('temporal', printsVersion('1.31.2'));
      const { parts, stderr } = prepare('temporal');
      expect(parts.temporal.binary).toBe(path);
      expect(stderr).toContain(`Temporal: temporal on PATH (${path})`);
    });

    it('from elsewhere where the one on PATH is too old, and says why', () => {
      const old = program('temporal', printsVersion('1.20.0'));
      program('go', fakeGo());
      const { parts, stderr } = prepare('temporal');
      expect(parts.temporal.source).toBe('a build of tools/temporal with Go');
      expect(stderr).toContain(`${old} holds server 1.20, 1.29 or newer is needed`);
    });

    it('from a build with Go, once: the second time from the cache', () => {
      program('go', fakeGo());
      const first = prepare('temporal');
      expect(first.stderr).toContain('six minutes');
      program('go', 'exit 1');
      const second = prepare('temporal');
      expect(second.parts.temporal.binary).toBe(first.parts.temporal.binary);
      expect(second.stderr).toContain('the binary kept from last time');
    });

    it('or names the choices in one sentence and leaves nothing half made', () => {
      program('go', "echo 'no space left' >&2; exit 1");
      const { status, stderr } = prepare('temporal');
      expect(status).toBe(1);
      expect(stderr).toContain(
        'Temporal cannot be had. Give TEMPORAL_ADDRESS of a running server, put `temporal` (server 1.29 or newer) on PATH',
      );
      expect(stderr).toContain('no space left');
      expect(readdirSync(join(folder, 'cache', 'mailporter'))).toEqual([]);
    });
  });

  describe('takes the database', () => {
    it('from MONGODB_URI before all else', () => {
      const { parts } = prepare('mongodb', { MONGODB_URI: 'mongodb://db.example' });
      expect(parts.mongodb.uri).toBe('mongodb://db.example');
    });

    it('from mongod on PATH where it is new enough', () => {
      const path = program('mongod', "echo 'db version v7.0.24'");
      expect(prepare('mongodb').parts.mongodb.mongod).toBe(path);
    });

    it('or names the choices in one sentence', () => {
      program('mongod', "echo 'db version v4.2.0'");
      const { status, stderr } = prepare('mongodb');
      expect(status).toBe(1);
      expect(stderr).toContain('is 4.2, 4.4 or newer is needed');
      expect(stderr).toMatch(/A database cannot be had\. Give MONGODB_URI .* or install Maven and a JDK/);
    });
  });

  it('installs packages where node_modules is not what the lock says, and only there', () => {
    const tree = join(folder, 'tree');
    mkdirSync(tree);
    for (const name of ['sandbox/prepare', 'sandbox/prepare.mjs']) {
      cpSync(join(root, name), join(tree, name), { recursive: true });
    }
    const lock = { name: 'tree', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'tree' } } };
    writeFileSync(join(tree, 'package.json'), JSON.stringify({ name: 'tree', version: '1.0.0' }));
    writeFileSync(join(tree, 'package-lock.json'), JSON.stringify(lock));
    const install = () =>
      spawnSync(process.execPath, [join(tree, 'sandbox', 'prepare.mjs'), 'packages'], {
        encoding: 'utf8',
        env: { PATH: `${NODE_ONLY}:${process.env.PATH}`, HOME: folder },
      }).stderr;
    expect(install()).toContain('installing what package-lock.json names');
    mkdirSync(join(tree, 'node_modules'), { recursive: true });
    writeFileSync(join(tree, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: {} }));
    expect(install()).toBe('');
    expect(existsSync(join(tree, '.data', 'packages.lock'))).toBe(false);
  });

  it('names the steps where one is not known', () => {
    expect(prepare('kitchen').stderr).toContain(
      'There is no step kitchen; there are packages, build, temporal, mongodb.',
    );
  });
});
