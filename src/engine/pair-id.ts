import { createHash } from 'node:crypto';

/**
 * The name of two mailboxes taken together, from their own identities: the same whoever lists them and however they are reached.
 * Stamps, folder documents and the ledger carry it.
 *
 * @returns 32 hexadecimal digits; safe in a property name
 */
export function pairId(sourceIdentity: string, targetIdentity: string): string {
  return createHash('sha256')
    .update(JSON.stringify([sourceIdentity, targetIdentity]))
    .digest('hex')
    .slice(0, 32);
}

/** A mailbox's identity, as it may be kept: the same for the same mailbox, and nothing that tells which. 16 hexadecimal digits. */
export function identityHash(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 16);
}
