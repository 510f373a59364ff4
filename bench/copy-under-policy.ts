import { setMaxListeners } from 'node:events';
import { MemorySource, MemoryStore, MemoryTarget, type MemoryContent } from '../src/connectors/memory';
import { Fault } from '../src/domain/faults';
import { everything, itemFilter } from '../src/domain/item-filter';
import { copyFolder } from '../src/engine/copy-folder';
import { MailboxPair } from '../src/engine/mailbox-pair';
import { planFolders } from '../src/engine/plan-folders';
import type { Width } from '../src/engine/width';
import { Chance } from '../test/engine/model/chance';
import { VirtualTime } from '../test/engine/model/virtual-time';
import { MemoryLedger } from '../test/support/memory-ledger';
import { itemBytes, PolicyWire, type Policy } from './policy-wire';

const megabyte = 1024 * 1024;
const itemsPerFolder = 4_000;
/** As the workflow has it. */
const foldersAtOnce = 2;
const never = new AbortController().signal;
setMaxListeners(0, never);
const filter = itemFilter(everything);

export interface Measured {
  /** Items a minute, from a third of the run on. */
  rate: number;
  /** Requests that either server refused in the whole run. */
  refused: number;
}

/**
 * Copies one mailbox for so long, in time that passes only where something waits, between two servers under a policy: the engine with
 * what `worker.ts` gives it and the Exchange connector's limits, opened anew after each wait that is too long to be waited in place.
 */
export async function copyUnderPolicy(
  policy: Policy,
  width: (connections: number) => Width,
  minutes: number,
): Promise<Measured> {
  const time = new VirtualTime();
  const chance = new Chance(1);
  const stores = { source: new MemoryStore('source'), target: new MemoryStore('target') };
  const wires = {
    source: new PolicyWire(time, chance, policy),
    target: new PolicyWire(time, chance, policy),
  };
  const ledger = new MemoryLedger();
  const positions = Array.from({ length: foldersFor(policy, minutes) }, (_, at) => at);
  for (const at of positions) fill(stores.source, at);
  const capabilities = {
    itemsPerRequest: 50,
    bytesPerRequest: 4 * megabyte,
    connections: 27,
    settleMs: 75_000,
  };
  const open = () =>
    new MailboxPair({
      source: new MemorySource(stores.source, { capabilities, pageItems: 512, wire: wires.source }),
      target: new MemoryTarget(stores.target, { capabilities, pageItems: 512, wire: wires.target }),
      ledger,
      clock: time,
      width,
      parcel: { items: 100, bytes: 4 * megabyte },
      bytesInFlight: 16 * megabyte,
      sendWindowMs: 5_000,
    });
  let fence = 0;
  const pass = async (): Promise<void> => {
    const pair = open();
    await planFolders(pair, { fence: (fence += 1), filter: everything, sourceChecked: false }, never);
    const lane = async () => {
      for (let position = positions[0]; position !== undefined; position = positions[0]) {
        positions.shift();
        const order = { position, fence: (fence += 1), filter, retryFailed: false, giveUp: false };
        await copyFolder(pair, order, never).catch((fault: unknown) => {
          positions.unshift(position);
          throw fault;
        });
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: foldersAtOnce }, lane));
    for (const one of lanes) if (one.status === 'rejected') throw one.reason;
  };
  const endMs = minutes * 60_000;
  const run = async () => {
    while (positions.length > 0 && time.monotonic() < endMs)
      await pass().catch((fault) => waitOut(time, fault));
    if (positions.length === 0 && time.monotonic() < endMs) throw new Error('the mailbox was too small');
  };
  await time.until(Promise.race([run(), time.sleep(endMs)]));
  const from = endMs / 3;
  const settled = wires.target.put.filter(({ atMs }) => atMs >= from && atMs < endMs);
  const items = settled.reduce((sum, put) => sum + put.items, 0);
  return { rate: items / ((endMs - from) / 60_000), refused: wires.source.refused + wires.target.refused };
}

async function waitOut(time: VirtualTime, fault: unknown): Promise<void> {
  if (!(fault instanceof Fault)) throw fault;
  const { details } = fault;
  await time.sleep(details.kind === 'throttled' ? details.retryAfterMs : 5_000);
}

/** More than can be copied in that time. */
function foldersFor({ connections }: Policy, minutes: number): number {
  return Math.ceil((minutes * 60 * connections * 7) / itemsPerFolder) + 2;
}

function fill(store: MemoryStore, at: number): void {
  const folder = store.addFolder({ name: `Folder ${at}` });
  for (let item = 0; item < itemsPerFolder; item += 1) store.addItem(folder, { content: hollow });
}

/** Takes the room of a mail in every account, and none in memory. */
const hollow: MemoryContent = {
  sizeBytes: itemBytes,
  digest: 'hollow',
  *chunks() {
    yield Buffer.from('a mail');
  },
};
