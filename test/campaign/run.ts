import { kindOf } from './catalogue';
import { Diary } from './diary';
import { formOf, isPlain, passesOf } from './journey';
import { Move, type Moved } from './move';
import { People } from './people';
import { sizeOf, type Plan } from './plan';
import { hasEndedAs, type Product } from './product';
import { Progress } from './progress';
import { hasPassed } from './results';
import type { RunMailbox } from './run-mailbox';
import { Strikes, type StrikeCounts } from './strikes';
import type { FaultySystem } from './system';
import {
  allTogether,
  bulkActionsLeft,
  freshPaths,
  isUsed,
  leaksOf,
  slotsLeft,
  verdictOf,
  type Judgement,
} from './verdict';
import { Watch } from './watch';
import type { Witness } from './witness';

/** How a run went, as the results keep it; of several mailboxes together. */
export interface RunResult extends Partial<Judgement> {
  items: number;
  /**
   * The state at the end, of several mailboxes the worst. Where there was none in time, with the last one: `doesNotEnd:`, `stuck:` where
   * nothing went on any more, `circles:` where nothing came of what went on. `pagesAway` and `brokeOff` where the run itself could not go on.
   */
  state: string;
  /** Why the run could not go on. */
  why?: string;
  faults: StrikeCounts;
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

/** One run: new pairs of mailboxes, each moved by its user through the pages, under the faults of the plan. */
export async function runOnce(surroundings: Surroundings, plan: Plan): Promise<RunResult> {
  const { system, product } = surroundings;
  const begunAt = Date.now();
  await product.letAtOnce(plan.mailboxesAtOnce);
  const mailboxes = await addMailboxes(surroundings, plan, `${plan.seed}-${begunAt.toString(36)}`);
  await system.control('target', 'POST', '/faults', { kind: 'latency', ms: plan.slowedByMs });
  const strikes = new Strikes(system, mailboxes);
  const watch = new Watch(system, product, plan, mailboxes);
  const moved = await moveAll(surroundings, mailboxes, strikes, watch);
  await strikes.calm();
  const { items, passes } = sizeOf(plan);
  const rest = {
    items,
    state: worstOf(moved.map(({ state }) => state)),
    faults: await strikes.counts(),
    starts: moved.reduce((sum, { starts }) => sum + starts, 0),
    passes,
    claims: watch.claims,
  };
  if (!hasEndedAs(rest.state)) return { ...rest, durationMs: Date.now() - begunAt };
  const judgements: Judgement[] = [];
  for (const [place, mailbox] of mailboxes.entries())
    judgements.push(
      await verdictOf(surroundings, {
        plan,
        mailbox,
        row: await product.row(mailbox.mover.source.address),
        starts: moved[place]?.starts ?? 1,
        targetWasPruned: (rest.faults.targetFolderDeleted ?? 0) > 0,
        ledgerWasLost: strikes.has(({ kind }) => kindOf(kind).losesLedger === true),
      }),
    );
  const ofAll = [
    ...watch.claims,
    ...(await slotsLeft(product)),
    ...(await bulkActionsLeft(product)),
    ...(await leaksOf(system, mailboxes)),
  ];
  const result = { ...rest, ...allTogether(judgements, ofAll), durationMs: Date.now() - begunAt };
  if (hasPassed(result)) for (const { mover } of mailboxes) await system.removeMover(mover);
  return result;
}

/** @throws PagesAway, or what else one of them could not go on with, when all the others have come to rest */
async function moveAll(
  { product }: Surroundings,
  mailboxes: readonly RunMailbox[],
  strikes: Strikes,
  watch: Watch,
): Promise<Moved[]> {
  const moving = mailboxes.map((mailbox) => {
    const row = () => product.row(mailbox.mover.source.address);
    return new Move(mailbox, row, strikes, watch).live();
  });
  const atRest = Promise.allSettled(moving).then(() => watch.end());
  const watching = watch.keep();
  await Promise.allSettled([atRest, watching]);
  await strikes.counts();
  await watching;
  return Promise.all(moving);
}

async function addMailboxes(surroundings: Surroundings, plan: Plan, name: string): Promise<RunMailbox[]> {
  // The slowness of the new server is its first.
  const armed = { source: 0, target: 1 };
  const mailboxes: RunMailbox[] = [];
  for (const [number, { journey, ...batch }] of plan.batches.entries()) {
    // A batch that nobody edits has a name or none.
    const batchName = isPlain(journey) && number === 0 ? undefined : `${name}-${number}`;
    const first = mailboxes.length;
    for (const size of batch.mailboxes) {
      const place = mailboxes.length;
      const faults = plan.faults.filter(({ of }) => of === place);
      const planned = { size, journey, faults, armed };
      mailboxes.push(await addMailbox(surroundings, planned, `${name}-${place}`, batchName));
    }
    if (batchName !== undefined && !isPlain(journey))
      await mailboxes[first]?.people.editBatch(batchName, formOf(journey));
  }
  return mailboxes;
}

async function addMailbox(
  { system, product, witness }: Surroundings,
  planned: Pick<RunMailbox, 'size' | 'journey' | 'faults' | 'armed'>,
  name: string,
  batch?: string,
): Promise<RunMailbox> {
  const mover = await system.addMover(name, planned.size, batch);
  const { id } = await product.row(mover.source.address);
  return {
    ...planned,
    system,
    people: new People(system, mover, id),
    mover,
    // What nobody changes is listed once, at the end.
    ...(isUsed(planned) ? { before: await witness.see(system.mailbox('source', mover)) } : {}),
    fresh: await freshPaths(system, mover),
    progress: new Progress(passesOf(planned.journey)),
    diary: new Diary(),
    passwords: [{ ...mover.source }, { ...mover.target }],
    locked: new Set(),
  };
}

const states = ['completed', 'completedWithIssues'];

/** Without an end, before a wrong one, before one with issues. */
export function worstOf(ends: readonly string[]): string {
  const rank = (state: string) => {
    if (!hasEndedAs(state)) return 3;
    const place = states.indexOf(state);
    return place === -1 ? 2 : place;
  };
  return ends.reduce((worst, state) => (rank(state) > rank(worst) ? state : worst));
}
