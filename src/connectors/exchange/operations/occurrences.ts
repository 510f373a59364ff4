import { meaningOf } from '../codes';
import { itemOf } from '../item/markup';
import type { Exceptions } from '../item/format';
import { EwsRefusal } from '../refusal';
import { collect, type Session } from '../session';
import { envelope, shapeXml } from '../soap/envelope';
import { textOf, type Element } from '../soap/element';
import { escapeAttribute } from '../soap/text';
import { idOf, refusalOf } from '../soap/message';
import { matched } from './get-item';
import { deleteItems } from './delete-item';
import { updateItems } from './update-item';

const batch = 100;
const startShape = { fields: ['calendar:Start'] };

interface Occurrence {
  id: string;
  changeKey: string;
}

/** What was found of the occurrences that were looked for, by their start in ms. */
interface Found {
  occurrences: Map<number, Occurrence>;
  /** When the last of the series begins; infinite where it was not met. */
  lastStart: number;
}

/**
 * Makes the exceptions of a series that was just created: removes and changes single occurrences. What is not in the series and is to be
 * removed only behind its end is removed already.
 *
 * @throws EwsRefusal where the server refuses one, and of our own, with nothing done, where one is not there: the server reads the series
 *   otherwise than the one it comes from
 */
export async function makeExceptions(
  session: Session,
  masterId: string,
  { removed, changed }: Exceptions,
  hold: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const wanted = [...removed, ...changed.map((each) => each.originalStart)].map((each) => Date.parse(each));
  const { occurrences, lastStart } = await findOccurrences(session, masterId, wanted, signal);
  const at = (start: string): Occurrence => {
    const occurrence = occurrences.get(Date.parse(start));
    if (!occurrence) throw new EwsRefusal('OccurrenceNotFound', { ofOneItem: true });
    return occurrence;
  };
  const changes = changed.map(({ originalStart, updates }) => ({ ...at(originalStart), updates }));
  const removals = removed.filter((start) => Date.parse(start) <= lastStart).map((start) => at(start).id);
  for (const change of changes) throwFirst(await updateItems(session, [change], hold, signal));
  if (removals.length > 0) throwFirst(await deleteItems(session, removals, hold, signal));
}

/**
 * Looks among the first occurrences, and where these are not all, asks with one request where each hundredth is, so that only the hundreds
 * in which the others must be are looked through.
 */
async function findOccurrences(
  session: Session,
  masterId: string,
  starts: readonly number[],
  signal: AbortSignal,
): Promise<Found> {
  const wanted = new Set(starts);
  const occurrences = new Map<number, Occurrence>();
  let last = -Infinity;
  const look = async (first: number, step: number) => {
    const seen = await occurrencesFrom(session, masterId, first, step, signal);
    for (const { start, ...occurrence } of seen.found) {
      last = Math.max(last, start);
      if (wanted.has(start)) occurrences.set(start, occurrence);
    }
    return seen;
  };
  const { isEnd } = await look(1, 1);
  if (isEnd || occurrences.size === wanted.size) return { occurrences, lastStart: isEnd ? last : Infinity };
  const marks = await look(1 + batch, batch);
  for (const [at, { start, index }] of marks.found.entries()) {
    const end = marks.found[at + 1]?.start ?? Infinity;
    const isAmong = (each: number) => each >= start && each < end && !occurrences.has(each);
    if ([...wanted].some(isAmong)) await look(index, 1);
  }
  return { occurrences, lastStart: marks.isEnd ? last : Infinity };
}

const endOfSeries = new Set(['ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange']);

/** As many occurrences as one request asks for, in their order, and whether the series ends before the last of them. */
async function occurrencesFrom(
  session: Session,
  masterId: string,
  first: number,
  step: number,
  signal: AbortSignal,
): Promise<{ found: (Occurrence & { index: number; start: number })[]; isEnd: boolean }> {
  const indexes = Array.from({ length: batch }, (_, at) => first + at * step);
  const master = escapeAttribute(masterId);
  const ids = indexes.map(
    (at) => `<t:OccurrenceItemId RecurringMasterId="${master}" InstanceIndex="${at}"/>`,
  );
  const operation = `<m:GetItem>${shapeXml('ItemShape', startShape)}<m:ItemIds>${ids.join('')}</m:ItemIds></m:GetItem>`;
  const answer = await session.call({ body: envelope(session.settings.serverVersion, operation), signal });
  const messages = matched(await collect(answer.parts), batch);
  const refusals = messages.map(refusalOf);
  const end = refusals.findIndex((refusal) => refusal && endOfSeries.has(refusal.code));
  const found = messages.slice(0, end < 0 ? batch : end).flatMap((message, at) => {
    const refusal = refusals[at];
    if (refusal && meaningOf(refusal.code) !== 'itemGone') throw refusal;
    const item = itemOf(message);
    const start = Date.parse(textOf(item, 'Start') ?? '');
    const occurrence = idOf(item);
    return occurrence && !Number.isNaN(start) ? { ...occurrence, index: indexes[at] ?? 0, start } : [];
  });
  return { found, isEnd: end >= 0 };
}

function throwFirst(messages: readonly Element[]): void {
  for (const message of messages) {
    const refusal = refusalOf(message);
    if (refusal) throw refusal;
  }
}
