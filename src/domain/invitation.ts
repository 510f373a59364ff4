import { isEndState, type InvitationChoice, type MigrationState } from './migration';
import type { Side } from './mailbox';

/** As much of a row and its connectors as an invitation needs. */
export interface InvitationFacts {
  /** What the source connector says; absent where nobody signs in to it. */
  sourceChoice?: InvitationChoice;
  targetChoice?: InvitationChoice;
  sourceAddress: string;
  targetAddress: string;
  /** Where it goes instead of the mailboxes. */
  invitationEmail?: string;
}

/** Where the invitation goes: the union of what both connectors say, one mail where addresses are equal. Empty with None. */
export function invitationAddresses(facts: InvitationFacts): { choice: InvitationChoice; to: string[] } {
  const choices = [facts.sourceChoice, facts.targetChoice];
  const source = choices.some((choice) => choice === 'source' || choice === 'both');
  const target = choices.some((choice) => choice === 'target' || choice === 'both');
  const choice = source ? (target ? 'both' : 'source') : target ? 'target' : 'none';
  if (choice === 'none') return { choice, to: [] };
  if (facts.invitationEmail !== undefined) return { choice, to: [facts.invitationEmail] };
  return { choice, to: distinct([source ? facts.sourceAddress : '', target ? facts.targetAddress : '']) };
}

/** Whether a user who is given these passwords gets a mail for it: it asks for the other one, where his migration begins anew. */
export function isAskedForRest(
  {
    state,
    choice,
    keptSides,
  }: { state: MigrationState; choice: InvitationChoice; keptSides: readonly Side[] },
  given: readonly Side[],
): boolean {
  const isMissing = (side: Side) => !given.includes(side) && !keptSides.includes(side);
  return isEndState(state) && choice !== 'none' && (isMissing('source') || isMissing('target'));
}

/** Where the mail at the end goes: where the invitation went, and the target address. Empty with None. */
export function endAddresses(facts: InvitationFacts): string[] {
  const { to } = invitationAddresses(facts);
  return to.length === 0 ? [] : distinct([...to, facts.targetAddress]);
}

/** Where it is said that a sign-in is needed again: both addresses, or the row's invitation address. Empty with None. */
export function signInNeededAddresses(facts: InvitationFacts): string[] {
  if (invitationAddresses(facts).choice === 'none') return [];
  return distinct(
    facts.invitationEmail === undefined
      ? [facts.sourceAddress, facts.targetAddress]
      : [facts.invitationEmail],
  );
}

function distinct(addresses: readonly string[]): string[] {
  const byKey = new Map(
    addresses.filter((address) => address !== '').map((address) => [address.toLowerCase(), address]),
  );
  return [...byKey.values()];
}
