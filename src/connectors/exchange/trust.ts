import * as tls from 'node:tls';

/** Connectors are few; what fell out is made again. */
const mostContexts = 32;
const contexts = new Map<string, tls.SecureContext>();

/**
 * Which authorities a connection trusts: the usual ones and beside them, replacing none, those of the PEM `certificateAuthority`.
 * The same context for the same authorities: each holds all their certificates parsed, which takes a megabyte and tens of ms.
 */
export function trustedAuthorities(certificateAuthority = ''): tls.SecureContext {
  const context = contexts.get(certificateAuthority) ?? newContext(certificateAuthority);
  contexts.delete(certificateAuthority);
  contexts.set(certificateAuthority, context);
  const oldest = contexts.keys().next();
  if (contexts.size > mostContexts && !oldest.done) contexts.delete(oldest.value);
  return context;
}

function newContext(certificateAuthority: string): tls.SecureContext {
  if (certificateAuthority === '') return tls.createSecureContext();
  const usual =
    'getCACertificates' in tls
      ? (tls.getCACertificates as (type: 'default') => string[])('default')
      : tls.rootCertificates;
  return tls.createSecureContext({ ca: [...usual, certificateAuthority] });
}
