import type { Operation } from '../call';
import { child, childText } from '../xml/element';
import { writeErrorBody } from './respond';
import { EwsError } from '../errors';

/** Minimal: every known mailbox answers with an empty free/busy view. @see MS-OXWSAVAIL 3.1.4.1 GetUserAvailability */
export const getUserAvailability: Operation = async (call, request, answer) => {
  answer.open('m:FreeBusyResponseArray');
  for (const data of child(request, 'MailboxDataArray')?.children ?? []) {
    const email = child(data, 'Email');
    const known = call.mailboxes.byMailAddress((email && childText(email, 'Address')) ?? '');
    answer.open('m:FreeBusyResponse');
    answer.open('m:ResponseMessage', { ResponseClass: known ? 'Success' : 'Error' });
    if (known) answer.element('m:ResponseCode', 'NoError');
    else
      writeErrorBody(
        answer,
        new EwsError(
          'ErrorMailRecipientNotFound',
          'Unable to resolve e-mail address to an Active Directory object.',
        ),
      );
    answer.close('m:ResponseMessage');
    if (known)
      answer.raw(
        '<m:FreeBusyView><t:FreeBusyViewType>FreeBusy</t:FreeBusyViewType><t:CalendarEventArray/></m:FreeBusyView>',
      );
    answer.close('m:FreeBusyResponse');
  }
  answer.close('m:FreeBusyResponseArray');
  await answer.relieve();
};
