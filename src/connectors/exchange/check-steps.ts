import { Fault, type FaultText } from '../../domain/faults';
import type { CheckStep } from '../connector';

type StepName = CheckStep['step'];

const order: readonly StepName[] = ['name', 'tls', 'service', 'signIns', 'version', 'mailbox', 'write'];

/** Gathers steps; what was not come to is grey. */
export class Steps {
  private readonly found = new Map<StepName, CheckStep>();

  green(step: StepName, detail: string): void {
    this.found.set(step, { step, result: 'green', detail });
  }

  red(step: StepName, text: FaultText): void {
    this.found.set(step, { step, result: 'red', detail: text.message, code: text.code, remedy: text.remedy });
  }

  grey(step: StepName, detail: string): void {
    this.found.set(step, { step, result: 'grey', detail });
  }

  isRed(step: StepName): boolean {
    return this.found.get(step)?.result === 'red';
  }

  list(): CheckStep[] {
    return order.map((step) => this.found.get(step) ?? { step, result: 'grey', detail: 'Not tried.' });
  }
}

/** The text of a fault for a step; passed on is what says nothing of the server: a wait that it asks of everybody, and what is no fault. */
export function textOfFault(error: unknown): FaultText {
  if (!(error instanceof Fault)) throw error;
  const { details, text } = error;
  if (details.kind === 'throttled' && details.scope === 'connector') throw error;
  return text;
}
