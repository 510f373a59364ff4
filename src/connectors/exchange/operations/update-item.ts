import type { Session } from '../session';
import { itemIdXml } from '../soap/envelope';
import type { Element } from '../soap/element';
import { matched } from './get-item';

export interface ItemUpdate {
  id: string;
  changeKey: string;
  /** The children of `Updates`. */
  updates: string;
}

/**
 * Changes items where they still have the change key; one response message per item, same order. Nothing is sent to anybody.
 * @see MS-OXWSCORE UpdateItem, ConflictResolution NeverOverwrite
 */
export async function updateItems(
  session: Session,
  items: readonly ItemUpdate[],
  hold: () => Promise<void>,
  signal: AbortSignal,
): Promise<Element[]> {
  const changes = items
    .map((each) => `<t:ItemChange>${itemIdXml(each)}<t:Updates>${each.updates}</t:Updates></t:ItemChange>`)
    .join('');
  const operation =
    '<m:UpdateItem MessageDisposition="SaveOnly" ConflictResolution="NeverOverwrite" ' +
    'SendMeetingInvitationsOrCancellations="SendToNone" SuppressReadReceipts="true">' +
    `<m:ItemChanges>${changes}</m:ItemChanges></m:UpdateItem>`;
  return matched(await session.messages(operation, signal, hold), items.length);
}
