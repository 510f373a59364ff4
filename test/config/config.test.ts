import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, readWebConfig, readWorkerConfig } from '../../src/config';

const folder = mkdtempSync(join(tmpdir(), 'mailporter-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
};
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const set = (key: typeof pair.publicKey) =>
  JSON.stringify({ keys: [{ ...key.export({ format: 'jwk' }), kid: 'one' }] });

const complete: NodeJS.ProcessEnv = {
  MONGODB_URI: 'mongodb://127.0.0.1:27017/mailporter',
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
  PUBLIC_URL: 'http://127.0.0.1:3000',
  CONTACT: 'help@contoso.example',
  MAIL_FROM: 'Contoso <move@contoso.example>',
  SMTP_URL: 'smtp://127.0.0.1:1025',
  LINK_KEY_FILE: file('link', randomBytes(32).toString('base64')),
  SESSION_SECRET_FILE: file('session', randomBytes(32).toString('base64')),
  SEAL_PUBLIC_KEYS_FILE: file('public', set(pair.publicKey)),
  SEAL_PRIVATE_KEYS_FILE: file('private', set(pair.privateKey)),
};

const faultsOf = (read: (env: NodeJS.ProcessEnv) => unknown, env: NodeJS.ProcessEnv): readonly string[] => {
  try {
    read(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
};

describe('the configuration', () => {
  it('has a default for all that need not be said', () => {
    const web = readWebConfig(complete);
    expect(web).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 3000,
      TEMPORAL_NAMESPACE: 'default',
      TRUST_PROXY: 0,
    });
    expect(readWorkerConfig(complete)).toMatchObject({ CAPACITY: 8, INVITATIONS_PER_MINUTE: 30 });
    expect(web.times.linkLifeMs).toBe(21 * 24 * 3600 * 1000);
  });

  it('takes its durations from the environment', () => {
    const { times } = readWebConfig({
      ...complete,
      LINK_LIFE: 'PT1M30S',
      CREDENTIAL_LIFE: 'P2W',
      RETRY_LIFE: 'P1DT1H',
    });
    expect(times).toMatchObject({
      linkLifeMs: 90_000,
      credentialLifeMs: 14 * 86_400_000,
      retryLifeMs: 25 * 3_600_000,
    });
  });

  it('counts an empty variable as absent', () => {
    expect(readWebConfig({ ...complete, PORT: '', ADMIN_EMAIL: '' }).PORT).toBe(3000);
  });

  it('names every missing setting of an empty environment at once', () => {
    const faults = faultsOf(readWebConfig, {});
    for (const name of Object.keys(complete).filter((key) => !/SMTP|PRIVATE/.test(key)))
      expect(faults.filter((fault) => fault.startsWith(`${name} `))).toHaveLength(1);
    expect(faultsOf(readWorkerConfig, {}).join('\n')).toMatch(/SMTP_URL[^]*SEAL_PRIVATE_KEYS_FILE/);
  });

  it('names every wrong setting at once, each with what it must be', () => {
    const wrong = {
      PORT: 'eighty',
      LINK_LIFE: 'P1M',
      TIME_ZONE: 'Mars/Base',
      CONTACT: 'nobody',
      LOG_LEVEL: 'loud',
      ADMIN_EMAIL: 'a@b.example',
      LINK_KEY_FILE: file('short', 'short'),
      SESSION_SECRET_FILE: join(folder, 'none'),
      SEAL_PUBLIC_KEYS_FILE: file('junk', '{'),
    };
    const faults = faultsOf(readWebConfig, { ...complete, ...wrong });
    for (const name of Object.keys(wrong).filter((key) => key !== 'ADMIN_EMAIL'))
      expect(
        faults.some((fault) => fault.startsWith(`${name} must`) || fault.startsWith(`${name} names`)),
      ).toBe(true);
  });

  it('lets waits pass faster by TIME_SCALE, but neither in production nor below what heartbeats need', () => {
    const { times } = readWebConfig({ ...complete, TIME_SCALE: '50' });
    expect(times.retryMostMs).toBe(12_000);
    expect(times.heartbeatMs).toBe(3000);
    const production = { ...complete, NODE_ENV: 'production', PUBLIC_URL: 'https://move.example' };
    expect(faultsOf(readWebConfig, { ...production, TIME_SCALE: '50' }).join()).toMatch(
      /TIME_SCALE must be 1/,
    );
  });

  it('refuses an administrator without password', () => {
    expect(faultsOf(readWebConfig, { ...complete, ADMIN_EMAIL: 'a@b.example' })).toEqual([
      'ADMIN_PASSWORD must be set together with ADMIN_EMAIL, or neither',
    ]);
  });

  it('refuses to start in production without https, beside every other fault', () => {
    const { LINK_KEY_FILE: _key, ...others } = complete;
    const env = { ...others, NODE_ENV: 'production' };
    const faults = faultsOf(readWebConfig, env);
    expect(faults.some((fault) => fault.startsWith('PUBLIC_URL must begin with https://'))).toBe(true);
    expect(faults.some((fault) => fault.startsWith('LINK_KEY_FILE is missing'))).toBe(true);
  });

  it('lets only the worker have private keys: the web refuses a set that holds one', () => {
    const faults = faultsOf(readWebConfig, {
      ...complete,
      SEAL_PUBLIC_KEYS_FILE: complete.SEAL_PRIVATE_KEYS_FILE,
    });
    expect(faults).toEqual([expect.stringContaining('JWK set of public')]);
  });

  it('quotes no value of the environment in its faults', () => {
    const faults = faultsOf(readWebConfig, {
      ...complete,
      ADMIN_EMAIL: 'a@b.example',
      ADMIN_PASSWORD: 'hunter2',
      PORT: '99999999',
    });
    expect(faults.join('\n')).not.toMatch(/hunter2|99999999/);
  });
});
