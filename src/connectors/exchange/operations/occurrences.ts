import { meaningOf } from '../codes';
import { itemOf } from '../item/markup';
import type { Exceptions } from '../item/format';
import { collect, type Session } from '../session';
import { envelope, shapeXml } from '../soap/envelope';
import { textOf, type Element } from '../soap/element';
import { escapeAttribute } from '../soap/text';
import { idOf, refusalOf } from '../soap/message';
import { matched } from './get-item';
import { deleteItems } from './delete-item';
import { updateItems } from './update-item';

const batch = 100;
/** Ten years of days. */
const mostOccurrences = 3700;
const startShape = { fields: ['calendar:Start'] };

/**
 * Makes the exceptions of a series that was just created: removes and changes single occurrences.
 * @throws EwsRefusal where the server refuses one
 */
export async function makeExceptions(
  session: Session,
  masterId: string,
  exceptions: Exceptions,
  hold: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const wanted = [...exceptions.removed, ...exceptions.changed.map((each) => each.originalStart)];
  const found = await findOccurrences(session, masterId, wanted, signal);
  for (const each of exceptions.changed) {
    const occurrence = found.get(Date.parse(each.originalStart));
    // An occurrence beyond the end of the series cannot be changed; it was none at the source either.
    if (!occurrence) continue;
    const messages = await updateItems(session, [{ ...occurrence, updates: each.updates }], hold, signal);
    throwFirst(messages);
  }
  const removed = exceptions.removed.flatMap((start) => found.get(Date.parse(start))?.id ?? []);
  if (removed.length > 0) throwFirst(await deleteItems(session, removed, hold, signal));
}

/** The occurrences that begin at the given times, by their start in ms. */
async function findOccurrences(
  session: Session,
  masterId: string,
  starts: readonly string[],
  signal: AbortSignal,
): Promise<Map<number, { id: string; changeKey: string }>> {
  const wanted = new Set(starts.map((each) => Date.parse(each)));
  const latest = Math.max(...wanted);
  const found = new Map<number, { id: string; changeKey: string }>();
  for (let first = 1; first <= mostOccurrences && found.size < wanted.size; first += batch) {
    for (const message of await occurrencesFrom(session, masterId, first, signal)) {
      const refusal = refusalOf(message);
      if (refusal && endOfSeries.has(refusal.code)) return found;
      if (refusal && meaningOf(refusal.code) !== 'itemGone') throw refusal;
      const item = itemOf(message);
      const start = Date.parse(textOf(item, 'Start') ?? '');
      const id = idOf(item);
      if (id && wanted.has(start)) found.set(start, id);
      if (start > latest) return found;
    }
  }
  return found;
}

const endOfSeries = new Set(['ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange']);

async function occurrencesFrom(
  session: Session,
  masterId: string,
  first: number,
  signal: AbortSignal,
): Promise<Element[]> {
  const ids = Array.from(
    { length: batch },
    (_, index) =>
      `<t:OccurrenceItemId RecurringMasterId="${escapeAttribute(masterId)}" InstanceIndex="${first + index}"/>`,
  ).join('');
  const operation = `<m:GetItem>${shapeXml('ItemShape', startShape)}<m:ItemIds>${ids}</m:ItemIds></m:GetItem>`;
  const answer = await session.call({ body: envelope(session.settings.serverVersion, operation), signal });
  return matched(await collect(answer.parts), batch);
}

function throwFirst(messages: readonly Element[]): void {
  for (const message of messages) {
    const refusal = refusalOf(message);
    if (refusal) throw refusal;
  }
}
