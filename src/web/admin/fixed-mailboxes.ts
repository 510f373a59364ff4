import { inTarget } from '../../domain/item-counts';
import { isEndState } from '../../domain/migration';
import { shownState } from '../../domain/shown-state';
import { hasCredential } from '../../models/credentials';
import type { MailboxOfRow, MailUser } from '../../models/mail-users';

/**
 * Why both mailboxes of a row stay as they are: items were copied, or a migration that runs has a password for one of them, which must go
 * to no other server.
 */
export type FixedFor = 'copied' | 'password';

/** @returns absent where they may be edited; after an end whatever password is kept for **Retry** goes with the mailboxes */
export async function whyFixed(user: MailUser, now: Date): Promise<FixedFor | undefined> {
  if (hasCopied(user)) return 'copied';
  if (isEndState(shownState(user))) return undefined;
  return (await hasCredential(user._id.toHexString(), now)) ? 'password' : undefined;
}

/** From the first item on both mailboxes stay what they are. */
function hasCopied({ counters }: MailUser): boolean {
  return counters !== undefined && inTarget(counters) > 0;
}

/** Whether these are other mailboxes than the row has. */
export function isOtherPair(
  { source, target }: MailUser,
  other: { source: MailboxOfRow; target: MailboxOfRow },
): boolean {
  return textOf(source) !== textOf(other.source) || textOf(target) !== textOf(other.target);
}

function textOf({ connectorId, addressKey, recipientType }: MailboxOfRow): string {
  return `${connectorId.toHexString()} ${addressKey} ${recipientType}`;
}

/** The row as it was read: nobody has given it other mailboxes since, nor, where it is to have others, a password, a start or an item. */
export function asRead({ _id, source, target, asked }: MailUser, isOther: boolean): Record<string, unknown> {
  const none = { $not: { $gt: 0 } };
  return {
    _id,
    'source.connectorId': source.connectorId,
    'source.addressKey': source.addressKey,
    'target.connectorId': target.connectorId,
    'target.addressKey': target.addressKey,
    ...(isOther && {
      'counters.copied': none,
      'counters.alreadyThere': none,
      'asked.startId': asked.startId ?? { $exists: false },
      'asked.credentialAt': asked.credentialAt ?? { $exists: false },
    }),
  };
}
