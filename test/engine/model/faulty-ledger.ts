import type { LedgerStore } from '../../../src/engine/ledger';
import type { Chance } from './chance';
import { storeAway } from './faults';
import type { VirtualTime } from './virtual-time';
import type { Worker } from './worker';

/** The ledger as one worker reaches it: slowly, and sometimes without learning whether a write was done. */
export function faultyLedger(
  ledger: LedgerStore,
  time: VirtualTime,
  worker: Worker,
  chance: Chance,
  failing: () => number,
): LedgerStore {
  const reach = async <T>(work: () => Promise<T>): Promise<T> => {
    await worker.pass();
    await time.sleep(chance.number(10));
    if (chance.is(failing())) throw storeAway();
    const answer = await work();
    const lost = chance.is(failing());
    await time.sleep(chance.number(10));
    await worker.pass();
    if (lost) throw storeAway();
    return answer;
  };
  async function* stream<T>(all: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const one of all) yield await reach(async () => one);
  }
  return {
    pair: (pairId) => reach(() => ledger.pair(pairId)),
    takePair: (pairId, fence) => reach(() => ledger.takePair(pairId, fence)),
    writePair: (pairId, held, patch) => reach(() => ledger.writePair(pairId, held, patch)),
    folder: (id) => reach(() => ledger.folder(id)),
    folders: (pairId) => stream(ledger.folders(pairId)),
    takeFolder: (id, fence, plan) => reach(() => ledger.takeFolder(id, fence, plan)),
    writeFolder: (id, held, patch) => reach(() => ledger.writeFolder(id, held, patch)),
    noteVerified: (id, fence, found) => reach(() => ledger.noteVerified(id, fence, found)),
    append: (parcel) => reach(() => ledger.append(parcel)),
    parcels: (ids) => reach(() => ledger.parcels(ids)),
    lookUp: (id, keys) => reach(() => ledger.lookUp(id, keys)),
    stream: (id, after) => stream(ledger.stream(id, after)),
  };
}
