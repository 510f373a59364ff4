import { child, textOf, type Element } from '../soap/element';
import { escapeText } from '../soap/text';
import { refusalOf } from '../soap/message';
import { getAttachment } from '../operations/get-attachment';
import type { Answer, Session } from '../session';
import { copyKindOf } from './kind';
import { embeddedXml } from './markup';
import { EwsRefusal } from '../refusal';

/** Attachments of an item as GetItem lists them; none where it has none. */
export function listedAttachments(item: Element): Element[] {
  return child(item, 'Attachments')?.children ?? [];
}

/**
 * The `Attachments` of an item with their content inline, as it arrives; nothing where there are none.
 * @throws EwsRefusal where one cannot be read, and what the session throws
 */
export async function* attachmentsXml(
  session: Session,
  item: Element,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const listed = listedAttachments(item);
  if (listed.length === 0) return;
  yield Buffer.from('<t:Attachments>');
  for (const each of listed) yield* attachmentXml(session, each, signal);
  yield Buffer.from('</t:Attachments>');
}

async function* attachmentXml(
  session: Session,
  listed: Element,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const id = child(listed, 'AttachmentId')?.attributes['Id'];
  const isFile = listed.name === 'FileAttachment';
  if (id === undefined || (!isFile && listed.name !== 'ItemAttachment')) {
    // A link to a file elsewhere is no content that could be carried.
    throw new EwsRefusal('ErrorCannotOpenFileAttachment', { ofOneItem: true });
  }
  yield Buffer.from(`<t:${listed.name}>${namesXml(listed, isFile)}`);
  const answer = await getAttachment(session, id, signal);
  try {
    yield* isFile ? fileXml(answer) : embeddedItemXml(answer);
  } finally {
    answer.destroy();
  }
  yield Buffer.from(`</t:${listed.name}>`);
}

async function* fileXml({ parts }: Answer): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from('<t:Content>');
  for await (const part of parts) {
    if (part.kind === 'bulk' && part.of.name === 'Content') yield part.bytes;
    const refusal = part.kind === 'message' ? refusalOf(part.message) : undefined;
    if (refusal) throw refusal;
  }
  yield Buffer.from('</t:Content>');
}

/** An attached mail as MIME, piped; anything else property by property. */
async function* embeddedItemXml({ parts }: Answer): AsyncGenerator<Buffer, void, undefined> {
  let piped = false;
  for await (const part of parts) {
    if (part.kind === 'bulk' && part.of.name === 'MimeContent') {
      if (!piped) yield Buffer.from('<t:Message><t:MimeContent CharacterSet="UTF-8">');
      piped = true;
      yield part.bytes;
    } else if (part.kind === 'bulk') (part.of.bulk ??= []).push(part.bytes);
    else if (part.kind === 'message') {
      const refusal = refusalOf(part.message);
      if (refusal) throw refusal;
      yield Buffer.from(embeddedEnd(part.message, piped));
    }
  }
}

const itemElements = /^(Item|Message|CalendarItem|Contact|DistributionList|Task|PostItem|Meeting\w+)$/;

function embeddedEnd(message: Element, piped: boolean): string {
  const attachment = child(message, 'Attachments')?.children[0];
  const item = attachment?.children.find((each) => itemElements.test(each.name));
  const itemClass = textOf(item, 'ItemClass') ?? 'IPM.Note';
  if (piped) return `</t:MimeContent><t:ItemClass>${escapeText(itemClass)}</t:ItemClass></t:Message>`;
  if (!item) throw new EwsRefusal('ErrorItemCorrupt', { ofOneItem: true });
  const kind = copyKindOf(itemClass);
  return embeddedXml(kind === 'mime' ? 'plain' : kind, item);
}

function namesXml(listed: Element, isFile: boolean): string {
  const names = [
    'Name',
    'ContentType',
    'ContentId',
    'ContentLocation',
    'IsInline',
    ...(isFile ? ['IsContactPhoto'] : []),
  ];
  return names
    .map((name) => {
      const text = textOf(listed, name);
      return text ? `<t:${name}>${escapeText(text)}</t:${name}>` : '';
    })
    .join('');
}
