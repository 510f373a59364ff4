import type { EpochFacts } from '../../activities/begin-epoch';
import type { ProjectionView, TimelineLine } from '../../activities/project';
import { defaultBatchPlan, type PassOrder } from '../../src/domain/batch-plan';
import type { Side } from '../../src/domain/mailbox';
import type { WantedPass } from '../../src/domain/passes';
import type { MigrateMailboxInput } from '../messages';

/** A credential that is being tried. */
export interface Checking {
  credentialId: string;
  /** When it was taken; the workflow's clock, ms. */
  since: number;
  /** How often the server was not reached. */
  tries: number;
}

/** A mail that is to go out. */
export interface Mailing {
  kind: 'invitation' | 'signInNeeded';
  /** Who was asked and has not signed in is asked again; the time to sign in goes on. */
  isReminder?: boolean;
  /** Numbers the mails of an epoch. */
  n: number;
  accepted: string[];
  tries: number;
}

/** Where in a pass the migration is. */
export interface PassPlace {
  step: 'plan' | 'folders' | 'gone' | 'verify';
  /** 0 while everything is copied first, then 1 to 3. */
  sweep: number;
  /** Positions still to be copied in this step. */
  todo: number[];
  /** Well-known names of positions; a position without one is shown by its number. */
  labels: Record<number, string>;
  /** Changes the source told in this step; 0 ends the sweeps. */
  changes: number;
  /** Whether an attempt at a folder in this step ended without telling its changes. */
  interrupted?: boolean;
  /** How often the whole mailbox was compared and mended. */
  rounds: number;
  /** Folders that the target refuses. */
  refused: number[];
  refusedByPlan: number;
  /** Since when folders have been tried in vain, by position; the workflow's clock, ms. */
  vain?: Record<number, number>;
  /** Since when opening, planning or comparing has been in vain while the servers answer; ms. */
  vainSince?: number;
  pairId?: string;
}

/** What of the phases a migration is in. */
export type Phase = 'signIn' | 'slot' | 'copy' | 'upToDate';

/** All that a migration knows; what a run hands to the next one when it continues as new. */
export interface Carry {
  facts: EpochFacts;
  epoch: number;
  revision: number;
  view: ProjectionView;
  /** Lines of the time line not yet written. */
  lines: TimelineLine[];
  phase: Phase;
  /** Whether both sides were accepted once in this epoch: a sign-in is then needed again. */
  wasAccepted: boolean;
  credentials: Partial<Record<Side, string>>;
  checking: Partial<Record<Side, Checking>>;
  /** Ends the wait for a sign-in; ms, absent while an invitation is still to go out. */
  deadline?: number;
  mailing?: Mailing;
  mails: number;
  /** When those who have not signed in are reminded, next first; ISO 8601. */
  reminders?: string[];
  resends: string[];
  ticket?: string;
  /** When the pass at hand first asked for a slot (ISO 8601): a wait, a pause or the end of a start window costs no place in the queue. */
  queuedSince?: string;
  /** Raised for each folder that is scheduled, over all folders of the pair. */
  fence: number;
  opening: number;
  /** How often in a row the mailbox was opened in vain. */
  reopenings: number;
  place: PassPlace;
  /** What the pass at hand, or the next one, is to do. */
  order: PassOrder;
  /** Whether that pass has begun: it then stays of its kind, whatever is planned meanwhile. */
  isPassing: boolean;
  /** An administrator has looked after what stopped the epoch before, for the pass at hand. */
  sourceChecked?: true;
  /** What somebody asked for and no pass has answered yet. */
  wantedPass?: WantedPass;
  /** Ids of what was asked for, newest last. */
  passAsks: string[];
  /** The plan or a start window may have been edited since it was read. */
  isPlanStale: boolean;
  /** The servers as the plan last named them; absent where a release before has read it. */
  servers?: string;
  /** When the start windows that are open now close; the workflow's clock, ms. */
  windowUntil?: number;
  /** When the credentials in use are destroyed at the latest; ms. */
  keptUntil: Partial<Record<Side, number>>;
}

/** What a run was handed by the one before it, which may have been of an older release. */
export type CarriedOver = Omit<Carry, keyof Younger> & Partial<Younger>;
/** What not every release has handed over. */
type Younger = Pick<Carry, 'order' | 'isPassing' | 'passAsks' | 'isPlanStale' | 'keptUntil'>;

/** The input of a run: how the migration was asked for and, where it continues, what it knows. */
export type MigrateMailboxRun = MigrateMailboxInput & { carry?: CarriedOver };

/** Goes on with what the run before knew; what that release did not know yet is as it was then: everything, in one pass. */
export function takeOver(carried: CarriedOver): Carry {
  return {
    order: { kind: 'cutOver', filter: defaultBatchPlan.filter, followDeletions: false },
    isPassing: carried.place.pairId !== undefined,
    passAsks: [],
    isPlanStale: false,
    keptUntil: {},
    ...carried,
  };
}

export function newPlace(): PassPlace {
  return {
    step: 'plan',
    sweep: 0,
    todo: [],
    labels: {},
    changes: 0,
    rounds: 0,
    refused: [],
    refusedByPlan: 0,
  };
}

export type { EpochFacts } from '../../activities/begin-epoch';
