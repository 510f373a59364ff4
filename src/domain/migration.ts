import type { FaultText, Remedy } from './faults';
import { inTarget, noCounters, type FolderCounters } from './item-counts';
import type { Side } from './mailbox';

/** The states a mail user's migration can be in; pages and mails name them from the catalogue (`states.<state>`). */
export const migrationStates = [
  'notStarted',
  'starting',
  'emailSent',
  'awaitingSignIn',
  'verifying',
  'scheduled',
  'working',
  'throttled',
  'upToDate',
  'signInNeeded',
  'paused',
  'completed',
  'completedWithIssues',
  'failed',
  'stopped',
  'expired',
] as const;
export type MigrationState = (typeof migrationStates)[number];

/** States that no workflow is behind: **Start**, **Retry** and **Resend invitation** begin a new epoch. */
export const endStates = [
  'completed',
  'completedWithIssues',
  'failed',
  'stopped',
  'expired',
] as const satisfies readonly MigrationState[];
export type EndState = (typeof endStates)[number];

export function isEndState(state: MigrationState): state is EndState {
  return (endStates as readonly MigrationState[]).includes(state);
}

/** States before which a pass has gone through all folders; what a folder lacks in them has come since. */
export function isGoneThroughIn(state: MigrationState): boolean {
  return state === 'completed' || state === 'completedWithIssues' || state === 'upToDate';
}

/** Who did something, as the audit log and the time line say it. */
export type Actor = { kind: 'administrator'; email: string } | { kind: 'user' } | { kind: 'system' };

/** Who started an epoch, and when (ISO 8601). */
export interface StartedBy {
  by: Actor;
  at: string;
}

/** Which mails the administrator wanted for a side. */
export type InvitationChoice = 'none' | 'source' | 'target' | 'both';

/** What can be done to many rows at once. */
export type BulkActionName =
  | 'start'
  | 'retry'
  | 'stop'
  | 'resend'
  | 'delete'
  | 'pause'
  | 'resume'
  | 'delta'
  | 'cutOver'
  /** One after the other; the sealed passwords wait for their turn. */
  | 'giveCredentials'
  /** Has those that run read the plan of their batch, and the start windows, again; follows an edit. */
  | 'planChanged';

/** Why a sign-in was not accepted; what servers tell apart is told apart, and what they do not is not. */
export interface SignInRefusal {
  side: Side;
  at: Date;
  text: FaultText;
  /** `refused` cost a try; `unreachable` did not and is tried again for 24 hours. */
  outcome: 'refused' | 'unreachable';
  /** Set where the mailbox takes no further password until then. */
  waitUntil?: Date;
}

/** One line of a mail user's time line. */
export interface TimelineEntry {
  state: MigrationState;
  at: Date;
  by?: Actor;
  /** A fault's code and remedy where one led here. */
  fault?: { code: string; remedy: Remedy; message: string };
}

/** Absolute figures of a whole mailbox: the sums over its folders. */
export interface MailboxCounters extends FolderCounters {
  folders: number;
  foldersDone: number;
  /** What the source says it holds beyond `found`, in folders that were not gone through yet; 0 once all were. */
  remaining: number;
  remainingBytes: number;
}

export const noMailboxCounters: Readonly<MailboxCounters> = {
  ...noCounters,
  folders: 0,
  foldersDone: 0,
  remaining: 0,
  remainingBytes: 0,
};

/** How far a copy is, of what is to be in the target as far as is known; for bars and estimates. */
export interface CopyProgress {
  items: number;
  ofItems: number;
  bytes: number;
  ofBytes: number;
  /** What weighs most: bytes where sizes are known, else items. */
  done: number;
  of: number;
  /** 0 to 100. */
  percent: number;
}

export function progressOf(counters: MailboxCounters): CopyProgress {
  const { found, filtered, remaining, foundBytes, filteredBytes = 0, remainingBytes, copiedBytes } = counters;
  const listedBytes = foundBytes + remainingBytes;
  const [done, of] = listedBytes > 0 ? [foundBytes, listedBytes] : [found, found + remaining];
  return {
    items: inTarget(counters),
    ofItems: found - filtered + remaining,
    bytes: copiedBytes,
    ofBytes: Math.max(copiedBytes, listedBytes - filteredBytes),
    done,
    of,
    percent: of === 0 ? 0 : Math.max(0, Math.min(100, Math.floor((100 * done) / of))),
  };
}

