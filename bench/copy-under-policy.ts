import { setMaxListeners } from 'node:events';
import { MemorySource, MemoryStore, MemoryTarget, type MemoryContent } from '../src/connectors/memory';
import { Fault } from '../src/domain/faults';
import type { Side } from '../src/domain/mailbox';
import { everything, itemFilter } from '../src/domain/item-filter';
import { copyFolder } from '../src/engine/copy-folder';
import { ByteBudget } from '../src/engine/byte-budget';
import { MailboxPair } from '../src/engine/mailbox-pair';
import { planFolders } from '../src/engine/plan-folders';
import { SharedTurns, type SharedPlace } from '../src/engine/shared-turns';
import type { Width } from '../src/engine/width';
import { Chance } from '../test/engine/model/chance';
import { VirtualTime } from '../test/engine/model/virtual-time';
import { MemoryLedger } from '../test/support/memory-ledger';
import { Account, itemBytes, PolicyWire, type Policy } from './policy-wire';

const megabyte = 1024 * 1024;
const itemsPerFolder = 4_000;
/** As the workflow has it. */
const foldersAtOnce = 2;
const never = new AbortController().signal;
setMaxListeners(0, never);
const filter = itemFilter(everything);

export interface Measured {
  /** Items a minute of each mailbox, from a third of the run on. */
  rates: number[];
  /** Requests that either server refused in the whole run. */
  refused: number;
}

/**
 * Copies so many mailboxes for so long, in time that passes only where something waits, between two servers that have one policy for all
 * of them together, or for each of them.
 */
export async function copyUnderPolicy(
  policy: Policy,
  width: (connections: number) => Width,
  minutes: number,
  { mailboxes, isShared } = { mailboxes: 1, isShared: true },
): Promise<Measured> {
  const run = { time: new VirtualTime(), chance: new Chance(1), endMs: minutes * 60_000, width };
  const newAccounts = () => ({ source: new Account(policy), target: new Account(policy) });
  const shared = newAccounts();
  const accounts = Array.from({ length: mailboxes }, () => (isShared ? shared : newAccounts()));
  const sharedTurns = { source: new SharedTurns(run.time), target: new SharedTurns(run.time) };
  // Whoever gets more than thrice his share ends the comparison.
  const folders = Math.ceil(foldersFor(policy, minutes) * (isShared ? Math.min(1, 3 / mailboxes) : 1));
  const all = accounts.map((own, at) => {
    const places = { source: sharedTurns.source.join(`${at}`), target: sharedTurns.target.join(`${at}`) };
    return copyOne({ ...run, places }, own, folders);
  });
  await run.time.until(Promise.all(all.map(({ done }) => done)));
  const from = run.endMs / 3;
  return {
    rates: all.map(({ put }) => {
      const settled = put.filter(({ atMs }) => atMs >= from && atMs < run.endMs);
      return settled.reduce((sum, { items }) => sum + items, 0) / ((run.endMs - from) / 60_000);
    }),
    refused: [...new Set(accounts)].reduce(
      (sum, { source, target }) => sum + source.refused + target.refused,
      0,
    ),
  };
}

interface Run {
  time: VirtualTime;
  chance: Chance;
  endMs: number;
  width: (connections: number) => Width;
  places: Record<Side, SharedPlace>;
}

/** The engine with what `worker.ts` gives it and the Exchange connector's limits, opened anew after each wait that is too long to be waited in place. */
function copyOne(
  { time, chance, endMs, width, places }: Run,
  accounts: Record<Side, Account>,
  folders: number,
): { put: PolicyWire['put']; done: Promise<void> } {
  const stores = { source: new MemoryStore('source'), target: new MemoryStore('target') };
  const wires = {
    source: new PolicyWire(time, chance, accounts.source),
    target: new PolicyWire(time, chance, accounts.target),
  };
  const ledger = new MemoryLedger();
  for (let at = 0; at < folders; at += 1) fill(stores.source, at);
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
      places,
      parcel: { items: 100, bytes: 4 * megabyte },
      bytesInFlight: 16 * megabyte,
      keyMemory: new ByteBudget(16_000_000),
      sendWindowMs: 5_000,
    });
  let fence = 0;
  const copied = new Set<number>();
  const pass = async (): Promise<void> => {
    const pair = open();
    const plan = { fence: (fence += 1), filter: everything, sourceChecked: false };
    const planned = await planFolders(pair, plan, never);
    const all = planned.kind === 'planned' ? planned.folders : [];
    const todo = all.map(({ position }) => position).filter((position) => !copied.has(position));
    if (todo.length === 0) throw new Error('the mailbox was too small');
    const lane = async () => {
      for (let position = todo.shift(); position !== undefined; position = todo.shift()) {
        const order = { position, fence: (fence += 1), filter, giveUp: false };
        await copyFolder(pair, order, never);
        copied.add(position);
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: foldersAtOnce }, lane));
    for (const one of lanes) if (one.status === 'rejected') throw one.reason;
  };
  const run = async () => {
    while (time.monotonic() < endMs) await pass().catch((fault) => waitOut(time, fault));
  };
  return { put: wires.target.put, done: Promise.race([run(), time.sleep(endMs)]) };
}

async function waitOut(time: VirtualTime, fault: unknown): Promise<void> {
  if (!(fault instanceof Fault)) throw fault;
  const { details } = fault;
  await time.sleep(details.kind === 'throttled' ? details.retryAfterMs : 5_000);
}

/** More than can be copied in that time. */
function foldersFor({ connections, bytesPerFiveMinutes = Infinity }: Policy, minutes: number): number {
  const seconds = minutes * 60;
  const items = Math.min(seconds * connections * 7, (seconds / 300 + 1) * (bytesPerFiveMinutes / itemBytes));
  return Math.ceil(items / itemsPerFolder) + 3;
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
