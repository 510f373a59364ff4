import { Context } from '@temporalio/activity';
import { kindOfFolderClass } from '../src/domain/folder-plan';
import { countersOf } from '../src/domain/item-counts';
import type { MailboxCounters } from '../src/domain/migration';
import { MoveSummaryBuilder, type MoveSummary } from '../src/domain/move-summary';
import { CounterBoard } from '../src/engine/counter-board';
import { foldersInTurn } from '../src/engine/folders-in-turn';
import { newestEntries, type EntriesFrom } from '../src/engine/newest-entries';
import {
  takeCounters,
  writeProjection,
  type ProjectionAnswer,
  type ProjectionView,
  type TimelineLine,
} from '../src/models/projection';
import type { ActivityDeps } from './deps';
import { heartbeats } from './heartbeat';

export type { ProjectionAnswer, ProjectionView, TimelineLine } from '../src/models/projection';

export interface ProjectInput {
  mailUserId: string;
  epoch: number;
  revision: number;
  runId: string;
  view: ProjectionView;
  timeline: TimelineLine[];
  /** At an end: the pair whose ledger is summed up. */
  summarise?: Summarise;
}

export interface Summarise {
  pairId: string;
  /** Above every opening that there was; absent in what a workflow of 0.1.0 asks for, whose counters are those of its last opening. */
  opening?: number;
  /** Whether the last pass went through all folders. */
  whole?: boolean;
}

/**
 * Writes what the pages show of a migration. A lower one writes nothing and answers with what stands there. At an end the counters are
 * written too: the mailbox may have been closed, or its worker have died, before the last of them were.
 */
export function createProject(deps: Pick<ActivityDeps, 'ledger' | 'keyMemory'>) {
  return async function project({ summarise, ...write }: ProjectInput): Promise<ProjectionAnswer> {
    if (summarise === undefined) return writeProjection(write);
    using _beating = heartbeats();
    const { summary, counters } = await sumsOf(deps, summarise, Context.current().cancellationSignal);
    const { mailUserId, epoch } = write;
    const { opening } = summarise;
    if (opening !== undefined)
      await takeCounters({ mailUserId, epoch, opening, counters, activeFolders: [] }, new Date());
    return writeProjection({ ...write, summary });
  };
}

/** The sums over the folders of a pair. */
async function sumsOf(
  from: EntriesFrom,
  { pairId, whole = false }: Summarise,
  signal: AbortSignal,
): Promise<{ summary: MoveSummary; counters: MailboxCounters }> {
  const builder = new MoveSummaryBuilder();
  const board = new CounterBoard();
  for await (const folder of foldersInTurn(from.ledger, pairId)) {
    for await (const entry of newestEntries(from, folder, signal)) builder.add(entry);
    const { plan, counters } = folder;
    const lost = countersOf(plan, counters).failed - counters.failed;
    if (plan.refused) builder.addNotCopied(kindOfFolderClass(plan.folderClass), plan.refused, lost);
    board.close(folder, whole);
  }
  return { summary: builder.build(), counters: board.sum() };
}
