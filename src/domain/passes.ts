import type { BatchPlan, PassKind, PassOrder } from './batch-plan';
import type { FilterSpec } from './item-filter';

/** A pass that was begun; times are ISO 8601. Without an end it was cut off, or is under way. */
export interface PassMade {
  kind: PassKind;
  beganAt: string;
  endedAt?: string;
}

/** What somebody asked for: whatever pass comes next, or the last one. */
export type WantedPass = 'delta' | 'cutOver';

export interface PassQuestion {
  plan: BatchPlan;
  /** Oldest first. */
  made: readonly PassMade[];
  wanted?: WantedPass | undefined;
  now: Date;
}

/** The pass to be made now, or the one that comes later; without `at` it waits until somebody asks for it. */
export type NextPass = { kind: 'now'; order: PassOrder } | { kind: 'later'; pass: PassKind; at?: Date };

/**
 * Which pass comes next while none is under way: pre-stage, then full, then as many deltas as the plan or a person wants, then the
 * cut-over, which may come at any time and replaces whatever was to come before it. A delta that is wanted before the first pass has begun
 * is the full pass, and the pre-stage is not made any more.
 */
export function nextPass({ plan, made, wanted, now }: PassQuestion): NextPass {
  const { cutOver, deltaEveryMs, prestageOlderThan } = plan;
  const ended = made.filter(({ endedAt }) => endedAt !== undefined);
  const hasCopied = ended.some(({ kind }) => kind !== 'prestage');
  const make = (kind: PassKind): NextPass => ({ kind: 'now', order: orderOf(kind, plan) });
  const cutOverAt = cutOver.kind === 'at' ? Date.parse(cutOver.at) : undefined;
  const isCutOverDue = cutOver.kind === 'atOnce' || (cutOverAt !== undefined && cutOverAt <= now.getTime());
  if (wanted === 'cutOver' || isCutOverDue) return make('cutOver');
  if (ended.length === 0 && wanted === undefined)
    return make(prestageOlderThan === undefined ? 'full' : 'prestage');
  const following: PassKind = hasCopied ? 'delta' : 'full';
  if (wanted !== undefined) return make(following);
  const last = Math.max(...ended.map(({ endedAt = '' }) => Date.parse(endedAt)));
  const followsAt = deltaEveryMs === undefined ? Infinity : last + deltaEveryMs;
  if (followsAt <= now.getTime()) return make(following);
  if (followsAt < (cutOverAt ?? Infinity)) return { kind: 'later', pass: following, at: new Date(followsAt) };
  const at = cutOverAt === undefined ? {} : { at: new Date(cutOverAt) };
  return { kind: 'later', pass: 'cutOver', ...at };
}

/** What is known of a migration that was ended. */
export interface EndedPasses {
  /** Oldest first. */
  made: readonly PassMade[];
  /** What somebody had asked for, and no pass has done. */
  wanted?: WantedPass | undefined;
}

/**
 * What a new start goes on from: where a migration was ended before its last pass, the passes made so far, and a further one is wanted
 * at once where any was; which one is for the plan to say, also where a cut-over was cut off. A Retry, and an invitation that is sent
 * again, go on with what somebody had asked for. Where the last pass was made, it is a new move, unless what failed in it is to be tried
 * again.
 */
export function passesOfStart(
  { made, wanted }: EndedPasses,
  reason: 'start' | 'retry' | 'resend' | 'form',
): { made: PassMade[]; wanted?: WantedPass } {
  const last = made.at(-1);
  if (last?.kind === 'cutOver' && last.endedAt !== undefined)
    return reason === 'retry' ? { made: [...made], wanted: 'cutOver' } : { made: [] };
  const asked = reason === 'retry' || reason === 'resend' ? wanted : undefined;
  const following = made.some(({ endedAt }) => endedAt !== undefined) ? 'delta' : undefined;
  const goesOn = asked ?? following;
  return { made: [...made], ...(goesOn && { wanted: goesOn }) };
}

/** What a pass of this kind is to do. */
export function orderOf(
  kind: PassKind,
  { filter, followDeletions, prestageOlderThan }: BatchPlan,
): PassOrder {
  const isPrestage = kind === 'prestage' && prestageOlderThan !== undefined;
  return { kind, filter: isPrestage ? olderThan(filter, prestageOlderThan) : filter, followDeletions };
}

function olderThan(filter: FilterSpec, day: string): FilterSpec {
  const lastMs = Date.parse(`${day}T00:00:00Z`) - 24 * 60 * 60_000;
  const last = new Date(lastMs).toISOString().slice(0, 10);
  const { toDate = last } = filter;
  return { ...filter, toDate: toDate < last ? toDate : last };
}
