import type { Side } from './mailbox';

/** What becomes of the passwords of a migration. */
export interface PasswordsKept {
  /** When they are destroyed at the latest; absent where none is kept. */
  keptUntil?: Date;
  /** When they were destroyed; absent where some are kept, or none was ever given. */
  destroyedAt?: Date;
}

/**
 * As its row tells it. What is kept after an end is destroyed at its time, and no workflow is left that would say so on the row: a moment
 * that has passed is the moment it was done, give or take the minutes until `reconcile` looked.
 */
export function passwordsOf(
  told: { credentialsDestroyAt?: Date; credentialsDestroyedAt?: Date } | undefined,
  now: Date,
): PasswordsKept {
  const { credentialsDestroyAt, credentialsDestroyedAt } = told ?? {};
  if (credentialsDestroyedAt !== undefined) return { destroyedAt: credentialsDestroyedAt };
  if (credentialsDestroyAt === undefined) return {};
  return credentialsDestroyAt <= now
    ? { destroyedAt: credentialsDestroyAt }
    : { keptUntil: credentialsDestroyAt };
}

/**
 * Whether a workflow has said that it uses this credential. What none has said so of was stored and not told yet, or is there again in
 * a restored database. Releases before 0.2.0 said only what they had taken note of.
 */
export function isUsed(
  said: { handledCredentialIds: readonly string[]; usedCredentialIds?: readonly string[] } | undefined,
  credentialId: string,
): boolean {
  return (said?.usedCredentialIds ?? said?.handledCredentialIds ?? []).includes(credentialId);
}

/** Sides whose password is kept, with which a new start goes on. */
export function keptSidesOf(
  told: (Parameters<typeof passwordsOf>[0] & { signedIn: readonly Side[] }) | undefined,
  now: Date,
): readonly Side[] {
  return passwordsOf(told, now).keptUntil === undefined ? [] : (told?.signedIn ?? []);
}
