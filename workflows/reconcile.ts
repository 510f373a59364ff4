import { sleep } from '@temporalio/workflow';
import type { ReconcileInput } from '../activities/reconcile';
import { listing } from './proxies';

export type ReconcileRun = ReconcileInput & {
  /** How long a row must be without a workflow to count as orphaned. */
  orphanedMs: number;
};

/** Mends what fell between the database and Temporal; a schedule runs it every five minutes. */
export async function reconcile({ orphanedMs, ...input }: ReconcileRun): Promise<void> {
  await listing.reconcileAsked(input);
  const mailUserIds = await listing.findOrphans();
  if (mailUserIds.length === 0) return;
  await sleep(orphanedMs);
  await listing.markOrphans({ mailUserIds });
}
