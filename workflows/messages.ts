import type { Actor, BulkActionName, MigrationTimes } from '../src/domain/migration';
import type { Side } from '../src/domain/mailbox';
import { bulkActionId, checkConnectorId, importId, mainQueue, migrationId } from './names';

/**
 * What crosses the border of a workflow: ids and counters, never an item, never a secret. Pure types, names and options.
 *
 * What to send, where a press of a button is meant:
 *
 * | button | row | do |
 * | --- | --- | --- |
 * | **Start** | no workflow runs | set `asked.startId` and `asked.startedAt` on the row, then start `migrationStart({reason: 'start'})` |
 * | **Retry** | Failed, Completed with issues, Stopped | the same with `reason: 'retry'`: kept credentials are used again |
 * | **Resend invitation** | an end | the same with `reason: 'resend'` |
 * | **Resend invitation** | Email Sent, Waiting for sign-in, Checking sign-in, Sign-in needed | signal `resendInvitation` |
 * | **Stop** | any that runs | signal `stop`; `WorkflowNotFoundError` means it has ended |
 * | **Pause** | any that runs | signal `pause` |
 * | **Resume** | any that a pause stands for (`projection.pausedBy`) | signal `resume` |
 * | **Delta pass**, **Cut over** | any that runs | signal `runPass` |
 * | the form of a batch, a connector's start window, another batch or connector of a row | any that runs | signal `planChanged`, for many rows the bulk action of that name |
 * | the user's form, **Give credentials** | any | store the sealed credentials, push their ids to `asked.credentialIds`, then `tellCredentials(...)`; where no workflow is left delete them and show how it ended |
 * | **Test connection** | | write `ConnectorChecks`, then start `checkStart(...)` |
 * | **Import** | | write `ImportChunks`, then `Imports`, then start `importStart(...)` |
 * | **Give credentials** for many | | write `BulkActions`, store the sealed credentials as the bulk's own, then start `giveStart(...)` |
 * | bulk | | write `BulkActions`, then start `bulkStart(...)` |
 * | **Go on** of a bulk action or import that was broken off | | clear `brokenOffAt` and `finishedAt`, then start it `again` |
 *
 * While a pause stands nothing is copied. It does not take the user's turn from him: who has still to sign in can do so, his password is
 * checked, and then the row is **Paused**. Resumed, a migration goes on where it was. A pause lasts until **Resume** or an end; Pause of a
 * paused row, Resume of one that is not, and all of these during or after an end do nothing.
 *
 * None of these needs a live worker. Each is harmless when repeated: a workflow that already runs makes `start` reject with
 * `WorkflowExecutionAlreadyStartedError`, which means "nothing to do".
 */

export const signals = {
  credential: 'credential',
  resendInvitation: 'resendInvitation',
  stop: 'stop',
  pause: 'pause',
  resume: 'resume',
  runPass: 'runPass',
  planChanged: 'planChanged',
  showAgain: 'showAgain',
  granted: 'granted',
  mailboxOpened: 'mailboxOpened',
  /** To `gate`: somebody asks for a slot or gave one back. */
  wake: 'wake',
} as const;

/** A sealed credential was stored for a side. */
export interface CredentialSignal {
  side: Side;
  credentialId: string;
}
/** The administrator wants the invitation to go out again; `requestId` makes it idempotent. */
export interface ResendSignal {
  requestId: string;
  by: Actor;
}
export interface StopSignal {
  by: Actor;
}
/** From now on nothing is copied, until `resume`; what is in the target stays there. */
export interface PauseSignal {
  by: Actor;
}
export interface ResumeSignal {
  by: Actor;
}
/**
 * The next pass is wanted now; `requestId` makes it idempotent. Between passes it begins at once, in a pass it follows that one, and before
 * the first it is that one.
 */
export interface RunPassSignal {
  kind: 'delta' | 'cutOver';
  requestId: string;
  by: Actor;
}
/** The plan of the row's batch, or a start window, was edited: it is read again, which it is each hour by itself. */
export type PlanChangedSignal = Record<string, never>;
/** The row tells of another moment than the workflow, as after a restored backup: it is written anew. */
export type ShowAgainSignal = Record<string, never>;
/** The gate gave both slots to the one who asked with this ticket. */
export interface GrantedSignal {
  ticket: string;
}
/** `openMailbox` has begun; folders of this opening go to `queue`. */
export interface MailboxOpenedSignal {
  opening: number;
  queue: string;
}

/** Why a migration is started: named on the row as `asked.startId` until the projection has handled it. */
export type StartReason = 'start' | 'retry' | 'resend' | 'form';

