import { randomUUID } from 'node:crypto';
import {
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { Types } from 'mongoose';
import { isEndState, type Actor } from '../domain/migration';
import type { Side } from '../domain/mailbox';
import { shownState } from '../domain/shown-state';
import { credentialOwner, Credentials } from '../models/credentials';
import { askCredentials, askStart, unaskCredentials, unaskStart } from '../models/mail-user-asks';
import type { MailUser } from '../models/mail-users';
import { tellCredentials } from '../tell-credentials';
import {
  migrationStart,
  signals,
  workflowTypes,
  type CredentialSignal,
  type MigrateMailboxInput,
  type PauseSignal,
  type PlanChangedSignal,
  type ResendSignal,
  type ResumeSignal,
  type RunPassSignal,
  type StartReason,
  type StopSignal,
} from '../../workflows/messages';
import { migrationId } from '../../workflows/names';
import type { WebDeps } from './deps';

/** What starting and signalling stands on. */
export type MigrationDeps = Pick<WebDeps, 'config' | 'temporal' | 'seal' | 'log'>;

/**
 * What became of something asked for:
 * - `sent`: the workflow has it, or will have it when a worker runs.
 * - `kept`: Temporal does not answer; it is on the row, and `reconcile` sends it again.
 * - `nothing`: there was nothing to do.
 */
export type Outcome = 'sent' | 'kept' | 'nothing';

/** What a person typed to sign in. Plain text lives only in the argument. */
export interface TypedCredential {
  side: Side;
  userName: string;
  password: string;
}

/** Starts a migration that does not run; a running one is left alone (`nothing`). */
export async function startMigration(
  deps: MigrationDeps,
  row: MailUser,
  reason: Exclude<StartReason, 'form'>,
  by: Actor,
): Promise<Outcome> {
  if (shownState(row) === 'starting') return 'nothing';
  const asked = await noteStart(row, reason);
  if (asked === undefined || !asked.ours) return 'nothing';
  return orKept(deps, row, async () => {
    try {
      const input = inputOf(deps, row, asked.startId, by);
      await deps.temporal.workflow.start(
        workflowTypes.migrateMailbox,
        migrationStart({ ...input, reason }, pairOf(row)),
      );
      return 'sent';
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await unaskStart(row._id, asked.startId);
      return 'nothing';
    }
  });
}

/** Asks a running migration to stop; `nothing` where none runs. Rejects where Temporal does not answer: nothing is kept. */
export async function stopMigration(deps: MigrationDeps, row: MailUser, by: Actor): Promise<Outcome> {
  return signal<[StopSignal]>(deps, row, signals.stop, [{ by }]);
}

/** Asks a running migration to pause; `nothing` where none runs. Rejects where Temporal does not answer: nothing is kept. */
export async function pauseMigration(deps: MigrationDeps, row: MailUser, by: Actor): Promise<Outcome> {
  return signal<[PauseSignal]>(deps, row, signals.pause, [{ by }]);
}

/** Lets a paused migration go on; as `pauseMigration` otherwise. */
export async function resumeMigration(deps: MigrationDeps, row: MailUser, by: Actor): Promise<Outcome> {
  return signal<[ResumeSignal]>(deps, row, signals.resume, [{ by }]);
}

/** Asks for the next pass of a running migration: now, or after the one under way; as `pauseMigration` otherwise. */
export async function askForPass(
  deps: MigrationDeps,
  row: MailUser,
  kind: RunPassSignal['kind'],
  by: Actor,
): Promise<Outcome> {
  return signal<[RunPassSignal]>(deps, row, signals.runPass, [{ kind, requestId: randomUUID(), by }]);
}

/** Has a running migration read its batch's plan and the start windows again; as `pauseMigration` otherwise. */
export async function tellPlanChanged(deps: MigrationDeps, row: MailUser): Promise<Outcome> {
  return signal<[PlanChangedSignal]>(deps, row, signals.planChanged, [{}]);
}

/**
 * Has the invitation sent again: by the running workflow, or by a new start after an end.
 * Rejects where Temporal does not answer and a workflow would have to be signalled.
 */
export async function resendInvitation(deps: MigrationDeps, row: MailUser, by: Actor): Promise<Outcome> {
  if (isEndState(shownState(row))) return startMigration(deps, row, 'resend', by);
  return signal<[ResendSignal]>(deps, row, signals.resendInvitation, [{ requestId: randomUUID(), by }]);
}

/**
 * Hands over what a user typed: sealed, stored, noted on the row, then told to the workflow, which is started by it from **Not started**.
 *
 * @returns `sent`; `kept` where Temporal does not answer (the sealed credential waits and is sent again);
 * `nothing` where the migration has ended: the credential is destroyed, and the page shows how it ended
 */
export async function giveCredentials(
  deps: MigrationDeps,
  row: MailUser,
  typed: readonly TypedCredential[],
  by: Actor,
): Promise<Outcome> {
  if (typed.length === 0) return 'nothing';
  const sealed = await sealAndStore(deps, row, typed);
  return orKept(deps, row, () => tellOrDestroy(deps, row, sealed, by));
}

/** `giveCredentials` for one side. */
export function giveCredential(
  deps: MigrationDeps,
  row: MailUser,
  side: Side,
  credential: Omit<TypedCredential, 'side'>,
  by: Actor,
): Promise<Outcome> {
  return giveCredentials(deps, row, [{ side, ...credential }], by);
}

/** As `giveCredentials`, for the administrator: a migration that has ended starts anew with them. */
export async function startWithCredentials(
  deps: MigrationDeps,
  row: MailUser,
  typed: readonly TypedCredential[],
  by: Actor,
): Promise<Outcome> {
  if (!isEndState(shownState(row))) return giveCredentials(deps, row, typed, by);
  const sealed = await sealAndStore(deps, row, typed);
  const started = await startMigration(deps, row, 'start', by);
  if (started === 'kept') return 'kept';
  return orKept(deps, row, () => tellOrDestroy(deps, row, sealed, by));
}

async function sealAndStore(
  { seal, config }: MigrationDeps,
  row: MailUser,
  typed: readonly TypedCredential[],
): Promise<CredentialSignal[]> {
  const takenAt = new Date();
  const destroyAt = new Date(takenAt.getTime() + config.times.credentialLifeMs);
  const ownerId = row._id.toHexString();
  const documents = await Promise.all(
    typed.map(async ({ side, userName, password }) => ({
      _id: new Types.ObjectId(),
      owner: { kind: 'mailUser' as const, id: ownerId },
      side,
      sealed: await seal({ kind: 'password', userName, password }, credentialOwner(row, side)),
      takenAt,
      destroyAt,
    })),
  );
  await Credentials.insertMany(documents);
  const sealed = documents.map(({ _id, side }) => ({ side, credentialId: _id.toHexString() }));
  await askCredentials(
    row._id,
    sealed.map(({ credentialId }) => credentialId),
    takenAt,
  );
  return sealed;
}

/** Whoever stored them destroys them where no workflow is left that takes them. */
async function tellOrDestroy(
  { temporal, config: { times } }: MigrationDeps,
  row: MailUser,
  sealed: readonly CredentialSignal[],
  by: Actor,
): Promise<Outcome> {
  if (await tellCredentials(temporal, row, sealed, { by, times })) return 'sent';
  await destroy(row, sealed);
  return 'nothing';
}

async function destroy(row: MailUser, sealed: readonly CredentialSignal[]): Promise<void> {
  const ids = sealed.map(({ credentialId }) => credentialId);
  await Credentials.deleteMany({ _id: { $in: ids } });
  await unaskCredentials(row._id, ids);
}

/** The start that stands on the row; `ours` where it was noted just now. */
async function noteStart(
  row: MailUser,
  reason: Exclude<StartReason, 'form'>,
): Promise<{ startId: string; ours: boolean } | undefined> {
  const startId = randomUUID();
  const noted = await askStart(row._id, row.asked.startId, startId, reason, new Date());
  return noted === undefined ? undefined : { startId: noted, ours: noted === startId };
}

async function signal<Args extends [unknown]>(
  { temporal }: MigrationDeps,
  row: MailUser,
  name: string,
  args: Args,
): Promise<Outcome> {
  try {
    await temporal.workflow.getHandle(migrationId(row._id.toHexString())).signal(name, ...args);
    return 'sent';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'nothing';
    throw error;
  }
}

/** What was asked for stands on the row: a Temporal that is away delays it and loses nothing. */
async function orKept(deps: MigrationDeps, row: MailUser, ask: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await ask();
  } catch (error) {
    if (!isTemporalAway(error)) throw error;
    deps.log.warn(
      { mailUserId: row._id.toHexString(), err: error },
      'Temporal does not answer; what was asked for is kept',
    );
    return 'kept';
  }
}

/** Whether Temporal could not be reached, as opposed to having refused. */
export function isTemporalAway(error: unknown): boolean {
  const away = new Set([1, 4, 8, 14]);
  const code = (candidate: unknown): boolean =>
    isGrpcServiceError(candidate) && away.has(Number(candidate.code));
  return code(error) || (error instanceof Error && code(error.cause));
}

function inputOf(
  { config }: MigrationDeps,
  row: MailUser,
  startId: string,
  by: Actor,
): Omit<MigrateMailboxInput, 'reason'> {
  return { mailUserId: row._id.toHexString(), startId, by, times: config.times };
}

function pairOf({ source, target }: MailUser): { sourceAddress: string; targetAddress: string } {
  return { sourceAddress: source.address, targetAddress: target.address };
}
