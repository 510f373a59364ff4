import { mendedBy, nothingMended } from '../../src/domain/mended';
import type { MailboxCounters, VerifyCounts } from '../../src/domain/migration';
import { condition, patched } from '@temporalio/workflow';
import { endOf, growing, textOf } from '../faults';
import { folderActivities } from '../proxies';
import { newPlace } from './carry';
import { copyFolders } from './folders';
import { triedInVain, type Hopeless } from './hopeless';
import type { Migration } from './migration';
import type { OpenFolders, Opening } from './opening';

/** `lost`: the opening is of no use any more. */
export type PassEnd =
  | { kind: 'done'; counters: MailboxCounters; findings: VerifyCounts; isClean: boolean }
  | Hopeless
  | { kind: 'lost' }
  | { kind: 'continue' };

const mostSweeps = 3;
const mostRounds = 3;

/**
 * A pass from where it was left, with its folders planned anew in each opening: all folders, then sweeps until the source tells nothing new or three times, then what is gone from the
 * source is followed, then both mailboxes are compared with the ledger and what is found is mended, until a comparison is clean.
 */
export async function runPass(m: Migration, opening: Opening): Promise<PassEnd> {
  const activities = folderActivities(opening.queue, m.times);
  const open: OpenFolders = { ...opening, activities, isPlanned: false };
  for (;;) {
    if (m.isFull) return { kind: 'continue' };
    showPass(m);
    const end = await nextStep(m, open);
    if (end === 'lost' || end === 'continue') return { kind: end };
    if (end !== undefined) return end;
  }
}

type StepEnd = Extract<PassEnd, { kind: 'done' | 'hopeless' }> | 'lost' | 'continue' | undefined;

async function nextStep(m: Migration, open: OpenFolders): Promise<StepEnd> {
  const { step } = m.carry.place;
  // A ledger that was set back while nobody looked is noticed by a plan alone, before anything else is done under a fence.
  if (step !== 'plan' && !open.isPlanned && patched('openings-planned')) return plan(m, open);
  switch (step) {
    case 'plan':
      return plan(m, open);
    case 'folders': {
      const end = await copyFolders(m, open);
      if (end === 'lost' || end === 'continue' || typeof end === 'object') return end;
      // A ledger that was lost or restored knows nothing of the plan.
      if (end === 'unplanned') m.carry.place.step = 'plan';
      else afterFolders(m);
      return undefined;
    }
    case 'gone':
      return gone(m, open);
    case 'verify':
      return verify(m, open);
  }
}

async function plan(m: Migration, open: OpenFolders): Promise<StepEnd> {
  const { place } = m.carry;
  const summary = place.sweep === 0 ? 'plan folders' : `plan folders, sweep ${place.sweep}`;
  m.carry.fence += 1;
  const { fence, order, sourceChecked = false } = m.carry;
  const input = { ...open.key, fence, filter: order.filter, sourceChecked };
  const result = await guarded(m, () => open.activities.planFolders.executeWithOptions({ summary }, [input]));
  if (result.kind === 'closed') return 'lost';
  if (result.kind === 'hopeless') return result;
  if (result.kind === 'fenced') return above(m, open, result.by);
  open.progress.progressed = true;
  open.isPlanned = true;
  const known = result.folders.filter(({ label }) => !label.startsWith('folder '));
  const positions = result.folders.map(({ position }) => position);
  Object.assign(place, {
    labels: Object.fromEntries(known.map(({ position, label }) => [position, label])),
    // What is gone at the source lacks nothing.
    refused: place.refused.filter((position) => positions.includes(position)),
    refusedByPlan: result.refused,
    pairId: result.pairId,
  });
  // What an opening before this one has left to do.
  if (place.step !== 'plan' && !result.adopted) return undefined;
  Object.assign(place, { step: 'folders', todo: positions, changes: 0, interrupted: false });
  return undefined;
}