export interface MigrateMailboxInput {
  mailUserId: string;
  startId: string;
  reason: StartReason;
  by: Actor;
  times: MigrationTimes;
}

export const workflowTypes = {
  migrateMailbox: 'migrateMailbox',
  checkConnector: 'checkConnector',
  importRows: 'importRows',
  bulkAction: 'bulkAction',
  giveCredentials: 'giveCredentials',
  gate: 'gate',
  reconcile: 'reconcile',
} as const;

export interface CheckConnectorInput {
  checkId: string;
  connectorId: string;
  /** **Test with a mailbox**: the address, and the id of the sealed credential (owner kind `check`, ten minutes). */
  mailbox?: { address: string; credentialId: string; write: boolean };
}

export interface ImportRowsInput {
  importId: string;
  /** Start every imported row afterwards. */
  start: boolean;
  by: Actor;
  times: MigrationTimes;
}

/** What all are told as fast as they can be. */
export type ToldAction = Exclude<BulkActionName, 'giveCredentials'>;
export interface BulkActionInput {
  bulkId: string;
  action: ToldAction;
  by: Actor;
  times: MigrationTimes;
}

export type GiveCredentialsInput = Omit<BulkActionInput, 'action'>;

/** The pair of mailboxes as operators read it in the Temporal UI. */
export interface PairText {
  sourceAddress: string;
  targetAddress: string;
}

/**
 * Options of `client.workflow.start(workflowTypes.migrateMailbox, …)`. After an end the same id starts anew; where the workflow runs
 * it rejects with `WorkflowExecutionAlreadyStartedError`.
 */
export function migrationStart(input: MigrateMailboxInput, { sourceAddress, targetAddress }: PairText) {
  return {
    workflowId: migrationId(input.mailUserId),
    taskQueue: mainQueue,
    args: [input] as [MigrateMailboxInput],
    workflowIdConflictPolicy: 'FAIL',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    staticSummary: `${sourceAddress} → ${targetAddress}`.slice(0, 200),
  } as const;
}

/**
 * Options of `client.workflow.signalWithStart(workflowTypes.migrateMailbox, …)` for a form sent from **Not started**. Where the
 * workflow has already ended it rejects with `WorkflowExecutionAlreadyStartedError`: delete the credential and show how it ended.
 * A row that is **Not started** even then was set back with its database: the form is sent again with `isSetBack`.
 */
export function formStart(
  input: MigrateMailboxInput & { reason: 'form' },
  pair: PairText,
  credential: CredentialSignal,
  isSetBack = false,
) {
  return {
    ...migrationStart(input, pair),
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: isSetBack ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
    signal: signals.credential,
    signalArgs: [credential] as [CredentialSignal],
  } as const;
}

/** A person looks on: its tasks go before those of thousands of migrations that stand in line, as they do after a bulk action. */
const waitedFor = { priorityKey: 1 };

/** Options of `client.workflow.start(workflowTypes.checkConnector, …)`. */
export function checkStart(input: CheckConnectorInput) {
  return {
    workflowId: checkConnectorId(input.checkId),
    taskQueue: mainQueue,
    priority: waitedFor,
    args: [input] as [CheckConnectorInput],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
  } as const;
}

/** Options of `client.workflow.start(workflowTypes.importRows, …)`; `again` for one that was broken off. */
export function importStart(input: ImportRowsInput, again = false) {
  return {
    workflowId: importId(input.importId),
    taskQueue: mainQueue,
    priority: waitedFor,
    args: [input] as [ImportRowsInput],
    workflowIdReusePolicy: again ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
  } as const;
}

/** Options of `client.workflow.start(workflowTypes.bulkAction, …)`; `again` for one that was broken off. */
export function bulkStart(input: BulkActionInput, again = false) {
  return {
    workflowId: bulkActionId(input.bulkId),
    taskQueue: mainQueue,
    priority: waitedFor,
    args: [input] as [BulkActionInput],
    workflowIdReusePolicy: again ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
    staticSummary: input.action,
  } as const;
}

/** Options of `client.workflow.start(workflowTypes.giveCredentials, …)`; `again` for one that was broken off. */
export function giveStart(input: GiveCredentialsInput, again = false) {
  return {
    workflowId: bulkActionId(input.bulkId),
    taskQueue: mainQueue,
    priority: waitedFor,
    args: [input] as [GiveCredentialsInput],
    workflowIdReusePolicy: again ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
    staticSummary: 'giveCredentials',
  } as const;
}
