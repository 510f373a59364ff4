import type { Side } from './mailbox';
import type { SignInRefusal } from './migration';

/** So many refused sign-ins on one mailbox in this time make it wait: servers lock accounts for less. */
export const signInTries = { most: 3, withinMs: 30 * 60 * 1000 } as const;

/**
 * Until when a mailbox takes no further password.
 *
 * @param refusals of this mail user, in any order, whoever typed them; what only found the server away does not count
 * @returns absent where a password may be tried now
 */
export function signInWait(refusals: readonly SignInRefusal[], side: Side, now: Date): Date | undefined {
  const recent = refusals
    .filter((refusal) => refusal.side === side && refusal.outcome === 'refused')
    .map(({ at }) => at.getTime())
    .filter((at) => at > now.getTime() - signInTries.withinMs)
    .sort((a, b) => b - a);
  const third = recent[signInTries.most - 1];
  return third === undefined ? undefined : new Date(third + signInTries.withinMs);
}
