import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { defaultTimes, fasterTimes, type MigrationTimes } from './domain/migration';
import { durationMs } from './domain/duration';

/** The two processes of the service; each needs some settings that the other does not. */
export type ProcessRole = 'web' | 'worker';

/** Every fault of the environment at once, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly faults: readonly string[]) {
    super(
      `The environment has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
  }
}

const duration = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const ms = durationMs(text);
      if (ms !== undefined && ms > 0) return ms;
      context.addIssue({
        code: 'custom',
        message: `must be an ISO 8601 duration such as ${fallback} or PT1H`,
      });
      return z.NEVER;
    });

const wholeNumber = (least: number, most: number) =>
  z.coerce
    .number(`must be a whole number from ${least} to ${most}`)
    .int(`must be a whole number from ${least} to ${most}`)
    .min(least, `must be a whole number from ${least} to ${most}`)
    .max(most, `must be a whole number from ${least} to ${most}`);

const urlOf = (...protocols: string[]) =>
  z
    .string({ error: `is missing: give a URL that begins with ${protocols.join(' or ')}` })
    .refine(
      (text) => URL.canParse(text) && protocols.some((protocol) => text.startsWith(protocol)),
      `must be a URL that begins with ${protocols.join(' or ')}`,
    );

const needed = (what: string) => z.string({ error: `is missing: ${what}` }).min(1, `is missing: ${what}`);

const secretFile = (what: string) =>
  needed(`name a file that holds ${what}`).transform((path, context) => {
    const text = readText(path, context);
    if (text.length >= 32) return text;
    context.addIssue({ code: 'custom', message: `must name a file that holds ${what}` });
    return z.NEVER;
  });

const key = z.looseObject({ kid: z.string().min(1), kty: z.enum(['EC', 'OKP']), d: z.string().optional() });
/** A key of a JWK set (RFC 7517) with its id. */
export type SealKey = z.infer<typeof key>;

