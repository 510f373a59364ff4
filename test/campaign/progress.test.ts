import type { Row } from './product';
import { moments, Progress } from './progress';

const row: Row = {
  id: 'row',
  state: 'working',
  epoch: 1,
  startPending: false,
  hasIssues: false,
  ends: [],
  passesEnded: 0,
  copied: 50,
  changedInTarget: 0,
  step: 'copying',
};

describe('the progress of a run', () => {
  it('has faults due before the first sign-in, in its course, and at its end', async () => {
    const progress = new Progress(1);
    expect(await progress.reached(moments.signIn)).toBe(true);
    const due: string[] = [];
    const all = ['half', 'end'].map(async (name) => {
      await progress.reached(name === 'half' ? 0.5 : moments.end);
      due.push(name);
    });
    progress.see(row, 100);
    await all[0];
    expect(due).toEqual(['half']);
    progress.see({ ...row, state: 'completed' }, 100);
    await Promise.all(all);
  });

  it('has nothing due any more once it is given up, where a run breaks off', async () => {
    const progress = new Progress(1);
    const due = progress.reached(0.5);
    progress.abandon();
    expect(await due).toBe(false);
  });
});
