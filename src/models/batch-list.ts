import { defaultBatch, defaultBatchPlan, type BatchPlan } from '../domain/batch-plan';
import type { MigrationState } from '../domain/migration';
import { Batches, type BatchDocument } from './batches';
import type { StateCounts } from './mail-user-counts';

/** A batch as the list shows it. */
export interface ListedBatch {
  name: string;
  plan: BatchPlan;
  counts: StateCounts;
  users: number;
}

/**
 * Every batch that rows name or somebody has edited, and **Default**, by name.
 * @param counts of `countStatesOfBatches`
 */
export async function listBatches(counts: ReadonlyMap<string, StateCounts>): Promise<ListedBatch[]> {
  const edited = await Batches.find().lean<BatchDocument[]>();
  const plans = new Map(edited.map(({ _id, plan }) => [_id, plan]));
  const names = new Set([defaultBatch, ...counts.keys(), ...plans.keys()]);
  return [...names]
    .sort((a, b) => a.localeCompare(b))
    .map((name) => {
      const states = counts.get(name) ?? new Map<MigrationState, number>();
      const users = [...states.values()].reduce((sum, count) => sum + count, 0);
      return { name, plan: plans.get(name) ?? defaultBatchPlan, counts: states, users };
    });
}
