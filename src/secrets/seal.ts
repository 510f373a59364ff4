import { createHash } from 'node:crypto';
import { CompactEncrypt, importJWK } from 'jose';
import type { SealKey } from '../config';
import type { Credential } from '../connectors/connector';
import type { Side } from '../domain/mailbox';

/** Whom a credential belongs to and where it was typed for; bound into what is sealed, so that it opens no other mailbox. */
export interface SealedFor {
  /** The mail user's id, or the check's. */
  ownerId: string;
  side: Side;
  /** The connector and the address in lower case: an owner whose mailbox is another one later needs another credential. */
  mailbox: { connectorId: string; addressKey: string };
}

/** Seals a credential for the worker; whoever seals cannot open. */
export type Seal = (credential: Credential, owner: SealedFor) => Promise<string>;

/**
 * @param keys public keys, newest first; the first one seals
 * @returns a function that makes a compact JWE (RFC 7516, ECDH-ES+A256KW, A256GCM) with the key's id, the owner and the mailbox in its header
 */
export function createSeal(keys: readonly SealKey[]): Seal {
  const [key] = keys;
  if (key === undefined) throw new Error('No public key to seal with.');
  const imported = importJWK(key, 'ECDH-ES+A256KW');
  imported.catch(() => undefined);
  return async (credential, { ownerId, side, mailbox }) => {
    const bound = { sub: ownerId, side, mailbox: mailboxClaim(mailbox) };
    return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(credential)))
      .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: key.kid, ...bound })
      .encrypt(await imported);
  };
}

/** The mailbox as the header names it, which anybody can read: by a digest. */
export function mailboxClaim({ connectorId, addressKey }: SealedFor['mailbox']): string {
  return createHash('sha256').update(`${connectorId} ${addressKey}`).digest('base64url');
}
