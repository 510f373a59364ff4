import type { PutItem } from '../../connector';
import { MalformedItem, stamped, type Exceptions } from '../item/format';
import { stampXml } from '../item/stamp';
import type { Session } from '../session';
import { envelopeEnd, envelopeStart, folderIdXml } from '../soap/envelope';
import { Fault } from '../../../domain/faults';
import { collect } from '../session';
import type { Element } from '../soap/element';

export interface Created {
  /** Response messages, one per item where the server answers as it should. */
  messages: Element[];
  /** Per item, what is still to be done to it. */
  exceptions: (Exceptions | undefined)[];
}

/**
 * Makes items with one request, whose body is written while their contents are read. Nothing is sent to anybody.
 * @see MS-OXWSCORE CreateItem
 * @throws Fault with `notDone` where a content cannot be read to its end: the request then was not completed
 */
export async function createItems(
  session: Session,
  folderId: string,
  items: readonly PutItem[],
  hold: () => Promise<void>,
  signal: AbortSignal,
): Promise<Created> {
  const exceptions: (Exceptions | undefined)[] = [];
  const body = requestBody(session, folderId, items, exceptions);
  const answer = await session.call({ body, hold, signal });
  return { messages: await collect(answer.parts), exceptions };
}

async function* requestBody(
  session: Session,
  folderId: string,
  items: readonly PutItem[],
  exceptions: (Exceptions | undefined)[],
): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from(
    envelopeStart(session.settings.serverVersion) +
      '<m:CreateItem MessageDisposition="SaveOnly" SendMeetingInvitations="SendToNone">' +
      `<m:SavedItemFolderId>${folderIdXml(folderId)}</m:SavedItemFolderId><m:Items>`,
  );
  for (const item of items) exceptions.push(yield* contentOf(item));
  yield Buffer.from(`</m:Items></m:CreateItem>${envelopeEnd}`);
}

async function* contentOf(item: PutItem): AsyncGenerator<Buffer, Exceptions | undefined, undefined> {
  const content = item.open();
  try {
    return yield* stamped(content, (header) =>
      stampXml({ ...item.stamp, unfinished: item.stamp.unfinished || header.series }),
    );
  } catch (error) {
    throw unread(error);
  } finally {
    content.destroy();
  }
}

/** The request stays without its end, so that the server cannot have done it. */
function unread(error: unknown): unknown {
  if (error instanceof Fault) return new Fault(error.details, error.text, true);
  if (error instanceof MalformedItem || error instanceof SyntaxError) {
    const text = {
      code: 'MalformedItem',
      remedy: 'askSupport',
      message: 'What was read of an item is not whole.',
    } as const;
    return new Fault({ kind: 'retryable' }, text, true);
  }
  return error;
}
