import { passwordsOf } from '../../src/domain/passwords-kept';

const now = new Date('2026-03-14T12:00:00Z');
const later = new Date('2026-03-15T12:00:00Z');
const before = new Date('2026-03-13T12:00:00Z');

describe('passwordsOf', () => {
  it('tells until when passwords are kept as long as that is to come', () => {
    expect(passwordsOf({ credentialsDestroyAt: later }, now)).toEqual({ keptUntil: later });
  });

  it('takes a moment that has passed for the moment they were destroyed: nobody is left to say so on the row', () => {
    expect(passwordsOf({ credentialsDestroyAt: before }, now)).toEqual({ destroyedAt: before });
  });

  it('tells when they were destroyed where the row says so', () => {
    const told = { credentialsDestroyAt: later, credentialsDestroyedAt: before };
    expect(passwordsOf(told, now)).toEqual({ destroyedAt: before });
  });

  it('tells nothing where none was given', () => {
    expect(passwordsOf(undefined, now)).toEqual({});
    expect(passwordsOf({}, now)).toEqual({});
  });
});
