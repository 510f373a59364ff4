import type { Operation } from '../call';
import { EwsError } from '../errors';
import type { Mailbox } from '../store/mailbox';
import type { Item } from '../store/records';
import { child } from '../xml/element';
import { deleteOccurrence } from './occurrences';
import { resolveItem } from './resolve';
import { respondEach } from './respond';
import { checkSequence, enumAttribute } from './schema-check';
import { noteSending } from './sending';

/** @see MS-OXWSCORE 3.1.4.3 DeleteItem */
export const deleteItem: Operation = async (call, request, answer) => {
  checkSequence(request, ['ItemIds'], ['ItemIds']);
  const type = enumAttribute(request, 'DeleteType', [
    'HardDelete',
    'SoftDelete',
    'MoveToDeletedItems',
  ] as const);
  const cancellations = request.attrs['SendMeetingCancellations'];
  await respondEach(
    call,
    answer,
    'DeleteItem',
    child(request, 'ItemIds')?.children ?? [],
    undefined,
    (element) => {
      const { mailbox, item, occurrence } = resolveItem(call, element);
      if (item.element === 'CalendarItem' && cancellations === undefined) {
        throw new EwsError(
          'ErrorSendMeetingCancellationsRequired',
          'SendMeetingCancellations attribute is required for Calendar items.',
        );
      }
      if (item.element === 'Task' && request.attrs['AffectedTaskOccurrences'] === undefined) {
        throw new EwsError(
          'ErrorAffectedTaskOccurrencesRequired',
          'AffectedTaskOccurrences attribute is required for Task items.',
        );
      }
      if (occurrence === undefined) removeAs(mailbox, item, type);
      else deleteOccurrence(mailbox, item, occurrence);
      noteSending(
        call,
        'DeleteItem',
        item,
        false,
        cancellations !== undefined && cancellations !== 'SendToNone',
      );
      return () => undefined;
    },
  );
};

export function removeAs(
  mailbox: Mailbox,
  item: Item,
  type: 'HardDelete' | 'SoftDelete' | 'MoveToDeletedItems',
): void {
  const name = type === 'SoftDelete' ? 'recoverableitemsdeletions' : 'deleteditems';
  const bin = type === 'HardDelete' ? undefined : mailbox.folderByName(name);
  if (bin && bin.record.counter !== item.folder) mailbox.moveItem(item, bin.record.counter);
  else mailbox.removeItem(item);
}
