import { MemorySource, MemoryStore, MemoryTarget } from '../../../src/connectors/memory';
import { sumOf, type ItemCounts } from '../../../src/domain/item-counts';
import { Fault, type ItemReason } from '../../../src/domain/faults';
import { itemFilter, type FilterSpec } from '../../../src/domain/item-filter';
import type { ConnectorWait } from '../../../src/engine/back-off';
import { ByteBudget } from '../../../src/engine/byte-budget';
import { copyFolder } from '../../../src/engine/copy-folder';
import { followGone } from '../../../src/engine/follow-gone';
import type { LedgerStore } from '../../../src/engine/ledger';
import { pairId } from '../../../src/engine/pair-id';
import { MailboxPair } from '../../../src/engine/mailbox-pair';
import { planFolders } from '../../../src/engine/plan-folders';
import type { MailboxCounters, VerifyCounts } from '../../../src/domain/migration';
import { verifyPass } from '../../../src/engine/verify-pass';
import { AdaptiveWidth } from '../../../src/engine/width';
import { MemoryLedger } from '../../support/memory-ledger';
import { Chance } from './chance';
import { faultyLedger } from './faulty-ledger';
import { FaultyWire, type WireRates } from './faulty-wire';
import { VirtualTime } from './virtual-time';
import { WatchedStore } from './watched-store';
import { Worker } from './worker';

export const settleMs = 20_000;
export const sendWindowMs = 2_000;

export interface Breakable {
  /** Wraps the ledger or clock of a worker, to break a rule on purpose. */
  ledger?: (ledger: LedgerStore) => LedgerStore;
  quietMs?: number;
}

export interface Setting {
  seed: number;
  folders: number;
  items: number;
  updates: boolean;
  inTwo: boolean;
  rates: WireRates;
  ledgerFailing: number;
  /** How many in a hundred contents the target refuses, of an item that it has in another version too. */
  refusing: number;
  /** What the passes copy: each takes one of these, the last pass the last of them. */
  filters: readonly [FilterSpec, ...FilterSpec[]];
  followDeletions: boolean;
  broken?: Breakable;
}

interface Opening {
  worker: Worker;
  pair: MailboxPair;
  /** What its pass copies. */
  filter: FilterSpec;
}

/** A migration as the workflow runs it, told from its worst days: it goes on until nothing is left to be done. */
export class Migration {
  readonly time = new VirtualTime();
  readonly chance: Chance;
  readonly source = new MemoryStore('source');
  readonly target = new WatchedStore('target');
  readonly ledger = new MemoryLedger();
  readonly workers: Worker[] = [];
  readonly verified: VerifyCounts[] = [];
  /** While it holds, anything may go wrong. */
  chaos = true;
  /** How often the ledger was lost or set back. */
  ledgerLosses = 0;
  /** Whether an administrator has said that the source is as it should be, for the pass at hand; and whether he ever did. */
  sourceChecked = false;
  everChecked = false;
  /** Told of a pass that stopped because of what the source looked like. */
  onStopped: () => void = () => {};
  /** Told of a pass that was made to its end. */
  onDone: (sourceChecked: boolean) => void = () => {};
  /** Told when folders are about to be planned; what it returns is told that they were. */
  onPlanning: () => Promise<() => Promise<void>> = async () => async () => {};
  /** The last plan that was begun, with its filter once it stands in the ledger. */
  private planned: { fence: number; filter?: FilterSpec } = { fence: 0 };
  /** Outlive every worker. */
  private readonly connectorWaits = { source: this.newWait(), target: this.newWait() };
  private fence = 0;
  private opening?: Opening;

  constructor(readonly setting: Setting) {
    this.chance = new Chance(setting.seed);
    this.target.refuses = ({ content: { digest } }) =>
      Number.parseInt(digest.slice(0, 4), 16) % 100 < setting.refusing ? notThat : undefined;
  }

  /** Runs passes until the chaos is over, then one that must come to an end. */
  async run(): Promise<void> {
    while (this.chaos) await this.pass();
    for (let passes = 0; !(await this.pass()); passes += 1) {
      if (passes === 10) throw new Error('no end to the passes');
    }
  }