/** What a comparison of both mailboxes with the ledger found, over the whole mailbox. */
export interface VerifyCounts {
  /** Source items that are neither in the ledger nor in the target. */
  missing: number;
  /** Items in the target with our stamp that the ledger lacks. */
  unrecorded: number;
  /** Doubles of ours, to be removed. */
  doubled: number;
  /** Unchanged in the target since it was written, and yet not the version that the ledger says was written. */
  different: number;
  /** Copies that others made of our items: left. */
  copies: number;
  /** In the ledger, but changed, moved or removed in the target since: left. */
  changedByUser: number;
  /** Source items that came or changed after they were looked at last, also in folders that are new: for the next pass. */
  arrivedSince: number;
}

/** Durations of a migration, all in ms; workflow input, so that tests run at a fiftieth. */
export interface MigrationTimes {
  /** From the invitation until the link no longer signs in. */
  linkLifeMs: number;
  /** The longest a credential is kept, from when it was typed. */
  credentialLifeMs: number;
  /** How long `failed` and `completedWithIssues` keep a credential for **Retry**. */
  retryLifeMs: number;
  /** How long an unreachable server is tried at sign-in. */
  verifyForMs: number;
  /** How long a folder is tried in vain, while its servers answer, before what it keeps back is named in the report. */
  folderForMs: number;
  /** How long a mail at the end is tried. */
  mailForMs: number;
  /** First and greatest wait before a mailbox or folder is tried again. */
  retryFirstMs: number;
  retryMostMs: number;
  /** Heartbeat time-out of long activities. */
  heartbeatMs: number;
  /** How often a row that waits for a slot says so again, which only a database that was set back needs; thousands wait at a time. */
  scheduledRefreshMs: number;
  /** How often the batch's plan and the start windows are read again although nobody told of an edit: who was to tell may have died. */
  planLookMs: number;
  /** How long a folder waits for its worker before the mailbox is opened anew. */
  folderStartMs: number;
  /** How long running folders may go on when the workflow continues as new. */
  drainMs: number;
  /** Events of history after which the workflow continues as new, where the server does not suggest it sooner. */
  historyEvents: number;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export const defaultTimes: MigrationTimes = {
  linkLifeMs: 21 * day,
  credentialLifeMs: 30 * day,
  retryLifeMs: 7 * day,
  verifyForMs: day,
  folderForMs: 2 * hour,
  mailForMs: 5 * day,
  retryFirstMs: 5 * second,
  retryMostMs: 10 * minute,
  heartbeatMs: 30 * second,
  scheduledRefreshMs: hour,
  planLookMs: hour,
  folderStartMs: 5 * minute,
  drainMs: 5 * minute,
  historyEvents: 4000,
};

/** Shorter heartbeat time-outs would take a busy machine's own pauses for deaths. */
const leastHeartbeatMs = 3 * second;

/** Durations that pass `scale` times faster, so that what takes a night is rehearsed in minutes. @param scale 1 or more */
export function fasterTimes(times: MigrationTimes, scale: number): MigrationTimes {
  const faster = (ms: number) => Math.max(1, Math.round(ms / scale));
  return {
    linkLifeMs: faster(times.linkLifeMs),
    credentialLifeMs: faster(times.credentialLifeMs),
    retryLifeMs: faster(times.retryLifeMs),
    verifyForMs: faster(times.verifyForMs),
    folderForMs: faster(times.folderForMs),
    mailForMs: faster(times.mailForMs),
    retryFirstMs: faster(times.retryFirstMs),
    retryMostMs: faster(times.retryMostMs),
    heartbeatMs: Math.min(times.heartbeatMs, Math.max(leastHeartbeatMs, faster(times.heartbeatMs))),
    scheduledRefreshMs: faster(times.scheduledRefreshMs),
    planLookMs: faster(times.planLookMs),
    folderStartMs: faster(times.folderStartMs),
    drainMs: faster(times.drainMs),
    historyEvents: times.historyEvents,
  };
}
