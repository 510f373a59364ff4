import { patched } from '@temporalio/workflow';
import type { FaultText } from '../../src/domain/faults';
import type { Migration } from './migration';

/** Servers that answer have let it fail for so long that somebody must look at it. */
export interface Hopeless {
  kind: 'hopeless';
  text: FaultText;
}

/** What failed is tried no more: whoever reads it must do something else than wait. */
export function hopeless({ remedy, ...text }: FaultText): Hopeless {
  const isOver = remedy === 'wait' || remedy === 'none' || remedy === 'checkItem';
  return { kind: 'hopeless', text: { ...text, remedy: isOver ? 'askSupport' : remedy } };
}

/**
 * Notes that the mailbox as a whole was tried in vain although its servers answer. What a run of 0.1.0 went on with, it goes on with.
 *
 * @returns that it was so for long
 */
export function triedInVain({ carry: { place }, times }: Migration, text: FaultText): Hopeless | undefined {
  place.vainSince ??= Date.now();
  const isLong = Date.now() - place.vainSince >= times.folderForMs;
  return isLong && patched('given-up') ? hopeless(text) : undefined;
}
