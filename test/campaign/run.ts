import { setTimeout as pause } from 'node:timers/promises';
import { kindOf, type FaultKind } from './catalogue';
import type { Deed } from './deeds';
import { Diary } from './diary';
import { formOf, isPlain, passesOf } from './journey';
import { Pauses } from './pauses';
import { People } from './people';
import type { Plan } from './plan';
import { moments, Progress } from './progress';
import type { Product, Row } from './product';
import { Pulse } from './pulse';
import { hasPassed } from './results';
import type { Stage } from './stage';
import { strike, type Struck } from './strike';
import { within, type FaultySystem } from './system';
import { useSource } from './use-source';
import { freshPaths, isUsed, verdictOf, type Judgement } from './verdict';
import type { Witness } from './witness';

const endsWithinMs = 360_000;
const ends = /^(completed|completedWithIssues|failed|stopped|expired)$/;
const asking = /^(notStarted|emailSent|awaitingSignIn|signInNeeded)$/;
const askAgainMs = 8000;
/** How often **Retry** is pressed once nothing is wrong any more. */
const mostRetries = 3;

/** How a run went, as the results keep it. */
export interface RunResult extends Partial<Judgement> {
  items: number;
  /**
   * The state at the end. Where there was none in time, with the last one: `doesNotEnd:`, `stuck:` where nothing went on any more,
   * `circles:` where nothing came of what went on. `pagesAway` and `brokeOff` where the run itself could not go on.
   */
  state: string;
  /** Why the run could not go on. */
  why?: string;
  /** Faults with how often each struck. */
  faults: Partial<Record<FaultKind, number>>;
  /** Starts of the migration: the first, further ones, and **Retry**. */
  starts: number;
  /** Passes that the plan asked for. */
  passes: number;
  durationMs: number;
}

export interface Surroundings {
  system: FaultySystem;
  product: Product;
  witness: Witness;
}

/** One run: a new pair of mailboxes, moved by its user through the pages, under the faults of the plan. */
export async function runOnce({ system, product, witness }: Surroundings, plan: Plan): Promise<RunResult> {
  const begunAt = Date.now();
  const name = `${plan.seed}-${begunAt.toString(36)}`;
  const batch = isPlain(plan.journey) ? undefined : name;
  const mover = await system.addMover(name, plan.mailbox, batch);
  // What nobody changes is listed once, at the end.
  const before = isUsed(plan) ? await witness.see(system.mailbox('source', mover)) : undefined;
  const row = () => product.row(mover.source.address);
  const people = new People(system, mover, (await row()).id);
  if (batch !== undefined) await people.editBatch(batch, formOf(plan.journey));
  const stage: Stage = {
    system,
    people,
    mover,
    items: before?.items ?? [],
    diary: new Diary(),
    passwords: [{ ...mover.source }, { ...mover.target }],
    armed: { source: 0, target: 0 },
    locked: new Set(),
  };
  const fresh = await freshPaths(stage);
  const run = new Run(plan, stage, row);
  const state = await run.live();
  const faults = await run.strikes();
  await system.heal();
  const rest = {
    items: plan.mailbox.items,
    state,
    faults,
    starts: run.starts,
    passes: passesOf(plan.journey),
  };
  if (!ends.test(state)) return { ...rest, durationMs: Date.now() - begunAt };
  const judgement = await verdictOf(system, product, witness, {
    plan,
    stage,
    row: await row(),
    starts: run.starts,
    ...(before === undefined ? {} : { before }),
    fresh,
    targetWasPruned: (faults.targetFolderDeleted ?? 0) > 0,
    ledgerWasLost: plan.faults.some(({ kind }) => kindOf(kind).losesLedger === true),
  });
  const result = { ...rest, ...judgement, durationMs: Date.now() - begunAt };
  if (hasPassed(result)) await system.removeMover(mover);
  return result;
}

/** The migration of one run from its first sign-in to the end after which nothing is to be done any more. */
class Run {
  starts = 1;
  private readonly progress: Progress;
  private readonly pauses = new Pauses();
  private struck!: Promise<{ kind: FaultKind; struck: Struck }[]>;
  private counted?: Promise<RunResult['faults']>;
  private areFaultsOver = false;
  /** Whether the row told of an end when it was looked at last. */
  private isOver = false;
  private retries = 0;
  /** After which pass somebody asked for the next one last, and when. */
  private asked = { after: '', atMs: 0 };
  private rounds = 0;
  /** Whether the source or the target may have changed behind the last pass. */
  private isStale: boolean;

