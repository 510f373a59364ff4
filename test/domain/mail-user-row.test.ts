import {
  isAddress,
  readHeader,
  readRow,
  type RowCells,
  type RowFaultKind,
} from '../../src/domain/mail-user-row';

const good: RowCells = { SourceEmail: 'anna@contoso.example', TargetEmail: 'anna@fabrikam.example' };
const faultsOf = (cells: RowCells): RowFaultKind[] => {
  const read = readRow({ ...good, ...cells });
  return 'faults' in read ? read.faults.map(({ kind }) => kind) : [];
};

describe('readRow', () => {
  it('needs two addresses and fills in the rest', () => {
    expect(readRow({ SourceEmail: ' Anna@Contoso.example ', TargetEmail: 'anna@fabrikam.example' })).toEqual({
      row: {
        firstName: '',
        lastName: '',
        source: { address: 'Anna@Contoso.example', recipientType: 'Standard' },
        target: { address: 'anna@fabrikam.example', recipientType: 'Standard' },
        batch: 'Default',
      },
    });
  });

  it('tells every fault of a row, not only the first', () => {
    expect(
      faultsOf({ SourceEmail: '', TargetEmail: 'x', Language: 'german', TargetRecipientType: 'Room' }),
    ).toEqual(['addressMissing', 'addressBad', 'recipientTypeUnknown', 'languageUnknown']);
  });

  it('takes no archive yet', () => {
    expect(faultsOf({ SourceRecipientType: 'archive' })).toEqual(['archiveNotYet']);
  });

  it('wants a person to invite and a name to sign in with for a shared mailbox or a room', () => {
    expect(faultsOf({ SourceRecipientType: 'SharedMailbox' })).toEqual([
      'userNameNeeded',
      'invitationEmailNeeded',
    ]);
    expect(faultsOf({ TargetRecipientType: 'RoomsAndEquipment' })).toEqual(['userNameNeeded']);
    const whole = {
      SourceRecipientType: 'sharedmailbox',
      SourceUserName: 'anna',
      InvitationEmail: 'anna@contoso.example',
    };
    expect(faultsOf(whole)).toEqual([]);
  });
});

describe('isAddress', () => {
  it.each(['a@b.example', "o'neil+x@mail.contoso.example", 'jörg@müller.example', 'x_y-z.1@a-b.co'])(
    'takes %s',
    (text) => {
      expect(isAddress(text)).toBe(true);
    },
  );

  it.each([
    'a',
    'a@b',
    '@b.example',
    'a@.example',
    'a@b.example\r\nBcc: x@y.example',
    'a b@c.example',
    '<a@b.example>',
    'a@b@c.example',
    'a@-b.example',
    `${'a'.repeat(65)}@b.example`,
  ])('refuses %j', (text) => {
    expect(isAddress(text)).toBe(false);
  });
});

describe('readHeader', () => {
  it('finds columns in any order and letter case, and names what it does not know, misses or has twice', () => {
    expect(readHeader(['targetemail', 'Phone', ' BATCHNAME ', 'BatchName'])).toEqual({
      places: ['TargetEmail', undefined, 'BatchName', 'BatchName'],
      unknown: ['Phone'],
      missing: ['SourceEmail'],
      twice: ['BatchName'],
    });
  });
});
