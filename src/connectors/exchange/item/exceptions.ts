import { child, textOf, type Element } from '../soap/element';
import { refusalOf } from '../soap/message';
import { getItems } from '../operations/get-item';
import type { Session } from '../session';
import { elementXml } from './elements';
import type { Exceptions } from './format';
import { shapeOf } from './kind';
import { itemOf } from './markup';

/** What a changed occurrence may differ in, with the name under which it is set. */
const compared: readonly (readonly [string, string])[] = [
  ['Subject', 'item:Subject'],
  ['Sensitivity', 'item:Sensitivity'],
  ['Body', 'item:Body'],
  ['Categories', 'item:Categories'],
  ['Importance', 'item:Importance'],
  ['ReminderIsSet', 'item:ReminderIsSet'],
  ['ReminderMinutesBeforeStart', 'item:ReminderMinutesBeforeStart'],
  ['Start', 'calendar:Start'],
  ['End', 'calendar:End'],
  ['IsAllDayEvent', 'calendar:IsAllDayEvent'],
  ['LegacyFreeBusyStatus', 'calendar:LegacyFreeBusyStatus'],
  ['Location', 'calendar:Location'],
];
const batch = 50;

export function hasExceptions(item: Element): boolean {
  return listed(item, 'ModifiedOccurrences').length > 0 || listed(item, 'DeletedOccurrences').length > 0;
}

/** The exceptions of a series, each read from the server. @throws EwsRefusal where one cannot be read */
export async function readExceptions(
  session: Session,
  master: Element,
  signal: AbortSignal,
): Promise<Exceptions> {
  const removed = listed(master, 'DeletedOccurrences').flatMap((each) => textOf(each, 'Start') ?? []);
  const changed: Exceptions['changed'] = [];
  const modified = listed(master, 'ModifiedOccurrences');
  for (let from = 0; from < modified.length; from += batch) {
    const slice = modified.slice(from, from + batch);
    const ids = slice.map((each) => child(each, 'ItemId')?.attributes['Id'] ?? '');
    const messages = await getItems(session, ids, shapeOf('calendar', false), signal);
    messages.forEach((message, index) => {
      const refusal = refusalOf(message);
      if (refusal) throw refusal;
      const occurrence = itemOf(message);
      const originalStart = textOf(slice[index], 'OriginalStart');
      if (occurrence && originalStart)
        changed.push({ originalStart, updates: updatesXml(occurrence, master, originalStart) });
    });
  }
  return { removed, changed };
}

function listed(item: Element, name: string): Element[] {
  return child(item, name)?.children ?? [];
}

function updatesXml(occurrence: Element, master: Element, originalStart: string): string {
  const moved =
    Date.parse(originalStart) !== timeOf(occurrence, 'Start') || lengthMs(occurrence) !== lengthMs(master);
  return compared
    .map(([name, uri]) => {
      const isTime = name === 'Start' || name === 'End';
      const now = elementXml(name, occurrence);
      const field = `<t:FieldURI FieldURI="${uri}"/>`;
      if (isTime ? !moved : now === elementXml(name, master)) return '';
      if (now === '') return `<t:DeleteItemField>${field}</t:DeleteItemField>`;
      return `<t:SetItemField>${field}<t:CalendarItem>${now}</t:CalendarItem></t:SetItemField>`;
    })
    .join('');
}

function timeOf(item: Element, name: string): number {
  return Date.parse(textOf(item, name) ?? '');
}

function lengthMs(item: Element): number {
  return timeOf(item, 'End') - timeOf(item, 'Start');
}
