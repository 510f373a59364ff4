import { escapeAttribute } from '../soap/text';
import { envelope } from '../soap/envelope';
import type { Answer, Session } from '../session';

/** One attachment with its content, an attached item as MIME where it has one; to be destroyed. @see MS-OXWSATT GetAttachment */
export async function getAttachment(session: Session, id: string, signal: AbortSignal): Promise<Answer> {
  const operation =
    '<m:GetAttachment><m:AttachmentShape><t:IncludeMimeContent>true</t:IncludeMimeContent></m:AttachmentShape>' +
    `<m:AttachmentIds><t:AttachmentId Id="${escapeAttribute(id)}"/></m:AttachmentIds></m:GetAttachment>`;
  return session.call({ body: envelope(session.settings.serverVersion, operation), signal });
}
