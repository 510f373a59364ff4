import type { AskedAgainFor, FaultText, Remedy } from '../../domain/faults';
import type { Side } from '../../domain/mailbox';
import type { CopyProgress, MailboxCounters } from '../../domain/migration';
import type { MoveOutcome } from '../../domain/move-outcome';
import type { MoveSummary } from '../../domain/move-summary';
import type { UsualDuration } from '../../domain/usual-duration';

/** One end of the move, as its owner knows it. */
export interface MailboxView {
  side: Side;
  address: string;
  /** What users call the server, where the administrator gave it a name. */
  shownName?: string;
  webMailUrl?: string;
}

/** One mailbox of the form. */
export interface SignInSide extends MailboxView {
  /** Its password was taken; it is not asked again. */
  signedIn: boolean;
  /** The name that signs in unless another is typed; absent where the user has to say it. */
  signInName?: string;
  refusal?: RefusalView;
}

/** What the server said to the last try. */
export interface RefusalView {
  remedy: Remedy;
  /** The server's own code, for the small print. */
  code: string;
  /** Refusals until the mailbox has to wait: one or more. */
  triesLeft: number;
}

export interface WorkingView {
  view: 'working';
  /** Absent until the mailbox has been opened and counted. */
  progress?: Pick<CopyProgress, 'items' | 'ofItems' | 'bytes' | 'ofBytes'> &
    Pick<MailboxCounters, 'folders' | 'foldersDone'> & {
      /** 0 to 99: all is done only when the workflow says so. */
      percent: number;
      /** Told only where it is honest. */
      leftMs?: number;
    };
  step: 'planning' | 'copying' | 'verifying';
  /** @see readFolderLabel */
  activeFolders: readonly string[];
  /** Set while something is in the way that is tried again by itself. */
  hindered?: true;
  writes: boolean;
}

export interface CompletedView {
  view: 'completed';
  outcome: MoveOutcome;
  counters?: MailboxCounters;
  summary?: MoveSummary;
  endedAt?: Date;
  /** The report was deleted: only that it has moved is known. */
  isPurged?: true;
  /** Set while passwords are kept for **Retry**. */
  credentialsDestroyAt?: Date;
}

/**
 * What the user's page shows: one for every state there is. `writes` says whether a mail will tell him when it is done;
 * `noWorker` that what was asked for is kept, but nobody has taken it up.
 */
export type SelfServiceView =
  | {
      view: 'signIn';
      again: boolean;
      /** Absent where it is the first time, or only what was typed last is asked for again. */
      why?: AskedAgainFor;
      sides: SignInSide[];
      /** Their password waits for a server that does not answer. */
      checking: MailboxView[];
      destroyAt: Date;
      linkExpiresAt?: Date;
      usual?: UsualDuration;
    }
  | { view: 'locked'; locked: SignInSide; until: Date }
  | {
      view: 'starting';
      noWorker: boolean;
      /** When it is its turn among many that were started at once. */ begins?: Date;
    }
  | { view: 'checking'; noWorker: boolean; signedIn: MailboxView[] }
  | { view: 'unreachable'; mailbox: MailboxView; since: Date; code: string; writes: boolean }
  | {
      view: 'scheduled';
      writes: boolean;
      /** 1 is the next. */
      place?: number;
      /** When the hours begin in which mailboxes are moved; absent while it waits for a place. */
      opens?: Date | 'unknown';
    }
  | WorkingView
  | { view: 'throttled'; until?: Date; writes: boolean }
  | {
      view: 'upToDate';
      writes: boolean;
      /** All that was to be moved has been brought. */ isWhole: boolean;
      /** Items that a filter left out. */ filtered: number;
    }
  | { view: 'paused' }
  | CompletedView
  | {
      view: 'failed';
      fault?: FaultText;
      mailbox?: MailboxView;
      /** As of `CompletedView`. */ credentialsDestroyAt?: Date;
    }
  | { view: 'stopped' }
  | { view: 'expired'; /** Items that are in the target all the same. */ inTarget: number };
export type ViewName = SelfServiceView['view'];

/** How soon a view asks again; absent where nothing will change by itself. */
export const refreshSeconds: Record<ViewName, number | undefined> = {
  // Only whether the form still holds: what is being typed is never replaced.
  signIn: 20,
  locked: 15,
  starting: 1,
  checking: 1,
  unreachable: 5,
  scheduled: 2,
  working: 2,
  throttled: 5,
  upToDate: 10,
  paused: 10,
  completed: undefined,
  failed: 30,
  stopped: undefined,
  expired: undefined,
};
