import { CancellationScope, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { ProjectionView } from '../../activities/project';
import { defaultBatchPlan } from '../../src/domain/batch-plan';
import type { Side } from '../../src/domain/mailbox';
import type { MigrateMailboxInput } from '../messages';
import { batchAttribute, searchAttributes } from '../names';
import { short } from '../proxies';
import { newPlace, type Carry, type EpochFacts } from './carry';

/** Raises the row's epoch and makes what a migration knows at its beginning. `undefined` as of `beginEpoch`. */
export async function begin(input: MigrateMailboxInput): Promise<Carry | undefined> {
  const { mailUserId, reason, by } = input;
  const runId = workflowInfo().firstExecutionRunId;
  const at = new Date(Date.now()).toISOString();
  const facts = await CancellationScope.nonCancellable(() =>
    short.beginEpoch({ mailUserId, runId, reason, by, at }),
  );
  if (facts === undefined) return undefined;
  upsertSearchAttributes({
    ...batchAttribute(facts.batch),
    [searchAttributes.source]: [facts.sourceConnectorId],
    [searchAttributes.target]: [facts.targetConnectorId],
  });
  const wanted = facts.sides.filter((side) => facts.kept[side] === undefined);
  return {
    facts,
    epoch: facts.epoch,
    revision: facts.revision,
    view: firstView(input, facts, at),
    lines: [],
    phase: wanted.length === 0 ? 'slot' : 'signIn',
    wasAccepted: wanted.length === 0,
    credentials: facts.kept,
    checking: {},
    mails: 0,
    resends: [],
    // Above whatever epochs before have given out; and a pair that was worked on before must not look new.
    fence: (facts.epoch - 1) * 1_000_000,
    opening: 0,
    reopenings: 0,
    place: newPlace(),
    order: { kind: 'cutOver', filter: defaultBatchPlan.filter, followDeletions: false },
    isPassing: false,
    ...(facts.wantedPass === undefined ? {} : { wantedPass: facts.wantedPass }),
    ...(facts.sourceChecked && { sourceChecked: true as const }),
    passAsks: [],
    isPlanStale: false,
    keptUntil: momentsOf(facts.keptUntil ?? {}),
  };
}

function firstView(
  { startId }: MigrateMailboxInput,
  { sides, kept, keptUntil = {}, refusals, passes }: EpochFacts,
  at: string,
): ProjectionView {
  const last = Object.values(keptUntil).sort().at(-1);
  const signedIn = sides.filter((side) => kept[side] !== undefined);
  return {
    state: 'starting',
    since: at,
    handledStartId: startId,
    handledCredentialIds: Object.values(kept),
    signedIn,
    wanted: sides.filter((side) => kept[side] === undefined),
    refusals,
    ...(passes === undefined ? {} : { passes }),
    ...(last === undefined ? {} : { credentialsDestroyAt: last }),
  };
}

function momentsOf(kept: Partial<Record<Side, string>>): Partial<Record<Side, number>> {
  return Object.fromEntries(Object.entries(kept).map(([side, until]) => [side, Date.parse(until)]));
}
