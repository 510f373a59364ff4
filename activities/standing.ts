import { setTimeout as pause } from 'node:timers/promises';
import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  WorkflowExecutionAlreadyStartedError,
  type Client,
} from '@temporalio/client';
import { gateId, mainQueue, reconcileScheduleId } from '../workflows/names';
import { workflowTypes } from '../workflows/messages';
import type { MigrationTimes } from '../src/domain/migration';
import type { Logger } from '../src/log';

const minute = 60_000;
const tryAgainMs = 1_000;

export interface StandingOptions {
  /** Of the migrations that `reconcile` starts. */
  times: MigrationTimes;
  /** How many times faster than real time waits pass, for rehearsals. */
  timeScale: number;
  log: Logger;
}

/**
 * Keeps running what runs once for all workers: the gate, and the schedule of `reconcile`. It looks again every five minutes, since
 * whoever ends the gate in the Temporal UI would otherwise have everybody wait for a slot for good. Never rejects; ends when aborted.
 */
export async function keepStanding(
  client: Client,
  options: StandingOptions,
  signal: AbortSignal,
): Promise<void> {
  for (let isKnown = false; !signal.aborted;) {
    let waitMs = (5 * minute) / options.timeScale;
    try {
      await startStanding(client, options, isKnown);
      isKnown = true;
    } catch (error) {
      if (signal.aborted) return;
      options.log.warn({ err: error }, 'the gate cannot be looked after just now; tried again');
      waitMs = tryAgainMs;
    }
    await pause(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** Starts it where it does not run yet. @param isKnown whether this process has told the schedule its durations already */
async function startStanding(
  client: Client,
  { times, timeScale: scale }: Pick<StandingOptions, 'times' | 'timeScale'>,
  isKnown: boolean,
): Promise<void> {
  const gate = { busyMs: 3000, idleMs: minute, tellAgainMs: 10_000, historyEvents: times.historyEvents };
  try {
    await client.workflow.start(workflowTypes.gate, {
      workflowId: gateId,
      taskQueue: mainQueue,
      args: [gate],
      staticSummary: 'hands out the slots of the connectors',
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  const action = {
    type: 'startWorkflow' as const,
    workflowType: workflowTypes.reconcile,
    taskQueue: mainQueue,
    args: [{ times, orphanedMs: (2 * minute) / scale }],
  };
  const spec = { intervals: [{ every: (5 * minute) / scale }] };
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '5 minutes' as const };
  try {
    await client.schedule.create({ scheduleId: reconcileScheduleId, spec, action, policies });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    // An update passes over what was due at that moment.
    if (isKnown) return;
    // The durations may have been changed since it was made.
    await client.schedule
      .getHandle(reconcileScheduleId)
      .update((old) => ({ ...old, spec, action, policies }));
  }
}
