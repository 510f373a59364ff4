import { endToTell } from '../../src/domain/end-to-tell';
import { noCounters } from '../../src/domain/item-counts';
import type { MigrationState } from '../../src/domain/migration';

const now = new Date('2026-03-14T12:00:00Z');
const later = new Date('2026-03-15T12:00:00Z');
const fault = { code: 'ErrorQuotaExceeded', remedy: 'freeSpace', message: 'The target is full.' } as const;

/** A row that has gone through these states, and stands in the last. */
function row(states: readonly MigrationState[], told: { credentialsDestroyAt?: Date } = {}) {
  const timeline = states.map((state) => ({ state, at: now, ...(state === 'failed' && { fault }) }));
  const state = states.at(-1) ?? 'notStarted';
  const projection = { state, handledStartId: 'first', handledCredentialIds: [], timeline, ...told };
  return { asked: { startId: 'first', credentialIds: [] as string[] }, projection };
}

describe('endToTell', () => {
  it('tells of passwords that are kept for Retry until their time, and then that they are destroyed', () => {
    const failed = row(['working', 'failed'], { credentialsDestroyAt: later });
    const told = { isWhole: false, startedAnew: false, fault };
    expect(endToTell(failed, 'failed', now)).toEqual({ ...told, passwords: { kind: 'kept', until: later } });
    expect(endToTell(failed, 'failed', later)).toEqual({ ...told, passwords: { kind: 'destroyed' } });
  });

  it('does not call passwords destroyed with which the migration was started anew', () => {
    const retried = { isWhole: false, fault, startedAnew: true, passwords: { kind: 'inUse' } };
    expect(endToTell(row(['failed', 'starting', 'working']), 'failed', now)).toEqual(retried);
    const pressed = row(['failed'], { credentialsDestroyAt: later });
    pressed.asked.startId = 'second';
    expect(endToTell(pressed, 'failed', now)).toEqual(retried);
  });

  it('takes what is typed while a migration ends for no new start', () => {
    const stopped = row(['working', 'stopped']);
    stopped.asked.credentialIds.push('typed');
    expect(endToTell(stopped, 'stopped', now)).toMatchObject({
      startedAnew: false,
      passwords: { kind: 'destroyed' },
    });
  });

  it('tells that it was started anew also where it has ended otherwise since', () => {
    expect(endToTell(row(['failed', 'starting', 'completed']), 'failed', now)).toMatchObject({
      startedAnew: true,
      passwords: { kind: 'destroyed' },
    });
  });

  it('tells the newest of several ends of a kind as it stands', () => {
    const twice = row(['completedWithIssues', 'starting', 'completed']);
    expect(endToTell(twice, 'completed', now)).toMatchObject({ isWhole: true, startedAnew: false });
  });

  it('calls whole what has ended so and of which no figure tells otherwise', () => {
    const isWhole = (states: readonly MigrationState[], failed = 0) =>
      endToTell({ ...row(states), counters: { ...noCounters, found: failed, failed } }, 'completed', now)
        ?.isWhole;
    expect(isWhole(['completed'])).toBe(true);
    expect(isWhole(['completed', 'starting', 'working'])).toBe(true);
    expect(isWhole(['completed', 'starting', 'working'], 2)).toBe(false);
    expect(isWhole(['completedWithIssues', 'starting'])).toBe(false);
  });

  it('claims nothing of an end that the row does not know', () => {
    expect(endToTell(row(['starting', 'working']), 'failed', now)).toBeUndefined();
    expect(endToTell(row(['working', 'failed']), 'completed', now)).toBeUndefined();
  });
});
