import { refusalOf } from '../soap/message';
import { itemIdXml, shapeXml, envelope, type ShapeOptions } from '../soap/envelope';
import type { Element } from '../soap/element';
import type { Part } from '../soap/answer';
import type { Session } from '../session';

/** @see MS-OXWSCORE GetItem; answers in the order of the ids */
export function getItemXml(ids: readonly string[], shape: ShapeOptions): string {
  const list = ids.map((id) => itemIdXml({ id })).join('');
  return `<m:GetItem>${shapeXml('ItemShape', shape)}<m:ItemIds>${list}</m:ItemIds></m:GetItem>`;
}

/** The parts of the answer as they arrive; bulk elements are not kept. */
export async function getItemParts(
  session: Session,
  ids: readonly string[],
  shape: ShapeOptions,
  signal: AbortSignal,
): Promise<AsyncGenerator<Part, void, undefined>> {
  const answer = await session.call({
    body: envelope(session.settings.serverVersion, getItemXml(ids, shape)),
    signal,
  });
  return answer.parts;
}

/**
 * One response message per id, same order; its error, where it has one, is left to the caller.
 * @throws the refusal where the server answers all ids with one error
 */
export async function getItems(
  session: Session,
  ids: readonly string[],
  shape: ShapeOptions,
  signal: AbortSignal,
): Promise<Element[]> {
  return matched(await session.messages(getItemXml(ids, shape), signal), ids.length);
}

/** @throws the server's refusal, or UnevenAnswer, where there is not one message per item */
export function matched(messages: Element[], expected: number): Element[] {
  if (messages.length === expected) return messages;
  throw mismatch(messages);
}

/** For a whole batch a server may give one error. */
export function mismatch(messages: readonly Element[]): Error {
  const only = messages.length === 1 && messages[0] ? refusalOf(messages[0]) : undefined;
  return only ? only.ofWholeRequest() : new UnevenAnswer();
}

/** The answer has another number of response messages than the request has items. */
export class UnevenAnswer extends Error {
  override readonly name = 'UnevenAnswer';
}
