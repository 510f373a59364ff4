/** The EWS schema a connector asks for; each works with every later server. */
export const serverVersions = ['Exchange2013', 'Exchange2013_SP1', 'Exchange2016'] as const;
export type ServerVersion = (typeof serverVersions)[number];

/** What the Exchange form holds. */
export interface ExchangeSettings {
  /** A bare host or an EWS URL, as typed and trimmed. */
  serverName: string;
  serverVersion: ServerVersion;
  /** PEM of a private certificate authority, one or several; verification is never switched off. */
  certificateAuthority?: string;
  /** Most requests at once to one mailbox, 1..27; 3 where absent. */
  connectionsPerMailbox?: number;
}

export type EndpointFault = 'empty' | 'notHttps' | 'notAName' | 'hasSignIn' | 'hasQuery';

const texts: Record<EndpointFault, string> = {
  empty: 'Enter the name of the mail server, for example mail.example.com.',
  notHttps:
    'Only https is spoken with a mail server: a password must not travel unprotected. Leave http:// away.',
  notAName: 'This is neither a host name nor the address (URL) of an EWS service.',
  hasSignIn: 'Leave the user name and password out of the server name.',
  hasQuery: 'Leave away what follows ? or # in the address.',
};

/** A server name that cannot be used; `message` says what to enter instead. */
export class InvalidServerName extends Error {
  constructor(readonly fault: EndpointFault) {
    super(texts[fault]);
  }
}

/**
 * The EWS address a server name stands for: `mail.example.com`, `mail.example.com:8443` and `https://mail.example.com/` mean
 * `https://mail.example.com/EWS/Exchange.asmx`; an address with a path is taken as it is.
 * @throws InvalidServerName
 */
export function endpointOf(serverName: string): URL {
  const typed = serverName.trim();
  if (typed === '') throw new InvalidServerName('empty');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(typed);
  if (scheme && scheme[1]?.toLowerCase() !== 'https') throw new InvalidServerName('notHttps');
  const url = parse(scheme ? typed : `https://${typed}`);
  if (!url || !/^(\[[0-9a-f:.]+\]|[\p{L}\p{N}_.-]+)$/iu.test(url.hostname))
    throw new InvalidServerName('notAName');
  if (url.username !== '' || url.password !== '') throw new InvalidServerName('hasSignIn');
  if (url.search !== '' || url.hash !== '') throw new InvalidServerName('hasQuery');
  if (url.pathname === '/') url.pathname = '/EWS/Exchange.asmx';
  return url;
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** Hosts of Microsoft 365, where no typed password is taken. */
export function isMicrosoft365(url: URL): boolean {
  return /(^|\.)(office365\.com|office\.com|outlook\.com|office365\.us|partner\.outlook\.cn)$/i.test(
    url.hostname,
  );
}
