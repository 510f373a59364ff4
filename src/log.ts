import { pino, type Logger, type DestinationStream } from 'pino';

export type { Logger } from 'pino';

/** Names whose values never reach a log, wherever in the first three levels of an object they stand. */
const secret = [
  'password',
  'newPassword',
  'secret',
  'token',
  'sealed',
  'authorization',
  'Authorization',
  'cookie',
  'credential',
  'SMTP_URL',
  'MONGODB_URI',
];

/**
 * The process's logger: JSON lines with ids and item classes, never subjects, bodies or secrets.
 *
 * @param name `web` or `worker`
 */
export function createLogger(name: string, level: string, destination?: DestinationStream): Logger {
  const redact = { paths: secret.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[hidden]' };
  return pino({ name, level, redact }, destination ?? pino.destination(1));
}
