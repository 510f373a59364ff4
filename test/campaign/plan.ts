import { Random } from '../../sandbox/exchange/random';
import { drawJourney, type Journey } from './journey';
import { catalogue, faultKinds, kindOf, type FaultKind } from './catalogue';
import type { Deed } from './deeds';
import { moments } from './progress';

/** A fault with its moment. */
export interface PlannedFault {
  kind: FaultKind;
  /** How far the migration is then: see `progress.ts`. */
  at: number;
  /** So much later, so that it falls between any two steps. */
  plusMs: number;
  deed: Deed;
}

/** Everything about a run that was not left to chance; the same seed gives the same plan. */
export interface Plan {
  seed: number;
  mailbox: { items: number; folders: number; seed: number };
  journey: Journey;
  /** Each request to the new server takes so much longer, so that faults fall into the copy. */
  slowedByMs: number;
  faults: PlannedFault[];
}

const mostFaults = 6;
/** Until all is copied and compared; what is due after that finds little left to befall, so that less is drawn there. */
const mostAreUntil = 0.92;

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
  const mailbox = { items: sizeOf(random), folders: random.int(2, 20), seed: random.int(1, 1_000_000) };
  const journey = drawJourney(random);
  const slowedByMs = random.int(0, 60);
  const count = random.int(1, mostFaults);
  const burst = random.next() * mostAreUntil;
  const faults = Array.from({ length: count }, (): PlannedFault => {
    const kind = weighted(random, kinds);
    // Half of them come together, where they meet each other.
    const at = random.chance(0.5) ? burst : momentOf(random);
    const plusMs = random.int(0, 600);
    return { kind, at, plusMs, deed: catalogue[kind].draw(random) };
  });
  return { seed, mailbox, journey, slowedByMs, faults: faults.sort((a, b) => a.at - b.at) };
}

function momentOf(random: Random): number {
  if (random.chance(0.15)) return random.pick([moments.signIn, moments.end]);
  const [from, until] = random.chance(0.15) ? [mostAreUntil, moments.end] : [0, mostAreUntil];
  return from + random.next() * (until - from);
}

function sizeOf(random: Random): number {
  return random.chance(0.8) ? random.int(30, 150) : random.int(150, 500);
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