/** A restored Temporal has forgotten the fences it gave out; who is fenced again and again shares the pair with another. */
async function above(m: Migration, open: OpenFolders, by: number): Promise<undefined> {
  m.carry.fence = Math.max(m.carry.fence, by);
  const { retryFirstMs, retryMostMs } = m.times;
  if (open.progress.fenced > 0)
    await condition(() => m.isFull, growing(open.progress.fenced, retryFirstMs, retryMostMs));
  open.progress.fenced += 1;
}

/** After repairs it is compared again; else it is swept until nothing comes. */
function afterFolders({ carry: { place } }: Migration): void {
  const isQuiet = place.sweep > 0 && place.changes === 0;
  if (place.rounds > 0) place.step = 'verify';
  // A run of 0.1.0 goes on from its sweeps to the comparison.
  else if (isQuiet || place.sweep >= mostSweeps) place.step = patched('follow-gone') ? 'gone' : 'verify';
  else Object.assign(place, { step: 'plan', sweep: place.sweep + 1 });
}

async function gone(m: Migration, open: OpenFolders): Promise<StepEnd> {
  m.carry.fence += 1;
  const { fence, order, place, sourceChecked = false } = m.carry;
  const quiet = place.changes === 0 && !place.interrupted;
  const input = { ...open.key, fence, followDeletions: order.followDeletions, sourceChecked, quiet };
  const summary = 'follow what is gone';
  const result = await guarded(m, () => open.activities.followGone.executeWithOptions({ summary }, [input]));
  if (result.kind === 'closed') return 'lost';
  if (result.kind === 'hopeless') return result;
  if (result.kind === 'fenced') return above(m, open, result.by);
  open.progress.progressed = true;
  m.carry.place.step = result.kind === 'unplanned' ? 'plan' : 'verify';
  return undefined;
}

async function verify(m: Migration, open: OpenFolders): Promise<StepEnd> {
  const { place } = m.carry;
  m.carry.fence += 1;
  const input = { ...open.key, fence: m.carry.fence, filter: m.carry.order.filter };
  const summary = `compare both mailboxes, round ${place.rounds + 1}`;
  const result = await guarded(m, () => open.activities.verifyPass.executeWithOptions({ summary }, [input]));
  if (result.kind === 'closed') return 'lost';
  if (result.kind === 'hopeless') return result;
  open.progress.progressed = true;
  place.rounds += 1;
  const { findings, repair, counters } = result;
  const { mended = nothingMended, verified = findings } = m.view;
  m.view.mended = place.rounds === 1 ? nothingMended : mendedBy(mended, verified, findings);
  m.view.verified = findings;
  m.row.touch();
  if (repair.length > 0 && place.rounds <= mostRounds) {
    Object.assign(place, { step: 'folders', todo: repair, changes: 0 });
    return undefined;
  }
  const isSame = repair.length === 0 && !(findings.different > 0);
  const isClean = isSame && place.refused.length === 0 && place.refusedByPlan === 0;
  const { pairId } = place;
  m.carry.place = { ...newPlace(), ...(pairId === undefined ? {} : { pairId }) };
  return { kind: 'done', findings, counters, isClean };
}

/** A worker that died, or that nobody runs, makes the opening useless: it is closed and the mailbox opened anew. */
async function guarded<T extends { kind: string }>(
  m: Migration,
  work: () => Promise<T>,
): Promise<T | { kind: 'closed' } | Hopeless> {
  try {
    const result = await work();
    if (result.kind !== 'closed') delete m.carry.place.vainSince;
    return result;
  } catch (error) {
    const text = textOf(endOf(error));
    m.row.showFault(text ?? m.view.fault?.text);
    return (text && triedInVain(m, text)) ?? { kind: 'closed' };
  }
}

const steps = { plan: 'planning', folders: 'copying', gone: 'copying', verify: 'verifying' } as const;

function showPass(m: Migration): void {
  const { step, sweep } = m.carry.place;
  m.view.pass = { kind: m.carry.order.kind, step: steps[step], sweep };
  m.row.touch();
}
