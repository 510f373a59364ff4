import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { CompleteAsyncError, type Context } from '@temporalio/activity';
import { Fault, type FaultDetails, type FaultText } from '../src/domain/faults';
import type { Logger } from '../src/log';

/** What a failure of an activity tells its workflow: the first of its details. */
export interface FailureDetails {
  fault: FaultDetails;
  text: FaultText;
  /** Whether anything was achieved before. */
  progressed: boolean;
}

/** A fault as it travels: its kind is the failure's type. Never repeated by Temporal: the workflow decides what follows. */
export function failureOf(fault: Fault, progressed = false): ApplicationFailure {
  const details: FailureDetails = { fault: fault.details, text: fault.text, progressed };
  return ApplicationFailure.create({
    type: fault.kind,
    message: `${fault.text.code}: ${fault.text.message}`.slice(0, 300),
    nonRetryable: true,
    details: [details],
    category: 'BENIGN',
  });
}

/**
 * Turns what activities throw into what may stand in a history: faults with their kind; of everything else its name alone, since an
 * unknown message may quote what a server or a user sent. The log has the rest.
 */
export function faultInterceptor(log: Logger) {
  return (context: Context) => ({
    inbound: {
      async execute<Input>(input: Input, next: (input: Input) => Promise<unknown>): Promise<unknown> {
        try {
          return await next(input);
        } catch (error) {
          if (isControl(error)) throw error;
          const { activityType, workflowExecution, attempt } = context.info;
          const ids = { activityType, workflowId: workflowExecution?.workflowId, attempt };
          if (error instanceof Fault) {
            log.warn({ ...ids, kind: error.kind, code: error.text.code }, 'an activity ends with a fault');
            throw failureOf(error);
          }
          log.error({ ...ids, err: error }, 'an activity ends with an unexpected error');
          const type = error instanceof Error ? error.name : 'Error';
          throw ApplicationFailure.create({ type, message: 'Unexpected; the log of the worker tells more.' });
        }
      },
    },
  });
}

function isControl(error: unknown): boolean {
  return (
    error instanceof ApplicationFailure ||
    error instanceof CancelledFailure ||
    error instanceof CompleteAsyncError
  );
}
