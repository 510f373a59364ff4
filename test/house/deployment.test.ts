import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settings } from '../../src/config';
import { needs } from '../support/needs';
import { root } from '../support/prepared';

interface Service {
  image?: string;
  build?: unknown;
  environment?: Record<string, string | null>;
  healthcheck?: unknown;
  depends_on?: Record<string, { condition: string }>;
  ports?: { host_ip?: string }[];
  volumes?: { source: string; target: string; read_only?: boolean }[];
}

const text = (file: string) => readFileSync(join(root, file), 'utf8');
const settingsOf = (role: 'web' | 'worker') =>
  settings.filter(({ readBy }) => readBy.includes(role)).map(({ name }) => name);

describe('docker-compose.yml', () => {
  const go = needs('go', 'Go, which runs the loader of docker compose');
  const env = {
    PUBLIC_URL: 'https://move.example.org',
    CONTACT: 'it@example.org',
    MAIL_FROM: 'it@example.org',
  };
  const load = (variables: Record<string, string>) =>
    spawnSync(go.path, ['run', '.', join(root, 'docker-compose.yml')], {
      cwd: join(root, 'tools', 'compose'),
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: process.env.HOME, CGO_ENABLED: '0', ...variables },
    });
  let services: Record<string, Service>;

  beforeAll(() => {
    if (!go.there) return;
    const { status, stdout, stderr } = load(env);
    if (status !== 0) throw new Error(stderr);
    services = JSON.parse(stdout).services;
  }, 180_000);

  go.it('is what docker compose loads', () => {
    expect(Object.keys(services).sort()).toEqual([
      'inbox',
      'keys',
      'mongodb',
      'namespace',
      'postgresql',
      'temporal',
      'temporal-schema',
      'temporal-ui',
      'web',
      'worker',
    ]);
  });

  go.it('names what must be set where it is not', () => {
    const { status, stderr } = load({});
    expect(status).not.toBe(0);
    for (const name of Object.keys(env)) expect(stderr).toContain(`Set ${name} in .env`);
  });

  go.it('pins every image that it does not build', () => {
    for (const { image, build } of Object.values(services)) {
      if (!build) expect(image).toMatch(/:\d+\.\d+(\.\d+)?$/);
    }
  });

  go.it('gives the web server and the worker settings that they read, and all that they need', () => {
    for (const role of ['web', 'worker'] as const) {
      const given = Object.keys(services[role]!.environment!);
      expect(settingsOf(role)).toEqual(expect.arrayContaining(given));
      expect(given).toEqual(expect.arrayContaining(settingsOf(role)));
    }
  });

  go.it('keeps the private key from the web server and the session key from the worker', () => {
    const keys = (role: string) =>
      services[role]!.volumes!.map(({ source, read_only }) => [source, read_only]);
    expect(keys('web')).toEqual([['web-keys', true]]);
    expect(keys('worker')).toEqual([['worker-keys', true]]);
  });

  go.it('publishes ports on this machine alone, and no database', () => {
    const published = Object.entries(services).filter(([, { ports }]) => ports);
    expect(published.map(([name]) => name).sort()).toEqual(['inbox', 'temporal-ui', 'web']);
    expect(published.flatMap(([, { ports }]) => ports!.map(({ host_ip }) => host_ip))).toEqual(
      Array(3).fill('127.0.0.1'),
    );
  });

  go.it('waits for a server that answers, not for one that has begun to start', () => {
    for (const { depends_on = {} } of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(condition).not.toBe('service_started');
        if (condition === 'service_healthy') expect(services[name]!.healthcheck).toBeDefined();
      }
    }
  });
});

describe('the image', () => {
  const stages = text('Dockerfile')
    .split(/^FROM /m)
    .slice(1);

  it('is built in stages from pinned images', () => {
    expect(stages.length).toBeGreaterThan(1);
    for (const stage of stages) expect(stage).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim\b/);
  });

  it('runs as a user without rights, with the packages of production alone', () => {
    expect(stages.at(-1)).toMatch(/^USER node$/m);
    expect(stages.at(-1)).toContain('COPY --from=packages');
    expect(stages.at(-2)).toContain('npm ci --omit=dev');
  });

  it('copies only what .dockerignore lets in', () => {
    const allowed = text('.dockerignore')
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const copied = [...text('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from]) =>
      from!.split(' '),
    );
    expect(allowed.sort()).toEqual([...new Set(copied)].sort());
  });
});

describe('.env.example', () => {
  const named = [...text('.env.example').matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name!);
  const ofComposeAlone = ['POSTGRES_PASSWORD', 'WEB_PORT', 'TEMPORAL_UI_PORT', 'INBOX_PORT'];

  it('names every setting there is, once, and no other', () => {
    expect([...named].sort()).toEqual([...settings.map(({ name }) => name), ...ofComposeAlone].sort());
  });

  it('names every variable of docker-compose.yml', () => {
    const used = [...text('docker-compose.yml').matchAll(/\$\{([A-Z_]+)[:}]/g)].map(([, name]) => name!);
    expect(named).toEqual(expect.arrayContaining(used));
  });
});
