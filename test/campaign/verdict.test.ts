import { emptyVerdict } from './oracle';
import { worstOf } from './run';
import { allTogether } from './verdict';

describe('the mailboxes of a run, judged as one', () => {
  it('have what is wrong with any of them, and all that was counted', () => {
    const item = (key: string) => ({ path: '/Inbox', key, hash: 'h' });
    const first = { verdict: { ...emptyVerdict(), lost: [item('a')] }, compared: 3, claims: [], reasons: {} };
    const second = {
      verdict: { ...emptyVerdict(), lost: [item('b')], named: [item('c')] },
      compared: 4,
      claims: ['second: found: the report says 1, it is 2'],
      reasons: { TooLarge: 1 },
    };
    expect(allTogether([first, second], ['2 slots are left when all have ended'])).toEqual({
      verdict: { ...emptyVerdict(), lost: [item('a'), item('b')], named: [item('c')] },
      compared: 7,
      claims: ['2 slots are left when all have ended', 'second: found: the report says 1, it is 2'],
      reasons: { TooLarge: 1 },
    });
  });

  it('ended as the one that ended worst, and without an end where one had none', () => {
    expect(worstOf(['completed', 'completed'])).toBe('completed');
    expect(worstOf(['completed', 'completedWithIssues', 'completed'])).toBe('completedWithIssues');
    expect(worstOf(['completedWithIssues', 'failed', 'completed'])).toBe('failed');
    expect(worstOf(['failed', 'stuck:scheduled', 'completed'])).toBe('stuck:scheduled');
  });
});
