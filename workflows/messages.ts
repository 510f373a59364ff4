import type { Actor, MigrationTimes } from '../src/domain/migration';
import type { Side } from '../src/domain/mailbox';

/**
 * What crosses the border of a workflow: ids and counters, never an item, never a secret.
 * Pure types and names; `defineSignal(signals.x)` is done in the workflows.
 */

export const signals = {
  credential: 'credential',
  resendInvitation: 'resendInvitation',
  stop: 'stop',
  granted: 'granted',
  mailboxOpened: 'mailboxOpened',
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
  gate: 'gate',
  reconcile: 'reconcile',
} as const;

export interface CheckConnectorInput {
  checkId: string;
  connectorId: string;
  /** **Test with a mailbox**: the address, and the id of the sealed credential that lives for ten minutes. */
  mailbox?: { address: string; credentialId: string; write: boolean };
}

export interface ImportRowsInput {
  importId: string;
  /** Start every imported row afterwards. */
  start: boolean;
  by: Actor;
  times: MigrationTimes;
}

export type BulkActionName = 'start' | 'stop' | 'resend' | 'delete';
export interface BulkActionInput {
  bulkId: string;
  action: BulkActionName;
  by: Actor;
  times: MigrationTimes;
}
