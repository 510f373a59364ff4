import { upsertSearchAttributes } from '@temporalio/workflow';
import type { PlanPassResult } from '../../activities/plan-pass';
import { batchAttribute } from '../names';
import { short } from '../proxies';
import type { Migration } from './migration';

/** Reads the batch's plan and the start windows as they stand now. */
export async function readPlan(m: Migration): Promise<PlanPassResult> {
  const { carry, mailUserId, view } = m;
  // What is edited while it is being read is read again.
  carry.isPlanStale = false;
  const { wantedPass } = carry;
  const plan = await short.planPass({
    mailUserId,
    made: view.passes ?? [],
    ...(wantedPass === undefined ? {} : { wanted: wantedPass }),
    now: m.now(),
  });
  followBatch(m, plan.batch);
  const { isOpen, until } = plan.window;
  if (isOpen && until !== undefined) carry.windowUntil = Date.parse(until);
  else delete carry.windowUntil;
  return plan;
}

/** Whoever moves a row to another batch has its plan read again. */
function followBatch({ carry }: Migration, batch = carry.facts.batch): void {
  if (batch === carry.facts.batch) return;
  carry.facts = { ...carry.facts, batch };
  upsertSearchAttributes(batchAttribute(batch));
}

/** A plan that nobody edits and that says no moment is looked at again from time to time: clocks change. */
const lookAgainMs = 24 * 60 * 60_000;

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
    const { next, window } = await readPlan(m);
    if (!carry.isPassing) {
      if (next.kind === 'later') return 'upToDate';
      carry.order = next.order;
    }
    if (window.isOpen) {
      if (view.waitsFor !== undefined) m.row.touch();
      delete view.waitsFor;
      return 'open';
    }
    await m.releaseSlot();
    const { until } = window;
    view.waitsFor = { kind: 'startWindow', ...(until === undefined ? {} : { until }) };
    m.row.setState('scheduled');
    m.row.touch();
    const left = until === undefined ? lookAgainMs : Date.parse(until) - Date.now();
    await m.wait(() => carry.isPlanStale, left);
  }
}

/** Interrupts what is at work when its start window ends, or when an edited plan no longer wants it. */
export async function watchPlan(m: Migration): Promise<void> {
  const { carry } = m;
  for (;;) {
    const { windowUntil } = carry;
    await m.wait(() => carry.isPlanStale, windowUntil === undefined ? undefined : windowUntil - Date.now());
    // What is at work then comes to its own end.
    if (m.isFull) return;
    if (!carry.isPlanStale) return m.interrupt();
    const { next, window } = await readPlan(m);
    if (!window.isOpen || (!carry.isPassing && next.kind === 'later')) return m.interrupt();
    if (!carry.isPassing && next.kind === 'now') carry.order = next.order;
  }
}
