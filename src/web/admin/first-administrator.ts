import { createHash, randomBytes } from 'node:crypto';
import type { WebConfig } from '../../config';
import type { Logger } from '../../log';
import { Administrators, addAdministrator } from '../../models/administrators';
import { keepSetUpLink } from '../../models/settings';
import { hashPassword } from './passwords';

const setUpLifeMs = 24 * 3_600_000;

export const setUpHash = (token: string): string => createHash('sha256').update(token).digest('hex');

/**
 * Where there is no administrator yet: makes the one of the environment, else prints a one-time link in the log.
 * Repeating it makes nobody twice and replaces the link.
 */
export async function ensureFirstAdministrator(
  config: Pick<WebConfig, 'ADMIN_EMAIL' | 'ADMIN_PASSWORD' | 'PUBLIC_URL'>,
  log: Logger,
): Promise<void> {
  if ((await Administrators.exists({})) !== null) return;
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = config;
  if (email !== undefined && password !== undefined) {
    await addAdministrator(email, await hashPassword(password), new Date());
    log.info('the first administrator is the one of ADMIN_EMAIL');
    return;
  }
  const token = randomBytes(24).toString('base64url');
  await keepSetUpLink(setUpHash(token), new Date(Date.now() + setUpLifeMs));
  const link = new URL(`/admin/set-up/${token}`, config.PUBLIC_URL).href;
  log.warn(`There is no administrator yet. Make one within 24 hours at ${link} (the link works once).`);
}
