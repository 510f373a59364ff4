import { Fault } from '../domain/faults';
import { refusedForNow } from './busy-items';
import type { FolderCopy } from './folder-copy';
import { refusalOf } from './turns';
import type { Work } from './works';

/** What a reading answers for an item: the fault that refuses it for now, or nothing. */
export interface Answered {
  work: Work;
  fault?: Fault;
}

export interface Refused {
  works: Work[];
  fault?: Fault;
}

/**
 * One request for these items, when it is its turn.
 * @returns what of it was refused for now
 * @throws what refuses all of it, unless it is known by now that it is the item
 */
export async function askSource(
  copy: FolderCopy,
  works: readonly Work[],
  read: () => Promise<Answered[]>,
): Promise<Refused> {
  const { pair, signal } = copy;
  let isAsked = false;
  const ask = () => {
    isAsked = true;
    return read();
  };
  const faultsIn = (answered: readonly Answered[]) => refusalOf(answered.map(({ fault }) => fault));
  try {
    const answered = await pair.sourceTurns.run(signal, ask, faultsIn, () => pair.budget.isWanted);
    return { works: refusedForNow(copy, answered, pair.sourceBackOff), fault: faultsIn(answered)?.fault };
  } catch (fault) {
    if (!isAsked || !(fault instanceof Fault) || fault.kind !== 'throttled') throw fault;
    const refused = refusedForNow(
      copy,
      works.map((work) => ({ work, fault })),
      pair.sourceBackOff,
    );
    if (!refused.some(({ blamed }) => blamed)) throw fault;
    return { works: refused, fault };
  }
}
