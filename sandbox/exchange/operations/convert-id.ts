import type { Call, Operation } from '../call';
import { EwsError } from '../errors';
import { entryIdOf, frameEntryId } from '../store/ids';
import type { Element } from '../xml/element';
import { child } from '../xml/element';
import { respondEach } from './respond';
import { checkSequence, enumAttribute } from './schema-check';

const FORMATS = ['EwsLegacyId', 'EwsId', 'EntryId', 'HexEntryId', 'StoreId', 'OwaId'] as const;
type Format = (typeof FORMATS)[number];

/** @see MS-OXWSCVTID 3.1.4.1 ConvertId */
export const convertId: Operation = async (call, request, answer) => {
  checkSequence(request, ['SourceIds'], ['SourceIds']);
  const destination = enumAttribute(request, 'DestinationFormat', FORMATS);
  await respondEach(
    call,
    answer,
    'ConvertId',
    child(request, 'SourceIds')?.children ?? [],
    undefined,
    (element) => {
      const { entryId, mailboxGuid } = decode(call, element);
      const address =
        call.mailboxes.byMailboxGuid(mailboxGuid)?.settings.address ?? element.attrs['Mailbox'] ?? '';
      return () =>
        answer.raw(
          `<m:AlternateId xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="t:AlternateIdType" Format="${destination}" Id="${encode(destination, entryId, mailboxGuid)}" Mailbox="${address}"/>`,
        );
    },
  );
};

function decode(call: Call, element: Element): { entryId: Buffer; mailboxGuid: string } {
  const malformed = new EwsError('ErrorInvalidIdMalformed', 'Id is malformed.');
  const text = element.attrs['Id'] ?? '';
  const format = FORMATS.find((each) => each === element.attrs['Format']);
  const address = element.attrs['Mailbox'] ?? '';
  if (!format) throw malformed;
  if (format === 'EwsId' || format === 'EwsLegacyId') {
    const entryId = entryIdOf(text);
    if (!entryId) throw malformed;
    return { entryId, mailboxGuid: Buffer.from(text, 'base64').toString('latin1', 4, 40) };
  }
  const mailbox = call.mailboxes.byMailAddress(address);
  if (!mailbox)
    throw new EwsError('ErrorNonExistentMailbox', 'The SMTP address has no mailbox associated with it.');
  const entryId =
    format === 'HexEntryId' ? Buffer.from(text, 'hex') : Buffer.from(decodeURIComponent(text), 'base64');
  if (entryId.length !== 46 && entryId.length !== 70) throw malformed;
  return { entryId, mailboxGuid: mailbox.settings.mailboxGuid };
}

function encode(format: Format, entryId: Buffer, mailboxGuid: string): string {
  if (format === 'HexEntryId') return entryId.toString('hex').toUpperCase();
  if (format === 'EntryId' || format === 'StoreId') return entryId.toString('base64');
  return format === 'OwaId'
    ? encodeURIComponent(frameEntryId(mailboxGuid, entryId))
    : frameEntryId(mailboxGuid, entryId);
}
