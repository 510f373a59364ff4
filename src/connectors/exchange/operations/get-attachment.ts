import { escapeAttribute } from '../soap/text';
import { envelope } from '../soap/envelope';
import type { Part } from '../soap/answer';
import type { Session } from '../session';

/** One attachment with its content, an attached item as MIME where it has one. @see MS-OXWSATT GetAttachment */
export async function getAttachmentParts(
  session: Session,
  id: string,
  signal: AbortSignal,
): Promise<AsyncGenerator<Part, void, undefined>> {
  const operation =
    '<m:GetAttachment><m:AttachmentShape><t:IncludeMimeContent>true</t:IncludeMimeContent></m:AttachmentShape>' +
    `<m:AttachmentIds><t:AttachmentId Id="${escapeAttribute(id)}"/></m:AttachmentIds></m:GetAttachment>`;
  const answer = await session.call({ body: envelope(session.settings.serverVersion, operation), signal });
  return answer.parts;
}
