import type { Side } from '../src/domain/mailbox';
import { credentialClosed, credentialGone, mailboxChanged, Fault } from '../src/domain/faults';
import type { InvitationFacts } from '../src/domain/invitation';
import type { Credential } from '../src/connectors/connector';
import { signInNameOf } from '../src/domain/sign-in-name';
import { Connectors, type ConnectorDocument } from '../src/models/connectors';
import { credentialOwner, findCredential } from '../src/models/credentials';
import { OtherMailbox, UnknownKey } from '../src/secrets/open';
import { MailUsers, type MailUser } from '../src/models/mail-users';
import type { ActivityDeps } from './deps';

/** A row with both its connectors. */
export interface RowWithConnectors {
  row: MailUser;
  source: ConnectorDocument;
  target: ConnectorDocument;
}

/** @throws Fault `fatal` where the row or one of its connectors is gone */
export async function readRow(mailUserId: string): Promise<RowWithConnectors> {
  const row = await MailUsers.findById(mailUserId).lean<MailUser>();
  if (row === null) throw gone('source', 'RowGone', 'The mail user was deleted from the list.');
  const [source, target] = await Promise.all([connectorOf(row, 'source'), connectorOf(row, 'target')]);
  return { row, source, target };
}

async function connectorOf(row: MailUser, side: Side): Promise<ConnectorDocument> {
  const connector = await Connectors.findById(row[side].connectorId).lean<ConnectorDocument>();
  if (connector === null) throw gone(side, 'ConnectorGone', 'The connector was deleted.');
  return connector;
}

function gone(side: Side, code: string, message: string): Fault {
  return new Fault({ kind: 'fatal', side }, { code, remedy: 'askSupport', message }, true);
}

export function invitationFactsOf({ row, source, target }: RowWithConnectors): InvitationFacts {
  return {
    sourceChoice: source.signIn.invitation,
    targetChoice: target.signIn.invitation,
    sourceAddress: row.source.address,
    targetAddress: row.target.address,
    ...(row.invitationEmail === undefined ? {} : { invitationEmail: row.invitationEmail }),
  };
}

/**
 * Opens the sealed credential of a side, in memory.
 * @throws Fault `credential` where it was destroyed, is past its time, was typed for another mailbox than the row has now, or does not
 *   open: the user must sign in again; `retryable` where it was sealed lately for a key that this worker does not have
 */
export async function credentialOf(
  deps: Pick<ActivityDeps, 'open' | 'log'>,
  { row, source, target }: RowWithConnectors,
  side: Side,
  credentialId: string,
): Promise<Credential & { destroyAt: Date }> {
  const owner = credentialOwner(row, side);
  const sealed = await findCredential(credentialId, owner, new Date());
  if (sealed === undefined) throw signInAgain(side, credentialGone, 'The password is no longer kept.');
  try {
    const { userName, ...credential } = await deps.open(sealed.sealed, owner);
    const connector = side === 'source' ? source : target;
    const typed = userName.trim() === '' ? row[side].userName : userName;
    const name = signInNameOf(connector.signIn.signInName, row[side].address, typed);
    return { ...credential, userName: name ?? row[side].address, destroyAt: sealed.destroyAt };
  } catch (error) {
    deps.log.error({ mailUserId: owner.ownerId, side, err: error }, 'a credential does not open');
    if (error instanceof UnknownKey && Date.now() - sealed.takenAt.getTime() < newKeyMs) throw keyMissing();
    if (error instanceof OtherMailbox) throw signInAgain(side, mailboxChanged, changed);
    throw signInAgain(side, credentialClosed, 'The password that was kept can no longer be read.');
  }
}

const changed = 'The mailbox was changed after its password was typed; it goes to no other one.';

/** While keys are rotated a web server may seal for a key that this worker is still to be given; no user need act then. */
const newKeyMs = 24 * 60 * 60_000;

function keyMissing(): Fault {
  const message =
    'A worker has not been given the key that passwords are sealed for; see "Keys" in the operations page.';
  return new Fault({ kind: 'retryable' }, { code: 'SealKeyMissing', remedy: 'askSupport', message }, true);
}

function signInAgain(side: Side, code: string, message: string): Fault {
  return new Fault({ kind: 'credential', side }, { code, remedy: 'signInAgain', message }, true);
}
