import type { SignInRefusal } from '../../src/domain/migration';
import { signInWait } from '../../src/domain/sign-in-tries';

const now = new Date('2026-03-14T12:00:00Z');
const minutesAgo = (minutes: number, change: Partial<SignInRefusal> = {}): SignInRefusal => ({
  side: 'source',
  at: new Date(now.getTime() - minutes * 60_000),
  text: { code: 'HTTP 401', remedy: 'checkNameAndPassword', message: 'refused' },
  outcome: 'refused',
  ...change,
});

describe('signInWait', () => {
  it('lets a mailbox be tried while fewer than three sign-ins were refused in half an hour', () => {
    expect(signInWait([minutesAgo(1), minutesAgo(2)], 'source', now)).toBeUndefined();
    expect(signInWait([minutesAgo(1), minutesAgo(2), minutesAgo(31)], 'source', now)).toBeUndefined();
  });

  it('waits until the third newest refusal is half an hour old', () => {
    const refusals = [minutesAgo(25), minutesAgo(1), minutesAgo(10), minutesAgo(28)];
    expect(signInWait(refusals, 'source', now)).toEqual(new Date('2026-03-14T12:05:00Z'));
  });

  it('counts neither the other mailbox nor a server that was away', () => {
    const refusals = [minutesAgo(1), minutesAgo(2), minutesAgo(3, { side: 'target' })];
    expect(
      signInWait([...refusals, minutesAgo(3, { outcome: 'unreachable' })], 'source', now),
    ).toBeUndefined();
  });
});
