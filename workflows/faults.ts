import {
  ActivityFailure,
  ApplicationFailure,
  TimeoutFailure,
  isCancellation,
  patched,
} from '@temporalio/workflow';
import type { FailureDetails } from '../activities/faults';
import type { FaultText, FaultDetails } from '../src/domain/faults';

/** Why an activity failed, as a workflow sees it. */
export type ActivityEnd =
  | { kind: 'fault'; fault: FaultDetails; text: FaultText; progressed: boolean }
  /** No worker took it in time. */
  | { kind: 'notStarted' }
  /** Something unexpected happened: the log of the worker tells more. */
  | { kind: 'unexpected'; text: FaultText }
  /** The worker died or was ended: nothing is known. */
  | { kind: 'lost' };

/** Rethrows what is no failure of an activity. */
export function endOf(error: unknown): ActivityEnd {
  if (!(error instanceof ActivityFailure)) throw error;
  const { cause } = error;
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START')
    return { kind: 'notStarted' };
  const details = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
  if (isFailureDetails(details)) return { kind: 'fault', ...details };
  return cause instanceof ApplicationFailure
    ? { kind: 'unexpected', text: unexpectedText }
    : { kind: 'lost' };
}

/**
 * Whether a scope that was cancelled ended because of it. An activity whose attempt fails or times out while its cancellation is on the
 * way is not repeated, and ends with that failure instead of as cancelled.
 */
export function isInterruption(error: unknown): boolean {
  return isCancellation(error) || (error instanceof ActivityFailure && patched('failed-while-cancelled'));
}

export const unexpectedText: FaultText = {
  code: 'Unexpected',
  remedy: 'askSupport',
  message: 'Something unexpected happened; the log of the worker tells more.',
};

/** What the pages say while something is tried again; absent where there is nothing to say. */
export function textOf(end: ActivityEnd | undefined): FaultText | undefined {
  return end?.kind === 'fault' || end?.kind === 'unexpected' ? end.text : undefined;
}

function isFailureDetails(details: unknown): details is FailureDetails {
  return typeof details === 'object' && details !== null && 'fault' in details && 'text' in details;
}

/** A wait that grows twofold: `tries` 0 gives the first. */
export function growing(tries: number, firstMs: number, mostMs: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(tries, 20));
}
