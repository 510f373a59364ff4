import type { IncomingMessage } from 'node:http';
import type { Policy } from '../policy';
import type { Mailbox } from '../store/mailbox';
import type { Mailboxes } from '../store/mailboxes';

/**
 * The mailbox that a request's Basic credentials open; undefined for every reason to refuse, as the server answers the
 * same bare 401 for a wrong, an expired and a to-be-changed password and for a locked account.
 */
export function signIn(request: IncomingMessage, mailboxes: Mailboxes, policy: Policy): Mailbox | undefined {
  if (!policy.authenticate.includes('Basic')) return undefined;
  const given = basicOf(request);
  if (!given) return undefined;
  const mailbox = byUserName(given.userName, mailboxes, policy);
  if (mailbox?.settings.account !== 'ok' || mailbox.settings.password !== given.password) return undefined;
  return mailbox;
}

/** Who says to be asking, in lower case. */
export function givenName(request: IncomingMessage): string | undefined {
  return basicOf(request)?.userName.toLowerCase();
}

function basicOf(request: IncomingMessage): { userName: string; password: string } | undefined {
  const given = /^Basic\s+([A-Za-z0-9+/=]+)\s*$/i.exec(request.headers.authorization ?? '')?.[1];
  const text = Buffer.from(given ?? '', 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { userName: text.slice(0, colon), password: text.slice(colon + 1) };
}

function byUserName(user: string, mailboxes: Mailboxes, policy: Policy): Mailbox | undefined {
  const parts = /^([^\\]+)\\(.+)$/.exec(user);
  if (!parts) return mailboxes.byMailAddress(user);
  const [, domain = '', local = ''] = parts;
  if (domain.toLowerCase() !== policy.domain?.toLowerCase()) return undefined;
  const wanted = local.toLowerCase();
  return mailboxes.list().find(({ settings }) => settings.address.toLowerCase().split('@')[0] === wanted);
}

/** The challenges of a 401, one header each. */
export function challenges(policy: Policy, host: string): string[] {
  return policy.authenticate.map((scheme) =>
    scheme === 'Basic' ? `Basic realm="${host.replace(/["\\]/g, '')}"` : scheme,
  );
}
