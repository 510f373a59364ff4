import {
  isActionable,
  isMeant,
  rowActions,
  rowFacts,
  wantsLookFirst,
} from '../../src/domain/administrator-actions';
import { endStates, migrationStates } from '../../src/domain/migration';

describe('what can be asked for a row', () => {
  it('is Start or Stop in every state, never both', () => {
    for (const state of migrationStates)
      expect([state, isActionable('start', state)]).toEqual([state, !isActionable('stop', state)]);
  });

  it('is Delete only where nothing runs', () => {
    const deletable = migrationStates.filter((state) => isActionable('delete', state));
    expect(deletable.sort()).toEqual(['notStarted', ...endStates].sort());
  });

  it('is a password wherever one is waited for, and while the start has not been taken yet', () => {
    for (const state of [
      'notStarted',
      'starting',
      'emailSent',
      'awaitingSignIn',
      'signInNeeded',
      'failed',
    ] as const)
      expect(isActionable('giveCredentials', state)).toBe(true);
    for (const state of ['working', 'scheduled', 'completed'] as const)
      expect(isActionable('giveCredentials', state)).toBe(false);
  });

  it('is Pause while something runs and no pause stands, and Resume while one does', () => {
    for (const state of migrationStates) {
      const runs = isActionable('stop', state);
      expect([state, isActionable('pause', state)]).toEqual([state, runs && state !== 'paused']);
      expect([state, isActionable('pause', state, { isPaused: true })]).toEqual([state, false]);
      expect([state, isActionable('resume', state, { isPaused: true })]).toEqual([state, runs]);
      expect([state, isActionable('resume', state)]).toEqual([state, state === 'paused']);
    }
  });

  it('is a further pass from the sign-in on, until the last one has begun', () => {
    const passable = migrationStates.filter((state) => isActionable('delta', state));
    expect(passable.sort()).toEqual(['scheduled', 'throttled', 'upToDate', 'working']);
    const facts = rowFacts({ pass: { kind: 'cutOver' } });
    expect(migrationStates.filter((state) => isActionable('cutOver', state, facts))).toEqual([]);
  });

  it('is no further pass where the one that is waited for is the last, and any between passes', () => {
    const nextPass = { kind: 'cutOver' } as const;
    for (const action of ['delta', 'cutOver'] as const) {
      expect(isActionable(action, 'scheduled', rowFacts({ state: 'scheduled', nextPass }))).toBe(false);
      expect(isActionable(action, 'upToDate', rowFacts({ state: 'upToDate', nextPass }))).toBe(true);
    }
  });

  it('is something in every state', () => {
    for (const state of migrationStates)
      expect(rowActions.some((action) => isActionable(action, state))).toBe(true);
  });
});

describe('what is meant of many that are selected', () => {
  it('is to start who has not moved; who has moved starts again only when he is selected alone', () => {
    for (const state of ['completed', 'completedWithIssues'] as const)
      expect([isMeant('start', state, 2), isMeant('start', state, 1)]).toEqual([false, true]);
    expect(isMeant('start', 'failed', 2)).toBe(true);
  });

  it('is to retry what failed, but a source that looks emptied only on its own: Retry says that somebody has looked', () => {
    const doubtful = rowFacts({
      state: 'failed',
      fault: { text: { remedy: 'checkSourceMailbox' } },
    });
    expect([isMeant('retry', 'failed', 500, doubtful), isMeant('retry', 'failed', 1, doubtful)]).toEqual([
      false,
      true,
    ]);
    expect(isMeant('retry', 'failed', 500, rowFacts({ state: 'failed' }))).toBe(true);
    expect([
      wantsLookFirst('retry', 'failed', Infinity, doubtful),
      wantsLookFirst('retry', 'failed', 1, doubtful),
    ]).toEqual([true, false]);
  });
});