  /** The figures of the mailbox as a new opening finds them. */
  async counters(): Promise<MailboxCounters> {
    return this.time.until(this.open(this.setting.filters[0]).pair.readCounters());
  }

  /** What the folders' documents say, whatever stands between. */
  async figures(): Promise<ItemCounts> {
    const counters: ItemCounts[] = [];
    for await (const folder of this.ledger.folders(pairId('source', 'target')))
      counters.push(folder.counters);
    return sumOf(counters);
  }

  /** Whether the ledger was ever lost or set back. */
  get ledgerLost(): boolean {
    return this.ledgerLosses > 0;
  }

  /** The worker that is at work now. */
  get worker(): Worker | undefined {
    return this.opening?.worker;
  }

  /** A second attempt at whatever is being done, by a worker of its own. */
  async intrude(): Promise<void> {
    const { planned } = this;
    const { filter } = planned;
    if (!filter) return;
    const { pair, worker } = this.open(filter);
    const folders = this.ledger.folders(pair.id);
    for await (const { plan } of folders) {
      if (!this.chance.is(50)) continue;
      if (this.planned !== planned) return;
      const order = {
        position: plan.position,
        fence: this.nextFence(),
        filter: itemFilter(filter),
        giveUp: false,
      };
      await Promise.race([copyFolder(pair, order, attempt()).catch(() => {}), worker.gone]);
    }
  }

  /** @returns whether everything was copied and nothing is left to be mended */
  private async pass(): Promise<boolean> {
    const { filters } = this.setting;
    const filter = (this.chaos ? this.chance.pick(filters) : filters.at(-1)) ?? filters[0];
    const opening = (this.opening = this.open(filter));
    const done = await Promise.race([
      this.passOf(opening, this.sourceChecked).catch(async (fault: unknown) => this.failed(fault)),
      opening.worker.gone.then(() => false),
    ]);
    if (!done) await this.time.sleep(1 + this.chance.number(5_000));
    return done;
  }

  private async failed(fault: unknown): Promise<boolean> {
    if (fault instanceof Fault && fault.text.remedy === 'checkSourceMailbox') this.onStopped();
    const isThrottled = fault instanceof Fault && fault.details.kind === 'throttled';
    await this.time.sleep(isThrottled ? fault.details.retryAfterMs : 5_000);
    return false;
  }

  private async passOf(opening: Opening, sourceChecked: boolean): Promise<boolean> {
    let changes: number | undefined;
    for (let sweeps = 0; sweeps < 4 && !(sweeps > 1 && changes === 0); sweeps += 1) {
      const positions = await this.plan(opening, sourceChecked);
      if (!positions) return false;
      changes = await this.copy(opening, positions);
      if (changes === undefined) return false;
    }
    if (this.isOver(opening)) return false;
    const { followDeletions } = this.setting;
    const order = { fence: this.nextFence(), followDeletions, sourceChecked, quiet: changes === 0 };
    const followed = await followGone(opening.pair, order, attempt());
    if (followed.kind === 'fenced') this.fence = Math.max(this.fence, followed.by);
    if (followed.kind !== 'followed') return false;
    const isDone = await this.verify(opening);
    if (isDone) this.onDone(sourceChecked);
    return isDone;
  }

  private async verify(opening: Opening): Promise<boolean> {
    const { pair, filter } = opening;
    for (let rounds = 0; rounds < 5; rounds += 1) {
      const { repair, findings } = await verifyPass(pair, { filter, at, fence: this.nextFence() }, attempt());
      this.verified.push(findings);
      if (repair.length === 0) return findings.arrivedSince === 0;
      if ((await this.copy(opening, repair)) === undefined) return false;
    }
    return false;
  }

  private async plan(opening: Opening, sourceChecked: boolean): Promise<number[] | undefined> {
    const { pair, filter } = opening;
    const planned = await this.onPlanning();
    if (this.isOver(opening)) return undefined;
    const fence = this.nextFence();
    this.planned = { fence };
    const result = await planFolders(pair, { fence, filter, sourceChecked }, attempt());
    if (!sourceChecked && result.kind === 'planned') await planned();
    if (result.kind === 'planned') {
      if (this.planned.fence === fence) this.planned = { fence, filter };
      return result.folders.map(({ position }) => position);
    }
    this.fence = Math.max(this.fence, result.by);
    return undefined;
  }

