import { shownState } from '../../src/domain/shown-state';

describe('shownState', () => {
  const projection = { state: 'failed', handledStartId: 'a', handledCredentialIds: ['c'] } as const;

  it('is Not started until something is asked for', () => {
    expect(shownState({ asked: { credentialIds: [] } })).toBe('notStarted');
  });

  it('is Starting from the press of the button until the projection names it as handled', () => {
    expect(shownState({ asked: { startId: 'a', credentialIds: [] } })).toBe('starting');
    expect(shownState({ asked: { startId: 'b', credentialIds: [] }, projection })).toBe('starting');
    expect(shownState({ asked: { startId: 'a', credentialIds: [] }, projection })).toBe('failed');
  });

  it('is Checking sign-in while a credential is not handled', () => {
    expect(shownState({ asked: { startId: 'a', credentialIds: ['c', 'd'] }, projection })).toBe('verifying');
    expect(shownState({ asked: { startId: 'a', credentialIds: ['c'] }, projection })).toBe('failed');
  });
});
