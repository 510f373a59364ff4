import { CancellationScope, patched } from '@temporalio/workflow';
import { isInterruption } from '../faults';
import { copyMailbox, type CopyEnd } from './copy';
import type { MigrationEnd } from './finish';
import { hold } from './hold';
import { askAgain } from './kept';
import { endPass } from './made-passes';
import { forgetMail } from './mailing';
import type { Migration } from './migration';
import { awaitWindow, watchPlan } from './plan';
import { signIn } from './sign-in';
import { awaitSlot } from './slot';
import { stayUpToDate } from './up-to-date';
import { waitForServer } from './wait-for-server';

/** How a migration ends, or that its next run goes on; `undefined` where another phase follows. */
type PhaseEnd = MigrationEnd | 'continue' | undefined;

/** One phase after the other, until the migration ends or hands over to its next run. */
export async function phases(m: Migration): Promise<MigrationEnd | 'continue'> {
  for (;;) {
    const end = m.isHeld ? await held(m) : await atWork(m);
    if (end !== undefined) return end;
  }
}

async function held(m: Migration): Promise<PhaseEnd> {
  return (await hold(m)) === 'continue' ? 'continue' : undefined;
}

/** A phase that `interrupt` can end: it gives its slots back and is begun anew, once nothing holds it up any more. */
async function atWork(m: Migration): Promise<PhaseEnd> {
  const life = CancellationScope.current();
  const work = new CancellationScope();
  m.work = work;
  try {
    return await work.run(() => phase(m));
  } catch (error) {
    if (life.consideredCancelled || !work.consideredCancelled || !isInterruption(error)) throw error;
    if (m.carry.phase === 'copy') m.carry.phase = 'slot';
    await m.releaseSlot();
    return undefined;
  } finally {
    delete m.work;
  }
}

async function phase(m: Migration): Promise<PhaseEnd> {
  const { carry } = m;
  switch (carry.phase) {
    case 'signIn': {
      const end = await signIn(m);
      if (end === 'continue') return 'continue';
      if (end === 'expired') return { state: 'expired' };
      carry.wasAccepted = true;
      forgetMail(m);
      carry.phase = 'slot';
      return undefined;
    }
    case 'slot':
      return slot(m);
    case 'copy':
      return afterCopy(m, await watched(m, () => copyMailbox(m)));
    case 'upToDate': {
      const end = await stayUpToDate(m);
      if (end === 'continue') return 'continue';
      if (end === 'due') carry.phase = 'slot';
      return undefined;
    }
  }
}

async function slot(m: Migration): Promise<PhaseEnd> {
  if ((await waitForServer(m)) === 'continue') return 'continue';
  // Before, a migration was one pass, and nothing could hold it up.
  if (patched('passes')) {
    const opened = await awaitWindow(m);
    if (opened === 'continue') return 'continue';
    if (opened === 'upToDate') {
      delete m.carry.queuedSince;
      m.carry.phase = 'upToDate';
      return undefined;
    }
  }
  if ((await watched(m, () => awaitSlot(m))) === 'continue') return 'continue';
  m.carry.phase = 'copy';
  return undefined;
}

/** Works while the plan lets it. */
async function watched<T>(m: Migration, work: () => Promise<T>): Promise<T> {
  const watch = new CancellationScope();
  const watching = watch.run(() => m.background(() => watchPlan(m)));
  try {
    return await work();
  } finally {
    watch.cancel();
    await CancellationScope.nonCancellable(() => watching);
  }
}

async function afterCopy(m: Migration, end: CopyEnd): Promise<PhaseEnd> {
  const { carry, view } = m;
  switch (end.kind) {
    case 'done': {
      endPass(m);
      if (carry.order.kind !== 'cutOver') {
        carry.phase = 'upToDate';
        return undefined;
      }
      const { failed, skipped } = end.counters;
      return { state: end.isClean && failed + skipped === 0 ? 'completed' : 'completedWithIssues' };
    }
    case 'fatal':
      return { state: 'failed', fault: { text: end.text, side: end.side } };
    case 'hopeless':
      return { state: 'failed', fault: { text: end.text } };
    case 'continue':
      return 'continue';
    case 'slotLost':
      carry.phase = 'slot';
      return undefined;
    case 'throttled':
      carry.phase = 'slot';
      view.throttledUntil = new Date(Date.now() + end.retryAfterMs).toISOString();
      m.row.setState('throttled', { fault: end.text });
      await m.releaseSlot();
      return undefined;
    case 'credential':
      askAgain(m, end.sides, end.text);
      await m.releaseSlot();
      return undefined;
  }
}