  /** Two folders at once, each again until it is done. @returns the changes, or nothing where the plan does not hold */
  private async copy(opening: Opening, positions: readonly number[]): Promise<number | undefined> {
    const left = [...positions];
    let changes: number | undefined = 0;
    const lane = async () => {
      for (let position = left.shift(); position !== undefined; position = left.shift()) {
        const told = await this.copyOne(opening, position);
        changes = changes === undefined || told === undefined ? undefined : changes + told;
      }
    };
    await Promise.all([lane(), lane()]);
    return changes;
  }

  private async copyOne(opening: Opening, position: number): Promise<number | undefined> {
    const { pair, filter } = opening;
    for (let tries = 0; tries < 8 && !this.isOver(opening); tries += 1) {
      const order = {
        position,
        fence: this.nextFence(),
        filter: itemFilter(filter),
        ...(this.chance.is(10) && { retry: `retry ${this.chance.number(2)}` }),
        giveUp: false,
      };
      const result = await copyFolder(pair, order, attempt()).catch((fault: unknown) => fault as Error);
      // What an attempt told before it failed is told to nobody.
      if (result instanceof Error) await this.time.sleep(5_000);
      else if (result.kind === 'done') return result.changes + tries;
      else if (result.kind === 'fenced') this.fence = Math.max(this.fence, result.by);
      else return result.kind === 'unplanned' ? undefined : 0;
    }
    return undefined;
  }

  /** Nothing more is begun for a pass that was given up once another filter holds, and in the end. */
  private isOver(opening: Opening): boolean {
    if (this.opening === opening) return false;
    return !this.chaos || this.opening?.filter !== opening.filter;
  }

  private newWait(): ConnectorWait {
    let until = 0;
    const leftMs = () => Math.max(0, until - this.time.monotonic());
    return {
      leftMs: async () => leftMs(),
      get knownLeftMs() {
        return leftMs();
      },
      note: ({ details }) => {
        if (details.kind === 'throttled')
          until = Math.max(until, this.time.monotonic() + details.retryAfterMs);
      },
    };
  }

  private nextFence(): number {
    this.fence += 1;
    return this.fence;
  }

  private open(filter: FilterSpec): Opening {
    const { time, chance, setting } = this;
    const worker = new Worker(time);
    this.workers.push(worker);
    const rates = () => (this.chaos ? setting.rates : calm);
    const wire = new FaultyWire(time, worker, chance, rates);
    const small = { itemsPerRequest: 5, bytesPerRequest: 20_000, settleMs };
    const source = new MemorySource(this.source, { capabilities: small, pageItems: 7, wire });
    const several = setting.inTwo ? { severalRequestsAboveBytes: 1_500 } : {};
    const target = new MemoryTarget(this.target, { capabilities: small, pageItems: 7, wire, ...several });
    if (!setting.updates) Object.assign(target, { updateItems: undefined });
    const faulty = faultyLedger(this.ledger, time, worker, chance, () =>
      this.chaos ? setting.ledgerFailing : 0,
    );
    const { broken } = setting;
    const pair = new MailboxPair({
      source,
      target,
      ledger: broken?.ledger?.(faulty) ?? faulty,
      clock: worker.clock,
      width: (connections) => new AdaptiveWidth(connections),
      parcel: { items: 6, bytes: 10_000 },
      bytesInFlight: 100_000,
      keyMemory: new ByteBudget(16_000_000),
      sendWindowMs,
      connectorWaits: this.connectorWaits,
    });
    if (broken?.quietMs !== undefined) Object.defineProperty(pair, 'quietMs', { value: broken.quietMs });
    return { worker, pair, filter };
  }
}

/** A signal of each attempt's own, as activities have one; nobody is stopped. */
const attempt = () => new AbortController().signal;
const at = '2026-11-23T12:00:00.000Z';
const notThat: ItemReason = { code: 'No', remedy: 'checkItem', message: 'not that' };
const calm: WireRates = {
  lostBefore: 0,
  lostAfter: 0,
  late: 0,
  part: 0,
  busy: 0,
  refused: 0,
  again: 0,
  signIn: 0,
  latestMs: 200,
};
