import { kindOfFolderClass } from '../src/domain/folder-plan';
import { countersOf } from '../src/domain/item-counts';
import { MoveSummaryBuilder, type MoveSummary } from '../src/domain/move-summary';
import { newestEntries } from '../src/engine/newest-entries';
import {
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
  summarise?: { pairId: string };
}

/** Writes what the pages show of a migration. A lower one writes nothing and answers with what stands there. */
export function createProject({ ledger }: Pick<ActivityDeps, 'ledger'>) {
  return async function project({ summarise, ...write }: ProjectInput): Promise<ProjectionAnswer> {
    if (summarise === undefined) return writeProjection(write);
    using _beating = heartbeats();
    return writeProjection({ ...write, summary: await summaryOf(ledger, summarise.pairId) });
  };
}

async function summaryOf(ledger: ActivityDeps['ledger'], pairId: string): Promise<MoveSummary> {
  const builder = new MoveSummaryBuilder();
  for await (const folder of ledger.folders(pairId)) {
    for await (const entry of newestEntries(ledger, folder)) builder.add(entry);
    const { plan, counters } = folder;
    const lost = countersOf(plan, counters).failed - counters.failed;
    if (plan.refused) builder.addNotCopied(kindOfFolderClass(plan.folderClass), plan.refused, lost);
  }
  return builder.build();
}
