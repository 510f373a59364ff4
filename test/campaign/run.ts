import { setTimeout as pause } from 'node:timers/promises';
import { kindOf, type FaultKind } from './catalogue';
import { judge, type Verdict } from './oracle';
import { People } from './people';
import type { Plan } from './plan';
import { Progress } from './progress';
import type { Product, Row } from './product';
import { strike, type Stage, type Struck } from './strike';
import { within, type FaultySystem } from './system';
import { witness, type SourceItem } from './witness';

const endsWithinMs = 300_000;
const ends = /^(completed|completedWithIssues|failed|stopped|expired)$/;
const asking = /^(notStarted|emailSent|awaitingSignIn|signInNeeded)$/;
/** How often **Retry** is pressed once nothing is wrong any more. */
const mostRetries = 3;

/** How a run went, as the results keep it. */
export interface RunResult {
  items: number;
  /** The state at the end; `doesNotEnd` where there was none in time. */
  state: string;
  /** Faults with how often each struck. */
  faults: Partial<Record<FaultKind, number>>;
  /** Starts of the migration: the first, further passes, and **Retry**. */
  starts: number;
  verdict?: Verdict;
  /** Codes of the reasons for which items are named. */
  reasons: Record<string, number>;
  durationMs: number;
}

/** One run: a new pair of mailboxes, moved by its user through the pages, under the faults of the plan. */
export async function runOnce(system: FaultySystem, product: Product, plan: Plan): Promise<RunResult> {
  const begunAt = Date.now();
  const name = `${plan.seed}-${begunAt.toString(36)}`;
  const mover = await system.addMover(name, plan.mailbox);
  const isUsed = plan.faults.some(({ deed }) => deed.do === 'useSource');
  // What nobody changes is listed once, at the end.
  const before = isUsed ? await witness(system.mailbox('source', mover)) : undefined;
  const row = () => product.row(mover.source.address);
  const people = new People(system, mover, (await row()).id);
  const stage: Stage = {
    system,
    people,
    mover,
    items: before ?? [],
    armed: { source: 0, target: 0 },
    locked: new Set(),
  };
  const run = new Run(plan, stage, row);
  const state = await run.live();
  await system.heal();
  const faults = await run.faults;
  const rest = { items: plan.mailbox.items, state, faults, starts: run.starts };
  const outcome =
    state === 'doesNotEnd'
      ? { reasons: {} }
      : await verdictOf(system, product, stage, before, await row(), faults);
  return { ...rest, ...outcome, durationMs: Date.now() - begunAt };
}

async function verdictOf(
  system: FaultySystem,
  product: Product,
  { mover }: Stage,
  before: SourceItem[] | undefined,
  { pairId, changedInTarget: said }: Row,
  faults: RunResult['faults'],
): Promise<Pick<RunResult, 'verdict' | 'reasons'>> {
  const [after, target, named] = await Promise.all([
    witness(system.mailbox('source', mover)),
    witness(system.mailbox('target', mover), pairId ?? 'none'),
    pairId === undefined ? new Map<string, string>() : product.named(pairId),
  ]);
  const changedInTarget = faults.targetFolderDeleted ? said : 0;
  const verdict = judge({
    before: before ?? after,
    after,
    target,
    named: new Set(named.keys()),
    changedInTarget,
  });
  const reasons: Record<string, number> = {};
  for (const { key } of verdict.named) {
    const code = named.get(key ?? '') ?? '';
    reasons[code] = (reasons[code] ?? 0) + 1;
  }
  return { verdict, reasons };
}

/** The migration of one run from its first sign-in to the end after which nothing is to be done any more. */
class Run {
  starts = 1;
  faults!: Promise<RunResult['faults']>;
  private readonly progress = new Progress();
  private areFaultsOver = false;
  private retries = 0;
  /** Whether the source or the target may have changed behind the last pass. */
  private isStale: boolean;

  constructor(
    private readonly plan: Plan,
    private readonly stage: Stage,
    private readonly row: () => Promise<Row>,
  ) {
    this.isStale = plan.faults.some(
      ({ kind, deed }) => kindOf(kind).breaksPromise === true || deed.do === 'useSource',
    );
  }

  /** @returns the state at the end */
  async live(): Promise<string> {
    const { system } = this.stage;
    const slow = { kind: 'latency', ms: this.plan.slowedByMs, mailbox: this.stage.mover.target.address };
    await system.control('target', 'POST', '/faults', slow);
    this.stage.armed.target = 1;
    await within(30_000, () => this.stage.people.signInIfAsked());
    const over = this.strikeAll();
    this.faults = over.then((struck) => this.countStrikes(struck));
    const giveUpAt = Date.now() + endsWithinMs;
    let last = '';
    while (Date.now() < giveUpAt) {
      await pause(300);
      const row = await this.row().catch(() => undefined);
      if (row === undefined) continue;
      last = row.state;
      this.progress.see(row, this.plan.mailbox.items);
      if (!ends.test(row.state) || row.startPending) {
        const mayBeAsked = asking.test(row.state) && this.stage.locked.size === 0;
        if (mayBeAsked) await this.stage.people.signInIfAsked().catch(() => false);
        continue;
      }
      if (!(await this.goOn(row))) return row.state;
    }
    await over;
    return `doesNotEnd:${last}`;
  }

  /** After an end: is anything still to be done? */
  private async goOn({ state, epoch }: Row): Promise<boolean> {
    const hadFaults = !this.areFaultsOver;
    if (!hadFaults) await this.calm();
    if (state === 'completed' && !hadFaults && !this.isStale) return false;
    if (state !== 'completed' && !hadFaults && this.retries >= mostRetries) return false;
    if (!hadFaults) this.isStale = false;
    if (!hadFaults && state !== 'completed') this.retries += 1;
    await this.stage.people.press(/completed$|stopped|expired/.test(state) ? 'start' : 'retry');
    this.starts += 1;
    // The row says so as soon as the new start is written.
    return within(60_000, async () => (await this.row()).epoch > epoch).then(() => true);
  }

  private async calm(): Promise<void> {
    await this.faults;
    await this.stage.system.heal();
  }

  private async strikeAll(): Promise<{ kind: FaultKind; struck: Struck }[]> {
    const struck = await Promise.all(
      this.plan.faults.map(async ({ kind, at, plusMs, deed }) => {
        await this.progress.reached(at);
        await pause(plusMs);
        return { kind, struck: await strike(this.stage, deed).catch(() => 0) };
      }),
    );
    // What was armed last gets the time of a short copy to strike.
    await pause(1500);
    this.areFaultsOver = true;
    return struck;
  }

  private async countStrikes(all: { kind: FaultKind; struck: Struck }[]): Promise<RunResult['faults']> {
    const { system } = this.stage;
    const bySide = { source: await system.strikes('source'), target: await system.strikes('target') };
    const faults: RunResult['faults'] = {};
    for (const { kind, struck } of all) {
      const times =
        typeof struck === 'number'
          ? struck
          : struck.places.reduce((sum, place) => sum + (bySide[struck.side][place] ?? 0), 0);
      faults[kind] = (faults[kind] ?? 0) + times;
    }
    return faults;
  }
}
