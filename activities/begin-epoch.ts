import type { Actor, InvitationChoice, SignInRefusal } from '../src/domain/migration';
import { overTheWire, type OverTheWire } from '../src/domain/wire';
import type { Side } from '../src/domain/mailbox';
import { invitationAddresses } from '../src/domain/invitation';
import { isUsed } from '../src/domain/passwords-kept';
import { passesOfStart, type PassMade, type WantedPass } from '../src/domain/passes';
import {
  credentialsOf,
  destroyCredentials,
  reviveCredential,
  settleCredential,
  type CredentialDocument,
} from '../src/models/credentials';
import type { MailUser } from '../src/models/mail-users';
import { hasEnded, raiseEpoch } from '../src/models/projection';
import type { StartReason } from '../workflows/messages';
import { invitationFactsOf, readRow } from './rows';

export interface BeginEpochInput {
  mailUserId: string;
  /** The workflow's first run id: the epoch is raised once for it, however often this runs. */
  runId: string;
  reason: StartReason;
  by: Actor;
  /** ISO 8601, the workflow's clock. */
  at: string;
}

/** What a migration knows of its row for a whole epoch; ids, choices and, for operators, addresses. */
export interface EpochFacts {
  epoch: number;
  revision: number;
  sourceAddress: string;
  targetAddress: string;
  sourceConnectorId: string;
  targetConnectorId: string;
  batch: string;
  invitation: InvitationChoice;
  /** Sides whose user signs in himself. */
  sides: Side[];
  /** Credentials kept from the epoch before; accepted then. */
  kept: Partial<Record<Side, string>>;
  /** Sides for which others were given since, which come by signal. Earlier releases did not say it. */
  coming?: Side[];
  /** Sign-ins refused lately: a new epoch does not make a mailbox forget them. */
  refusals: OverTheWire<SignInRefusal>[];
  /** When those that are kept are destroyed at the latest (ISO 8601). */
  keptUntil?: Partial<Record<Side, string>>;
  /** The passes that this epoch goes on from, and the one that is to be made first. Earlier releases knew none. */
  passes?: PassMade[];
  wantedPass?: WantedPass;
  /** A source that stopped the epoch before was looked after: it holds for the first pass of this one. */
  sourceChecked?: true;
}

/**
 * Raises the row's epoch and answers with what the migration needs to know. `undefined` where the row was deleted, or tells how this very
 * run ended: Temporal was set back.
 */
export async function beginEpoch(input: BeginEpochInput): Promise<EpochFacts | undefined> {
  const { mailUserId, runId, reason, by, at } = input;
  const raised = await raiseEpoch(mailUserId, runId, { by, at });
  if (raised === undefined || hasEnded(raised.row.projection)) return undefined;
  const all = await readRow(mailUserId);
  const { row, source, target } = all;
  const ended = raised.row.projection?.timeline.findLast(({ state }) => state !== 'starting');
  const left = await leftCredentials(row, raised.row.projection, reason);
  // What is Completed with issues has told its user on which day they are destroyed.
  const goOn = ended?.state === 'failed' ? reviveCredential : settleCredential;
  const kept = await Promise.all(left.kept.map(goOn));
  const { passes = [], wantedPass } = raised.row.projection ?? {};
  const { made, wanted } = passesOfStart({ made: overTheWire(passes), wanted: wantedPass }, reason);
  return {
    epoch: raised.epoch,
    revision: raised.revision,
    sourceAddress: row.source.address,
    targetAddress: row.target.address,
    sourceConnectorId: source._id.toHexString(),
    targetConnectorId: target._id.toHexString(),
    batch: row.batch,
    invitation: invitationAddresses(invitationFactsOf(all)).choice,
    sides: ['source', 'target'],
    kept: perSide(kept, idOf),
    coming: left.coming,
    keptUntil: perSide(kept, ({ destroyAt }) => destroyAt.toISOString()),
    passes: made,
    ...(wanted === undefined ? {} : { wantedPass: wanted }),
    // Whoever presses **Retry** has seen why the migration stopped.
    ...(reason === 'retry' &&
      ended?.fault?.remedy === 'checkSourceMailbox' && { sourceChecked: true as const }),
    refusals: overTheWire(raised.row.projection?.refusals ?? []),
  };
}

/**
 * What was kept, except where others were given since: these count, and what was kept of their side is destroyed. An invitation that is
 * sent again asks for both sides anew.
 */
async function leftCredentials(
  { _id, asked }: MailUser,
  said: MailUser['projection'],
  reason: StartReason,
): Promise<{ kept: CredentialDocument[]; coming: Side[] }> {
  const now = new Date();
  const all = (await credentialsOf(_id.toHexString())).filter(({ destroyAt }) => destroyAt > now);
  // Whoever gives one stores it before the row names it: what no epoch before has used was checked by none.
  const isGiven = (id: string) => asked.credentialIds.includes(id) || !isUsed(said, id);
  const given = all.filter((one) => isGiven(idOf(one)));
  const coming = [...new Set(given.map(({ side }) => side))];
  const before = all.filter((one) => !given.includes(one));
  const kept = reason === 'resend' ? [] : before.filter(({ side }) => !coming.includes(side));
  await destroyCredentials(before.filter((one) => !kept.includes(one)).map(idOf));
  return { kept, coming };
}

const idOf = ({ _id }: CredentialDocument) => _id.toHexString();

/** The newest of each side. */
function perSide(
  credentials: readonly CredentialDocument[],
  textOf: (credential: CredentialDocument) => string,
): Partial<Record<Side, string>> {
  return Object.fromEntries(credentials.map((credential) => [credential.side, textOf(credential)]));
}
