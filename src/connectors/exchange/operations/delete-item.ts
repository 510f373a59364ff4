import type { Session } from '../session';
import { itemIdXml } from '../soap/envelope';
import type { Element } from '../soap/element';
import { matched } from './get-item';

/**
 * Removes items for good, without a trace in Deleted Items, and tells nobody; one response message per item, same order.
 * @see MS-OXWSCORE DeleteItem
 */
export async function deleteItems(
  session: Session,
  ids: readonly string[],
  hold: () => Promise<void>,
  signal: AbortSignal,
): Promise<Element[]> {
  const operation =
    '<m:DeleteItem DeleteType="HardDelete" SendMeetingCancellations="SendToNone" AffectedTaskOccurrences="AllOccurrences" ' +
    `SuppressReadReceipts="true"><m:ItemIds>${ids.map((id) => itemIdXml({ id })).join('')}</m:ItemIds></m:DeleteItem>`;
  return matched(await session.messages(operation, signal, hold), ids.length);
}
