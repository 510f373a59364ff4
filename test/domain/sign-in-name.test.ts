import { signInNameOf } from '../../src/domain/sign-in-name';

describe('signInNameOf', () => {
  const address = 'anna.berger@contoso.example';

  it('is the address, or what the pattern makes of it', () => {
    expect(signInNameOf({ kind: 'address' }, address)).toBe(address);
    expect(signInNameOf({ kind: 'pattern', pattern: 'CONTOSO\\{local}' }, address)).toBe(
      'CONTOSO\\anna.berger',
    );
    expect(signInNameOf({ kind: 'pattern', pattern: '{local}@ad.{domain}' }, address)).toBe(
      'anna.berger@ad.contoso.example',
    );
  });

  it('is what was typed, wherever something was', () => {
    expect(signInNameOf({ kind: 'address' }, address, ' anna ')).toBe('anna');
    expect(signInNameOf({ kind: 'ask' }, address, 'anna')).toBe('anna');
  });

  it('is not known where the user has to be asked', () => {
    expect(signInNameOf({ kind: 'ask' }, address, ' ')).toBeUndefined();
  });
});
