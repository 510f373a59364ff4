import { setMaxListeners } from 'node:events';
import { Context } from '@temporalio/activity';
import { Fault, type FaultText } from '../src/domain/faults';
import { folderLabel } from '../src/domain/folder-label';
import { everything, itemFilter, type FilterSpec } from '../src/domain/item-filter';
import type { MailboxCounters, VerifyCounts } from '../src/domain/migration';
import { copyFolder as copy, type CopyFolderResult } from '../src/engine/copy-folder';
import { followGone as follow, type FollowResult } from '../src/engine/follow-gone';
import { identityHash } from '../src/engine/pair-id';
import { planFolders as plan } from '../src/engine/plan-folders';
import { verifyPass as verify } from '../src/engine/verify-pass';
import { notePair } from '../src/models/copy-report';
import type { ActivityDeps } from './deps';
import { failureOf } from './faults';
import { heartbeats } from './heartbeat';
import type { OpenMailbox, OpeningKey } from './open-mailboxes';
import { Progress } from './progress';

/** The mailbox is not open in this process, or is being closed: nobody acts on this, `openMailbox` says why. */
export interface Closed {
  kind: 'closed';
}
/** A higher fence stands there: go above it. */
export interface Fenced {
  kind: 'fenced';
  by: number;
}

export interface PlanFoldersInput extends OpeningKey {
  fence: number;
  /** Absent from workflows of 0.1.0, as is `sourceChecked`. */
  filter?: FilterSpec;
  sourceChecked?: boolean;
}
export interface PlannedFolderOfWorkflow {
  position: number;
  /** Its well-known name, else `folder <number>`; for operators. */
  label: string;
}
export type PlanFoldersResult =
  | {
      kind: 'planned';
      pairId: string;
      folders: PlannedFolderOfWorkflow[];
      refused: number;
      /** None of the folders is up to date, whatever was said before: the ledger was lost or set back. */
      adopted: boolean;
    }
  | Fenced
  | Closed;

export interface CopyFolderInput extends OpeningKey {
  position: number;
  label: string;
  fence: number;
  filter: FilterSpec;
  retryFailed: boolean;
  giveUp: boolean;
}
export type CopyFolderOutcome =
  /** `changes` that the source told; 0 says that the folder is up to date. */
  | { kind: 'done'; changes: number }
  | { kind: 'refused'; text: FaultText }
  /** No item of whichever folder gets through any more. */
  | { kind: 'hopeless'; text: FaultText }
  | { kind: 'gone' }
  /** The ledger was lost or set back: plan again. */
  | { kind: 'unplanned' }
  | Fenced
  | Closed;

export interface FollowGoneInput extends OpeningKey {
  fence: number;
  followDeletions: boolean;
  sourceChecked: boolean;
  quiet: boolean;
}
export type FollowGoneOutcome = FollowResult | Closed;

export interface VerifyPassInput extends OpeningKey {
  filter: FilterSpec;
  /** Absent in what a workflow of 0.1.0 asks for. */
  fence?: number;
}
export type VerifyPassOutcome =
  { kind: 'verified'; findings: VerifyCounts; repair: number[]; counters: MailboxCounters } | Closed;

