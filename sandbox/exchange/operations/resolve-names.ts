import type { Operation } from '../call';
import { EwsError } from '../errors';
import type { Answer } from '../xml/answer';
import type { Mailbox } from '../store/mailbox';
import { childText } from '../xml/element';
import { writeErrorBody } from './respond';
import { checkSequence } from './schema-check';

/** Finds mailboxes of the organisation by the start of name or address. @see MS-OXWSRSLNM 3.1.4.1 ResolveNames */
export const resolveNames: Operation = async (call, request, answer) => {
  checkSequence(request, ['ParentFolderIds', 'UnresolvedEntry'], ['UnresolvedEntry']);
  const wanted = (childText(request, 'UnresolvedEntry') ?? '').replace(/^smtp:/i, '').toLowerCase();
  const found = call.mailboxes
    .list()
    .filter(({ settings }) =>
      [settings.address, settings.displayName].some((each) => each.toLowerCase().startsWith(wanted)),
    );
  answer.open('m:ResponseMessages');
  answer.open('m:ResolveNamesResponseMessage', {
    ResponseClass: found.length === 1 ? 'Success' : found.length === 0 ? 'Error' : 'Warning',
  });
  if (found.length === 0)
    writeErrorBody(answer, new EwsError('ErrorNameResolutionNoResults', 'No results were found.'));
  else {
    if (found.length > 1)
      writeErrorBody(
        answer,
        new EwsError('ErrorNameResolutionMultipleResults', 'Multiple results were found.'),
      );
    else answer.element('m:ResponseCode', 'NoError');
    writeResolutions(answer, found);
  }
  answer.close('m:ResolveNamesResponseMessage');
  answer.close('m:ResponseMessages');
  await answer.relieve();
};

function writeResolutions(answer: Answer, found: readonly Mailbox[]): void {
  answer.open('m:ResolutionSet', { TotalItemsInView: String(found.length), IncludesLastItemInRange: 'true' });
  for (const { settings } of found.slice(0, 100)) {
    answer.open('t:Resolution');
    answer.open('t:Mailbox');
    answer.element('t:Name', settings.displayName);
    answer.element('t:EmailAddress', settings.address);
    answer.element('t:RoutingType', 'SMTP');
    answer.element('t:MailboxType', 'Mailbox');
    answer.close('t:Mailbox');
    answer.close('t:Resolution');
  }
  answer.close('m:ResolutionSet');
}
