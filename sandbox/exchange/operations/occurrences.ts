import { EwsError } from '../errors';
import { occurrenceAt } from '../properties/calendar';
import { expand } from '../properties/recurrence';
import { changeKey, occurrenceId } from '../store/ids';
import type { Mailbox } from '../store/mailbox';
import type { Item, Occurrence, Stored } from '../store/records';

/** An occurrence of a recurring master as an item of its own. @throws EwsError where the series has no such occurrence */
export function occurrenceItem(
  mailbox: Mailbox,
  master: Item,
  index: number,
): { item: Item; idElement: Stored } {
  const found = occurrenceAt(master, index);
  const slot = expand(master).at(index);
  if (!slot)
    throw new EwsError(
      'ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange',
      'Occurrence index is out of recurrence range.',
    );
  if (!found)
    throw new EwsError(
      'ErrorCalendarOccurrenceIsDeletedFromRecurrence',
      'Occurrence with this index was previously deleted from the recurrence.',
    );
  const inherited: Record<string, Stored> = { ...master.fields };
  delete inherited['Recurrence'];
  const own = (n: string, v: string): Record<string, Stored> => ({ [n]: { n, v } });
  const fields = {
    ...inherited,
    ...found.exception?.fields,
    ...own('Start', found.start),
    ...own('End', found.end),
    ...own('OriginalStart', slot.start),
    ...own('RecurrenceId', slot.start),
    ...own('IsRecurring', 'true'),
    ...own('CalendarItemType', found.exception ? 'Exception' : 'Occurrence'),
  };
  const body = found.exception?.body ? { body: found.exception.body } : {};
  const { id } = mailbox.itemIdOf(master);
  const key = changeKey(mailbox.identity, 'CalendarItem', found.exception?.modSeq ?? master.modSeq);
  const idElement = { n: 'ItemId', a: { Id: occurrenceId(id, index), ChangeKey: key }, v: [] };
  return { item: { ...master, ...body, fields }, idElement };
}

/** Changes or deletes one occurrence; the master changes with it. */
export function putOccurrence(mailbox: Mailbox, master: Item, occurrence: Occurrence): Item {
  const others = (master.occurrences ?? []).filter((each) => each.index !== occurrence.index);
  const occurrences = [...others, { ...occurrence, modSeq: mailbox.seq + 1 }].sort(
    (a, b) => a.index - b.index,
  );
  return mailbox.changeItem(master, { occurrences });
}

/** @throws EwsError where the series has no such occurrence */
export function deleteOccurrence(mailbox: Mailbox, master: Item, index: number): void {
  occurrenceItem(mailbox, master, index);
  const originalStart = expand(master).at(index)?.start ?? '';
  putOccurrence(mailbox, master, { index, originalStart, deleted: true, modSeq: 0, fields: {} });
}
