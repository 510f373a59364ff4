import { compactDecrypt, decodeProtectedHeader, importJWK } from 'jose';
import { z } from 'zod';
import type { SealKey } from '../config';
import type { Credential } from '../connectors/connector';
import { mailboxClaim, type SealedFor } from './seal';

/** Why a sealed credential does not open; its message holds nothing of the credential. */
export class CannotOpen extends Error {
  override readonly name = 'CannotOpen';
}

/** Sealed for a key that is not among those given: it was taken away, or has not been given yet. */
export class UnknownKey extends CannotOpen {}

/** Its owner's, but sealed for another mailbox than the one that is his now. */
export class OtherMailbox extends CannotOpen {}

/** Opens what was sealed for this owner, in memory. Rejects with `CannotOpen`, of which `UnknownKey` and `OtherMailbox` are two. */
export type Open = (sealed: string, owner: SealedFor) => Promise<Credential>;

const content = z.object({ kind: z.literal('password'), userName: z.string(), password: z.string() });

/** @param keys all private keys that credentials may be sealed for; a key that is taken away closes what it sealed */
export function createOpen(keys: readonly SealKey[]): Open {
  const imported = new Map(keys.map((key) => [key.kid, () => importJWK(key, 'ECDH-ES+A256KW')]));
  return async (sealed, owner) => {
    const header = headerOf(sealed);
    const key = imported.get(header.kid ?? '');
    if (key === undefined)
      throw new UnknownKey('The credential was sealed for a key this worker does not have.');
    if (header.sub !== owner.ownerId || header.side !== owner.side)
      throw new CannotOpen('The credential was sealed for another mailbox.');
    // Releases before 0.2.0 did not name it.
    if (header.mailbox !== undefined && header.mailbox !== mailboxClaim(owner.mailbox))
      throw new OtherMailbox('The credential was sealed for the mailbox that its owner had before.');
    try {
      const options = {
        keyManagementAlgorithms: ['ECDH-ES+A256KW'],
        contentEncryptionAlgorithms: ['A256GCM'],
      };
      const { plaintext } = await compactDecrypt(sealed, await key(), options);
      return content.parse(JSON.parse(new TextDecoder().decode(plaintext)));
    } catch {
      // The cause may quote what was decrypted.
      throw new CannotOpen('The credential is damaged.');
    }
  };
}

function headerOf(sealed: string): { kid?: string; sub?: unknown; side?: unknown; mailbox?: unknown } {
  try {
    return decodeProtectedHeader(sealed);
  } catch {
    throw new CannotOpen('The credential is damaged.');
  }
}
