import type { PlanPassResult } from '../../activities/plan-pass';
import { credentialGone, type FaultText } from '../../src/domain/faults';
import { askAgain, sidesOver } from './kept';
import type { Migration } from './migration';
import { readPlan } from './plan';

/**
 * Between passes: without slots, with the mailboxes closed and the credentials kept, until the next pass is due or asked for, or the
 * time of a credential is over.
 */
export async function stayUpToDate(m: Migration): Promise<'due' | 'signIn' | 'continue'> {
  const { carry } = m;
  for (;;) {
    if (m.isFull) return 'continue';
    const { next } = await readPlan(m);
    if (next.kind === 'now') return 'due';
    await m.releaseSlot();
    showNext(m, next);
    const over = sidesOver(m);
    if (over.length > 0) {
      askAgain(m, over, text);
      return 'signIn';
    }
    const moments = [
      next.at === undefined ? undefined : Date.parse(next.at),
      ...Object.values(carry.keptUntil),
    ];
    const first = Math.min(...moments.filter((moment) => moment !== undefined));
    await m.wait(() => carry.isPlanStale, Math.min(first - Date.now(), m.times.planLookMs));
  }
}

function showNext(m: Migration, { pass, at }: Extract<PlanPassResult['next'], { kind: 'later' }>): void {
  const { nextPass: shown } = m.view;
  const isShown = shown?.kind === pass && shown.at === at;
  m.view.nextPass = { kind: pass, ...(at === undefined ? {} : { at }) };
  m.row.setState('upToDate');
  if (!isShown) m.row.touch();
}

const text: FaultText = {
  code: credentialGone,
  remedy: 'signInAgain',
  message: 'The password was destroyed at the end of its time; the next pass needs it again.',
};
