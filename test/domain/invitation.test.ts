import { endAddresses, invitationAddresses, signInNeededAddresses } from '../../src/domain/invitation';

const addresses = { sourceAddress: 'Ada@contoso.example', targetAddress: 'ada@fabrikam.example' };

describe('where mails go', () => {
  it.each([
    ['none', 'none', []],
    ['source', 'none', ['Ada@contoso.example']],
    ['none', 'target', ['ada@fabrikam.example']],
    ['source', 'target', ['Ada@contoso.example', 'ada@fabrikam.example']],
    ['both', 'none', ['Ada@contoso.example', 'ada@fabrikam.example']],
  ] as const)('an invitation goes to the union of %s and %s', (sourceChoice, targetChoice, to) => {
    expect(invitationAddresses({ ...addresses, sourceChoice, targetChoice }).to).toEqual(to);
  });

  it('is one mail where both addresses are equal but for their case', () => {
    const facts = { sourceAddress: 'Ada@contoso.example', targetAddress: 'ada@contoso.example' };
    expect(invitationAddresses({ ...facts, sourceChoice: 'both' }).to).toHaveLength(1);
  });

  it('goes to the invitation address instead, where there is one and mail is wanted at all', () => {
    const facts = { ...addresses, invitationEmail: 'boss@contoso.example' };
    expect(invitationAddresses({ ...facts, sourceChoice: 'both' }).to).toEqual(['boss@contoso.example']);
    expect(invitationAddresses({ ...facts, sourceChoice: 'none' }).to).toEqual([]);
  });

  it('ends with a mail to where the invitation went and to the target; with None there is none', () => {
    expect(endAddresses({ ...addresses, sourceChoice: 'source' })).toEqual([
      addresses.sourceAddress,
      addresses.targetAddress,
    ]);
    expect(endAddresses({ ...addresses, sourceChoice: 'none' })).toEqual([]);
    expect(signInNeededAddresses({ ...addresses, targetChoice: 'target' })).toHaveLength(2);
    expect(signInNeededAddresses(addresses)).toEqual([]);
  });
});
