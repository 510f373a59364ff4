import { patched, upsertSearchAttributes } from '@temporalio/workflow';
import type { PlanPassResult } from '../../activities/plan-pass';
import { isSameWork, type PassOrder } from '../../src/domain/batch-plan';
import { batchAttribute, searchAttributes } from '../names';
import { short } from '../proxies';
import { newPlace } from './carry';
import type { Migration } from './migration';

/** Reads the batch's plan and the start windows as they stand now. */
export async function readPlan(m: Migration): Promise<PlanPassResult> {
  const { carry, mailUserId, view } = m;
  // What is edited while it is being read is read again.
  carry.isPlanStale = false;
  const { wantedPass, isPassing, order } = carry;
  const plan = await short.planPass({
    mailUserId,
    made: view.passes ?? [],
    ...(wantedPass === undefined ? {} : { wanted: wantedPass }),
    ...(isPassing && { underWay: order.kind }),
    now: m.now(),
  });
  followRow(m, plan);
  if (plan.servers !== undefined) carry.servers = plan.servers;
  const { isOpen, until } = plan.window;
  if (isOpen && until !== undefined) carry.windowUntil = Date.parse(until);
  else delete carry.windowUntil;
  return plan;
}

/** Whoever gives a row another batch or other mailboxes has its plan read again: slots are those of its connectors now. */
function followRow({ carry }: Migration, { batch, mailboxes }: PlanPassResult): void {
  const { facts: before } = carry;
  const facts = { ...before, ...mailboxes, ...(batch === undefined ? {} : { batch }) };
  carry.facts = facts;
  if (facts.batch !== before.batch) upsertSearchAttributes(batchAttribute(facts.batch));
  const { sourceConnectorId: source, targetConnectorId: target } = facts;
  if (source === before.sourceConnectorId && target === before.targetConnectorId) return;
  upsertSearchAttributes({
    [searchAttributes.source]: [source],
    [searchAttributes.target]: [target],
  });
}

/** Whether a pass that has begun is to leave out, or to remove, something else than when it began. */
function isOtherWork({ carry }: Migration, { order }: PlanPassResult): boolean {
  return carry.isPassing && order !== undefined && !isSameWork(order, carry.order);
}

/** The pass that is to begin; the row says which one until it does. */
function orderPass(m: Migration, order: PassOrder): void {
  const { carry, view } = m;
  const { nextPass: shown } = view;
  carry.order = order;
  view.nextPass = { kind: order.kind };
  // Where none is shown yet, and in any other state, the next one is about to be written.
  if (view.state === 'scheduled' && shown !== undefined && shown.kind !== order.kind) m.row.touch();
}

/** While nothing is at work: a pass that has begun goes on as the plan has it now, with its folders planned anew. */
function followOrder(m: Migration, plan: PlanPassResult): void {
  const { carry } = m;
  if (plan.order === undefined || !isOtherWork(m, plan)) return;
  const { pairId } = carry.place;
  carry.order = plan.order;
  carry.place = { ...newPlace(), ...(pairId === undefined ? {} : { pairId }) };
}

/**
 * Before a slot is asked for: settles which pass is made, unless one is under way, and waits, **Scheduled** and without slots, until the
 * start windows are open.
 *
 * @returns `upToDate` where no pass is due
 */
export async function awaitWindow(m: Migration): Promise<'open' | 'upToDate' | 'continue'> {
  const { carry, view } = m;
  for (;;) {
    if (m.isFull) return 'continue';
    const plan = await readPlan(m);
    const { next, window } = plan;
    followOrder(m, plan);
    if (!carry.isPassing) {
      if (next.kind === 'later') return 'upToDate';
      orderPass(m, next.order);
    }
    if (window.isOpen) {
      if (view.waitsFor !== undefined) m.row.touch();
      delete view.waitsFor;
      return 'open';
    }
    await m.releaseSlot();
    const { until } = window;
    const isShown = view.waitsFor !== undefined && view.waitsFor.until === until;
    view.waitsFor = { kind: 'startWindow', ...(until === undefined ? {} : { until }) };
    m.row.setState('scheduled');
    if (!isShown) m.row.touch();
    const left = until === undefined ? Infinity : Date.parse(until) - Date.now();
    await m.wait(() => carry.isPlanStale, Math.min(left, m.times.planLookMs));
  }
}

/** Interrupts what is at work when its start window ends, or when an edited plan no longer wants it, or wants something else of it. */
export async function watchPlan(m: Migration): Promise<void> {
  const { carry, times } = m;
  for (;;) {
    const { windowUntil } = carry;
    const closesIn = windowUntil === undefined ? Infinity : windowUntil - Date.now();
    // Before, it was read again only when it was told of.
    const lookIn = patched('plan-looks') ? times.planLookMs : Infinity;
    const first = Math.min(closesIn, lookIn);
    await m.wait(() => carry.isPlanStale, Number.isFinite(first) ? first : undefined);
    // What is at work then comes to its own end.
    if (m.isFull) return;
    if (!carry.isPlanStale && closesIn <= lookIn) return m.interrupt();
    const plan = await readPlan(m);
    const { next, window } = plan;
    if (!window.isOpen || (!carry.isPassing && next.kind === 'later')) return m.interrupt();
    // Whoever waits for a slot keeps his place.
    if (carry.phase === 'slot') followOrder(m, plan);
    else if (isOtherWork(m, plan)) return m.interrupt();
    if (!carry.isPassing && next.kind === 'now') orderPass(m, next.order);
  }
}