const keySetFile = (kind: 'public' | 'private') =>
  needed(`name a file that holds a JWK set of ${kind} keys`).transform((path, context): SealKey[] => {
    const parsed = z.object({ keys: z.array(key).min(1) }).safeParse(parseJson(readText(path, context)));
    const keys = parsed.success ? parsed.data.keys : [];
    if (keys.length > 0 && keys.every(({ d }) => (d === undefined) === (kind === 'public'))) return keys;
    const message = `must name a file that holds a JWK set of ${kind} EC or OKP keys, each with a kid`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** What both processes read. Every setting is described; README's table is made of these descriptions. */
const shared = z.object({
  NODE_ENV: z
    .enum(['production', 'development', 'test'], 'must be production, development or test')
    .default('development')
    .describe('`production` refuses to start without https'),
  MONGODB_URI: urlOf('mongodb://', 'mongodb+srv://').describe('The database'),
  TEMPORAL_ADDRESS: needed('give host:port of the Temporal server').describe(
    'Temporal’s gRPC address, host:port',
  ),
  TEMPORAL_NAMESPACE: z
    .string()
    .min(1, 'must not be empty')
    .default('default')
    .describe('Temporal’s namespace'),
  PUBLIC_URL: urlOf('https://', 'http://').describe('Base of every mailed link; https in production'),
  ORGANISATION: z
    .string()
    .min(1, 'must not be empty')
    .default('Mailporter')
    .describe('Who asks the users to move'),
  CONTACT: z.email('must be an e-mail address').describe('Whom users ask; Reply-To of the mails'),
  MAIL_FROM: needed('give the sender of the mails').describe(
    'Sender of the mails, an address or `Name <address>`',
  ),
  LINK_KEY_FILE: secretFile('32 or more random characters').describe(
    'File with the key that links are signed with',
  ),
  LINK_LIFE: duration('P21D').describe('From the invitation until its link no longer signs in'),
  CREDENTIAL_LIFE: duration('P30D').describe('Longest time a credential is kept'),
  RETRY_LIFE: duration('P7D').describe('How long a failed migration keeps its credentials for Retry'),
  REPORT_LIFE: duration('P365D').describe('How long the report of a migration is kept after its end'),
  INVITATIONS_PER_MINUTE: wholeNumber(1, 10_000)
    .default(30)
    .describe('Invitations sent a minute by all workers'),
  TIME_SCALE: wholeNumber(1, 100)
    .default(1)
    .describe('How many times faster waits pass, for rehearsals and tests; production takes 1 alone'),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be a level of pino, such as info',
    )
    .default('info')
    .describe('Least level that is logged'),
  DEFAULT_LANGUAGE: z
    .string()
    .regex(/^[a-z]{2}$/, 'must be a two-letter language such as en, de, fr or es')
    .default('en')
    .describe('Language of mails and users’ pages (en, de, fr or es) where a row or browser names none'),
  TIME_ZONE: z
    .string()
    .default('UTC')
    .refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin')
    .describe('Zone of times where the viewer’s is not known'),
});

const webOnly = z.object({
  HOST: z
    .string()
    .min(1, 'must not be empty')
    .default('127.0.0.1')
    .describe('Address the web server listens on'),
  PORT: wholeNumber(0, 65_535).default(3000).describe('Port the web server listens on; 0 takes a free one'),
  TEMPORAL_UI_URL: urlOf('https://', 'http://')
    .optional()
    .describe('Where administrators find the Temporal UI'),
  TRUST_PROXY: wholeNumber(0, 10).default(0).describe('How many proxies stand in front of the web server'),
  ADMIN_EMAIL: z.email('must be an e-mail address').optional().describe('The first administrator'),
  ADMIN_PASSWORD: z
    .string()
    .min(12, 'must have 12 or more characters')
    .optional()
    .describe('His first password'),
  SESSION_SECRET_FILE: secretFile('32 or more random characters').describe(
    'File with the key of the session cookies',
  ),
  SEAL_PUBLIC_KEYS_FILE: keySetFile('public').describe('JWK set; the first key seals credentials'),
});

const workerOnly = z.object({
  ORGANISATION_COLOUR: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #1f4e8c')
    .default('#1f4e8c')
    .describe('Colour of the mails, #rrggbb'),
  SMTP_URL: urlOf('smtp://', 'smtps://').describe('The mail server that takes our mails'),
  REMINDERS: z
    .string()
    .default('P3D,P10D')
    .transform((text, context): number[] => {
      const waits = text === 'none' ? [] : text.split(',').map((wait) => durationMs(wait.trim()) ?? 0);
      if (waits.every((wait, n) => wait > (waits[n - 1] ?? 0))) return waits;
      const message = 'must be durations such as P3D,P10D, each longer than the one before, or none';
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .describe('When those who have not signed in are reminded, after their invitation; `none` for never'),
  REMINDER_TIME: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 09:00')
    .default('09:00')
    .describe('Time of day, in `TIME_ZONE`, that reminders of a day and later go out at'),
  SEAL_PRIVATE_KEYS_FILE: keySetFile('private').describe(
    'JWK set; all keys that credentials may be sealed for',
  ),
  CAPACITY: wholeNumber(1, 1000).default(8).describe('Mailboxes this worker opens at once'),
  EXCHANGE_SETTLE: duration('PT75S').describe(
    'How long after its last byte a request may still take effect on an Exchange server; items may be twice where it is set too low',
  ),
});

const production = <T extends z.ZodType<{ NODE_ENV: string; PUBLIC_URL: string; TIME_SCALE: number }>>(
  schema: T,
) =>
  schema
    .refine((env) => env.NODE_ENV !== 'production' || env.PUBLIC_URL.startsWith('https://'), {
      path: ['PUBLIC_URL'],
      message: 'must begin with https:// in production, because passwords are typed there',
      when: () => true,
    })
    .refine((env) => env.NODE_ENV !== 'production' || env.TIME_SCALE === 1, {
      path: ['TIME_SCALE'],
      message: 'must be 1 in production: servers are left the time they need',
    });

const webSchema = shared.extend(webOnly.shape).refine((env) => !env.ADMIN_EMAIL === !env.ADMIN_PASSWORD, {
  path: ['ADMIN_PASSWORD'],
  message: 'must be set together with ADMIN_EMAIL, or neither',
});
const workerSchema = shared.extend(workerOnly.shape);

type Shared = z.infer<typeof shared>;
export type WebConfig = z.infer<typeof webSchema> & { times: MigrationTimes };
export type WorkerConfig = z.infer<typeof workerSchema> & { times: MigrationTimes };

/** Name, meaning, default (absent where it must be given) and readers of every setting, for documentation. */
export const settings: readonly { name: string; description: string; readBy: readonly ProcessRole[] }[] = [
  ...describe(shared, ['web', 'worker']),
  ...describe(webOnly, ['web']),
  ...describe(workerOnly, ['worker']),
];

/**
 * The settings of the web server, with the durations of its migrations in `times`.
 *
 * An empty variable counts as absent.
 *
 * @throws ConfigError with every fault of the environment
 */
export function readWebConfig(env: NodeJS.ProcessEnv = process.env): WebConfig {
  return withTimes(parse(production(webSchema), env));
}

/** The settings of a worker; as `readWebConfig`. */
export function readWorkerConfig(env: NodeJS.ProcessEnv = process.env): WorkerConfig {
  return withTimes(parse(production(workerSchema), env));
}

function parse<T extends z.ZodType>(schema: T, env: NodeJS.ProcessEnv): z.infer<T> {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError([
    ...new Set(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)),
  ]);
}

function withTimes<T extends Shared>(config: T): T & { times: MigrationTimes } {
  const times = {
    ...fasterTimes(defaultTimes, config.TIME_SCALE),
    linkLifeMs: config.LINK_LIFE,
    credentialLifeMs: config.CREDENTIAL_LIFE,
    retryLifeMs: config.RETRY_LIFE,
  };
  return Object.assign(config, { times });
}

function describe(schema: z.ZodObject, readBy: readonly ProcessRole[]) {
  const shape: Record<string, z.ZodType> = schema.shape;
  return Object.entries(shape).map(([name, { description = '' }]) => ({ name, description, readBy }));
}

function readText(path: string, context: z.RefinementCtx): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    context.addIssue({ code: 'custom', message: `names a file that cannot be read (${code})` });
    return '';
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