/** What is done to the folders of an open mailbox; all of it on the queue of the process that has it open. */
export function createFolderActivities({ openMailboxes, log }: Pick<ActivityDeps, 'openMailboxes' | 'log'>) {
  return {
    /** Closes the mailbox as soon as its folders have let go of it; quicker than its `openMailbox` learns that it is cancelled. */
    async closeMailbox(key: OpeningKey): Promise<void> {
      openMailboxes.find(key)?.close();
    },

    /** Lists the source's folders, makes the target's and keeps the plan; the workflow sees positions, never names. */
    async planFolders(input: PlanFoldersInput): Promise<PlanFoldersResult> {
      const { fence, filter = everything, sourceChecked = false, ...key } = input;
      return withMailbox(openMailboxes.find(key), '', new Progress(), async (mailbox, signal) => {
        const result = await plan(mailbox.pair, { fence, filter, sourceChecked }, signal);
        if (result.kind === 'fenced') return result;
        const folders = result.folders.map(({ position, wellKnown }) => ({
          position,
          label: folderLabel(position, wellKnown),
        }));
        const { pair } = mailbox;
        const { refused, adopted } = result;
        await notePair(key.mailUserId, pair.id, new Date(), identityHash(pair.target.identity));
        return { kind: 'planned', pairId: pair.id, folders, refused: refused.length, adopted };
      });
    },

    /** Brings one folder up to date; resumable under a higher fence. Never repeated by Temporal. */
    async copyFolder(input: CopyFolderInput): Promise<CopyFolderOutcome> {
      const { position, fence, giveUp, label } = input;
      const progress = new Progress();
      return withMailbox(openMailboxes.find(input), label, progress, async (mailbox, signal) => {
        const filter = itemFilter(input.filter);
        // An epoch is one retry, however many openings it takes.
        const retry = input.retryFailed && { retry: `${input.mailUserId} ${input.epoch}` };
        const order = { position, fence, giveUp, filter, ...retry };
        const result = await copy(mailbox.pair, order, signal, (counters) => progress.note({ ...counters }));
        log.debug({ ...keyOf(input), position, kind: result.kind }, 'a folder ends');
        return outcomeOf(result);
      });
    },

    /** Follows what was moved and, where asked, deleted at the source; after the sweeps of a pass. */
    async followGone({ fence, followDeletions, sourceChecked, quiet, ...key }: FollowGoneInput) {
      return withMailbox<FollowGoneOutcome>(
        openMailboxes.find(key),
        '',
        new Progress(),
        async (mailbox, signal) => {
          const order = { fence, followDeletions, sourceChecked, quiet };
          const result = await follow(mailbox.pair, order, signal);
          log.debug({ ...keyOf(key), ...result }, 'what is gone from the source was followed');
          return result;
        },
      );
    },

    /** Compares both mailboxes with the ledger; finds only. */
    async verifyPass(input: VerifyPassInput): Promise<VerifyPassOutcome> {
      const progress = new Progress();
      let steps = 0;
      const step = () => progress.note({ steps: (steps += 1) });
      return withMailbox(openMailboxes.find(input), '', progress, async (mailbox, signal) => {
        const { filter, fence } = input;
        const order = { filter, fence, at: new Date().toISOString() };
        const { findings, repair } = await verify(mailbox.pair, order, signal, step);
        return { kind: 'verified', findings: { ...findings }, repair, counters: mailbox.pair.counters() };
      });
    },
  };
}

function outcomeOf(result: CopyFolderResult): CopyFolderOutcome {
  return result.kind === 'done' ? { kind: 'done', changes: result.changes } : result;
}

function keyOf({ mailUserId, epoch, opening }: OpeningKey): OpeningKey {
  return { mailUserId, epoch, opening };
}

/**
 * Works on an open mailbox, heartbeating what `progress` notes. Faults of the whole mailbox are handed to its `openMailbox`, which ends
 * with them; here they are `closed`.
 */
async function withMailbox<T>(
  mailbox: OpenMailbox | undefined,
  label: string,
  progress: Progress,
  work: (mailbox: OpenMailbox, signal: AbortSignal) => Promise<T>,
): Promise<T | Closed> {
  if (mailbox === undefined) return { kind: 'closed' };
  const { cancellationSignal } = Context.current();
  const signal = AbortSignal.any([cancellationSignal, mailbox.closing]);
  // As many parcels wait with it for their turn as there are connections.
  setMaxListeners(0, signal);
  using _beating = heartbeats(() => progress.details);
  try {
    return await mailbox.use(label, () => work(mailbox, signal));
  } catch (fault) {
    cancellationSignal.throwIfAborted();
    if (mailbox.closing.aborted) return { kind: 'closed' };
    if (!(fault instanceof Fault)) throw fault;
    if (fault.kind === 'retryable' || fault.kind === 'folder') throw failureOf(fault, progress.isMade);
    mailbox.fail(fault);
    return { kind: 'closed' };
  }
}