  constructor(
    private readonly plan: Plan,
    private readonly stage: Stage,
    private readonly row: () => Promise<Row>,
  ) {
    this.progress = new Progress(passesOf(plan.journey));
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
    this.struck = this.strikeAll();
    try {
      await within(30_000, () => this.firstSignIn());
      return await this.untilEnd(new Pulse(() => system.requests()));
    } finally {
      // Without an end, or where the run breaks off, faults that are still due would wait for ever, and those that last befall the next system.
      this.progress.abandon();
      await this.struck;
    }
  }

  /** @returns false as long as there is somebody to sign in and he has not */
  private async firstSignIn(): Promise<boolean> {
    const { people, locked } = this.stage;
    return locked.size === 0 && (await people.signInIfAsked());
  }

  private async untilEnd(pulse: Pulse): Promise<string> {
    const giveUpAt = Date.now() + endsWithinMs;
    let last = '';
    while (Date.now() < giveUpAt) {
      await pause(300);
      const row = await this.row().catch(() => undefined);
      const standstill = await pulse.standstill(row, performance.now());
      if (standstill !== undefined) return `${standstill}:${last}`;
      if (row === undefined) continue;
      last = row.state;
      this.isOver = ends.test(row.state) && !row.startPending;
      this.progress.see(row, this.plan.mailbox.items);
      if (this.isOver) {
        if (!(await this.goOn(row))) return row.state;
      } else await this.attend(row);
    }
    return `doesNotEnd:${last}`;
  }

  /** What people do while it has not ended. */
  private async attend(row: Row): Promise<void> {
    const { people } = this.stage;
    const isToResume = this.pauses.isToEnd(row.state, this.areFaultsOver, performance.now());
    if (asking.test(row.state)) await this.firstSignIn().catch(() => false);
    else if (isToResume) await people.press('resume');
    else if (row.state === 'upToDate') await this.nextPass(row);
  }

  /** Between two passes the user goes on with his mailbox, then the administrator asks for the next pass. */
  private async nextPass({ epoch, passesEnded, hasIssues }: Row): Promise<void> {
    const { between = [], prestageOlderThan } = this.plan.journey;
    const after = `${epoch}:${passesEnded}`;
    if (after === this.asked.after) {
      // Nothing came of it: the page had said that Temporal was away.
      if (performance.now() > this.asked.atMs + askAgainMs) await this.ask(after);
      return;
    }
    const changes = between[this.rounds];
    const wasAll = this.rounds > 0 || prestageOlderThan === undefined;
    const hasPruning = this.plan.faults.some(({ kind }) => kind === 'targetFolderDeleted');
    if (changes) await useSource(this.stage, changes, wasAll && !hasIssues && !hasPruning);
    this.rounds += 1;
    this.progress.passDone();
    await this.ask(after);
  }

  private async ask(after: string): Promise<void> {
    const { between = [] } = this.plan.journey;
    await this.stage.people.press(this.rounds <= between.length ? 'delta' : 'cutOver');
    this.asked = { after, atMs: performance.now() };
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
    await this.strikes();
    await this.stage.system.heal();
  }

  private async strikeAll(): Promise<{ kind: FaultKind; struck: Struck }[]> {
    const struck = await Promise.all(
      this.plan.faults.map(async ({ kind, at, plusMs, deed }) => {
        if (!(await this.progress.reached(at))) return { kind, struck: 0 };
        await pause(plusMs);
        return { kind, struck: await this.strikeOne(deed, at) };
      }),
    );
    // What was armed last gets the time of a short copy to strike.
    await pause(1500);
    this.areFaultsOver = true;
    return struck;
  }

  /** What befell a migration that had ended before it was due is not counted. Requests that a fault met were made by one that runs. */
  private async strikeOne(deed: Deed, at: number): Promise<Struck> {
    const wasOver = this.isOver;
    const struck = await strike(this.stage, deed).catch(() => 0);
    return typeof struck === 'number' && wasOver && this.isOver && at < moments.end ? 0 : struck;
  }

  /** How often each fault struck until it is asked first: before they are taken away. */
  strikes(): Promise<RunResult['faults']> {
    return (this.counted ??= this.struck.then((all) => this.countStrikes(all)));
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
