import { isActionable, rowActions } from '../../src/domain/administrator-actions';
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

  it('is something in every state', () => {
    for (const state of migrationStates)
      expect(rowActions.some((action) => isActionable(action, state))).toBe(true);
  });
});
