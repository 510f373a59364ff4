import { Random } from '../../sandbox/exchange/random';
import { drawJourney, passesOf, type Journey } from './journey';
import { catalogue, faultKinds, kindOf, type FaultKind } from './catalogue';
import type { Deed } from './deeds';
import { moments } from './progress';

/** A list of one or more. */
export type NonEmpty<T> = [T, ...T[]];

/** A fault with its moment. */
export interface PlannedFault {
  kind: FaultKind;
  /** The mailbox by whose progress it is due, as its place among all of the run; where one alone is befallen, it is this one. */
  of: number;
  /** How far its migration is then: see `progress.ts`. */
  at: number;
  /** So much later, so that it falls between any two steps. */
  plusMs: number;
  deed: Deed;
}

/** What a mailbox holds at first. */
export interface PlannedMailbox {
  items: number;
  folders: number;
  seed: number;
}

/** Mailboxes that are moved in the same way. */
export interface PlannedBatch {
  journey: Journey;
  mailboxes: NonEmpty<PlannedMailbox>;
}

/** Everything about a run that was not left to chance; the same seed gives the same plan. */
export interface Plan {
  seed: number;
  batches: NonEmpty<PlannedBatch>;
  /** Slots of each connector. */
  mailboxesAtOnce: number;
  /** Each request to the new server takes so much longer, so that faults fall into the copy. */
  slowedByMs: number;
  faults: PlannedFault[];
}

const mostFaults = 6;
/** Until all is copied and compared; what is due after that finds little left to befall, so that less is drawn there. */
const mostAreUntil = 0.92;
/** Share of the runs that have several mailboxes: these wait for slots and for servers together. */
const severalShare = 1 / 3;

/**
 * The kinds of fault of these names; of none: all.
 * @throws Error that lists them, where one of the names is no kind of fault
 */
export function kindsOf(names: readonly string[]): FaultKind[] {
  const kinds = names.length === 0 ? faultKinds : faultKinds.filter((kind) => names.includes(kind));
  if (kinds.length < new Set(names).size)
    throw new Error(`There are these faults: ${faultKinds.join(', ')}.`);
  return kinds;
}

/** @param only the kinds to draw from; empty: all */
export function planOf(seed: number, only: readonly string[] = []): Plan {
  const random = new Random(seed);
  const kinds = kindsOf(only);
  const batches = drawBatches(random);
  const mailboxesAtOnce = random.int(1, 2);
  const slowedByMs = random.int(0, 60);
  const count = random.int(1, mostFaults);
  const drawMailbox = () => random.int(1, batches.flatMap(({ mailboxes }) => mailboxes).length) - 1;
  const burst = { of: drawMailbox(), at: random.next() * mostAreUntil };
  const faults = Array.from({ length: count }, (): PlannedFault => {
    const kind = weighted(random, kinds);
    // Half of them come together, where they meet each other.
    const due = random.chance(0.5) ? burst : { of: drawMailbox(), at: momentOf(random) };
    const plusMs = random.int(0, 600);
    return { kind, ...due, plusMs, deed: catalogue[kind].draw(random) };
  });
  return { seed, batches, mailboxesAtOnce, slowedByMs, faults: faults.sort((a, b) => a.at - b.at) };
}

/** A plan as `--plan` is given it, also one of before a run could have several mailboxes. */
export function planFrom(text: string): Plan {
  const plan = JSON.parse(text) as Plan | EarlierPlan;
  if ('batches' in plan) return plan;
  const { mailbox, journey, faults, ...rest } = plan;
  return {
    ...rest,
    batches: [{ journey, mailboxes: [mailbox] }],
    mailboxesAtOnce: 1,
    faults: faults.map((fault) => ({ ...fault, of: 0 })),
  };
}

type EarlierPlan = Pick<Plan, 'seed' | 'slowedByMs'> & {
  mailbox: PlannedMailbox;
  journey: Journey;
  faults: Omit<PlannedFault, 'of'>[];
};

/** Mailboxes, their items, and the passes of all of them together. */
export function sizeOf({ batches }: Plan): { mailboxes: number; items: number; passes: number } {
  const all = batches.flatMap(({ journey, mailboxes }) => mailboxes.map((one) => ({ ...one, journey })));
  const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    mailboxes: all.length,
    items: sum(({ items }) => items),
    passes: sum(({ journey }) => passesOf(journey)),
  };
}

/** One mailbox, or two to four in two batches that hold about as much together. */
function drawBatches(random: Random): Plan['batches'] {
  if (!random.chance(severalShare)) return [drawBatch(random, 1, drawSize)];
  // Each takes the time of its passes, mostly one after the other: two are the usual number.
  const count = random.pick([2, 2, 2, 3, 4]);
  const first = random.int(1, count - 1);
  return [drawBatch(random, first, drawSmallSize), drawBatch(random, count - first, drawSmallSize)];
}

function drawBatch(random: Random, count: number, draw: (random: Random) => number): PlannedBatch {
  const drawMailbox = (): PlannedMailbox => ({
    items: draw(random),
    folders: random.int(2, 20),
    seed: random.int(1, 1_000_000),
  });
  const mailboxes: PlannedBatch['mailboxes'] = [drawMailbox()];
  while (mailboxes.length < count) mailboxes.push(drawMailbox());
  return { mailboxes, journey: drawJourney(random) };
}

function momentOf(random: Random): number {
  if (random.chance(0.15)) return random.pick([moments.signIn, moments.end]);
  const [from, until] = random.chance(0.15) ? [mostAreUntil, moments.end] : [0, mostAreUntil];
  return from + random.next() * (until - from);
}

function drawSize(random: Random): number {
  return random.chance(0.8) ? random.int(30, 150) : random.int(150, 500);
}

function drawSmallSize(random: Random): number {
  return random.int(20, 60);
}

function weighted(random: Random, kinds: readonly FaultKind[]): FaultKind {
  const all = kinds.reduce((sum, kind) => sum + kindOf(kind).weight, 0);
  let left = random.next() * all;
  for (const kind of kinds) {
    left -= kindOf(kind).weight;
    if (left < 0) return kind;
  }
  return random.pick(kinds);
}
