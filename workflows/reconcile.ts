import { patched, sleep } from '@temporalio/workflow';
import type { MigrationTimes } from '../src/domain/migration';
import { listing } from './proxies';

export interface ReconcileRun {
  /** Of the migrations that it starts. */
  times: MigrationTimes;
  /** How long something must stand before it is taken for forgotten, or a row for orphaned. */
  orphanedMs: number;
}

/** Mends what fell between the database and Temporal, and deletes what is past its time; a schedule runs it every five minutes. */
export async function reconcile(run: ReconcileRun): Promise<void> {
  await mend(run);
  if (patched('reports-purged')) await listing.purgeReports();
}

async function mend({ times, orphanedMs }: ReconcileRun): Promise<void> {
  // In histories of 0.1.0 the answer has no lists: what was forgotten was mended at once.
  const { starts = [], credentialIds = [], bulkIds = [], importIds = [] } = await listing.reconcileAsked();
  const { orphans, differing } = patched('rows-compared')
    ? await listing.compareRows()
    : { orphans: await listing.findOrphans(), differing: [] };
  const isForgotten = starts.length + credentialIds.length > 0;
  const isBrokenOff = bulkIds.length + importIds.length > 0;
  if (!isForgotten && !isBrokenOff && orphans.length + differing.length === 0) return;
  await sleep(orphanedMs);
  if (orphans.length > 0) await listing.markOrphans({ mailUserIds: orphans });
  if (differing.length > 0) await listing.showAgain({ mailUserIds: differing });
  if (isForgotten) await listing.mendForgotten({ times, starts, credentialIds });
  if (isBrokenOff) await listing.endBrokenOff({ bulkIds, importIds });
}
