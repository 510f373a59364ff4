import type { Operation } from '../call';
import { EwsError, schemaFault } from '../errors';
import { attachmentBytes } from '../mime/compose';
import { decodeText, readMessage } from '../mime/read-message';
import { attachmentFrom, sizeOf } from '../properties/apply';
import { orderOf } from '../properties/schema';
import { renderAttachmentHead } from '../properties/render-item';
import { attachmentId } from '../store/ids';
import type { Mailbox } from '../store/mailbox';
import type { Attachment, Embedded, Item, Stored } from '../store/records';
import type { Answer } from '../xml/answer';
import type { Element } from '../xml/element';
import { child, childText } from '../xml/element';
import { checkLimits } from './create-item';
import { resolveAttachment, resolveItem } from './resolve';
import { respondEach } from './respond';
import { checkSequence } from './schema-check';

/** @see MS-OXWSATT 3.1.4.3 GetAttachment */
export const getAttachment: Operation = async (call, request, answer) => {
  checkSequence(request, ['AttachmentShape', 'AttachmentIds'], ['AttachmentIds']);
  const shape = child(request, 'AttachmentShape');
  const mime = /^(true|1)$/.test((shape && childText(shape, 'IncludeMimeContent')) ?? '');
  await respondEach(
    call,
    answer,
    'GetAttachment',
    child(request, 'AttachmentIds')?.children ?? [],
    'm:Attachments',
    (element) => {
      const { mailbox, item, attachment } = resolveAttachment(call, element.attrs['Id'] ?? '');
      return async () => {
        answer.open('m:Attachments');
        if (attachment.item)
          await writeItemAttachment(answer, mailbox, item, attachment, attachment.item, mime);
        else await writeFileAttachment(answer, mailbox, item, attachment);
        answer.close('m:Attachments');
      };
    },
  );
};

async function writeFileAttachment(
  answer: Answer,
  mailbox: Mailbox,
  item: Item,
  attachment: Attachment,
): Promise<void> {
  answer.open('t:FileAttachment');
  renderAttachmentHead(answer, mailbox, item, attachment);
  answer.element('t:IsContactPhoto', String(attachment.photo === true));
  answer.raw('<t:Content>');
  await answer.base64(attachmentBytes(mailbox, attachment));
  answer.raw('</t:Content>');
  answer.close('t:FileAttachment');
}

async function writeItemAttachment(
  answer: Answer,
  mailbox: Mailbox,
  item: Item,
  attachment: Attachment,
  embedded: Embedded,
  mime: boolean,
): Promise<void> {
  const inner = await completed(mailbox, attachment, embedded);
  answer.open('t:ItemAttachment');
  renderAttachmentHead(answer, mailbox, item, attachment);
  answer.open(`t:${inner.element}`);
  if (mime && attachment.data) {
    answer.raw('<t:MimeContent CharacterSet="UTF-8">');
    await answer.base64(attachmentBytes(mailbox, attachment));
    answer.raw('</t:MimeContent>');
  }
  writeEmbeddedFields(answer, mailbox, inner);
  answer.close(`t:${inner.element}`);
  answer.close('t:ItemAttachment');
}

/** An attached message from a MIME part gets its properties from its own headers. */
async function completed(mailbox: Mailbox, attachment: Attachment, embedded: Embedded): Promise<Embedded> {
  if (!attachment.data || attachment.data.encoding !== 'none') return embedded;
  const { fields, body, itemClass } = await readMessage(
    mailbox.contents,
    attachment.data.content,
    attachment.modified,
  );
  return { ...embedded, itemClass, fields: { ...fields, ...embedded.fields }, ...(body ? { body } : {}) };
}

function writeEmbeddedFields(answer: Answer, mailbox: Mailbox, inner: Embedded): void {
  const own: Record<string, Stored> = { ...inner.fields, ItemClass: { n: 'ItemClass', v: inner.itemClass } };
  const body = inner.body;
  if (body)
    own['Body'] = {
      n: 'Body',
      a: { BodyType: body.html ? 'HTML' : 'Text' },
      v: decodeText(mailbox.contents, body),
    };
  for (const name of orderOf(inner.element).keys()) if (own[name]) answer.stored(own[name]);
}

/** @see MS-OXWSATT 3.1.4.1 CreateAttachment */
export const createAttachment: Operation = async (call, request, answer) => {
  checkSequence(request, ['ParentItemId', 'Attachments'], ['ParentItemId', 'Attachments']);
  const parent = child(request, 'ParentItemId');
  if (!parent) throw schemaFault("The element 'CreateAttachment' has incomplete content.");
  await respondEach(
    call,
    answer,
    'CreateAttachment',
    child(request, 'Attachments')?.children ?? [],
    'm:Attachments',
    (element) => {
      const at = resolveItem(call, parent);
      const made = attachmentFrom(at.mailbox, element);
      checkLimits(call, at.mailbox, at.item.sizeBytes + made.sizeBytes, made.sizeBytes);
      const changed = withAttachments(at.mailbox, at.item, [...at.item.attachments, made]);
      return () => {
        answer.open('m:Attachments');
        const name = made.item ? 't:ItemAttachment' : 't:FileAttachment';
        const { id, changeKey } = at.mailbox.itemIdOf(changed);
        answer.open(name);
        answer.empty('t:AttachmentId', {
          Id: attachmentId(at.mailbox.identity, changed.folder, changed.counter, made.key),
          RootItemId: id,
          RootItemChangeKey: changeKey,
        });
        answer.close(name);
        answer.close('m:Attachments');
      };
    },
  );
};

/** @see MS-OXWSATT 3.1.4.2 DeleteAttachment */
export const deleteAttachment: Operation = async (call, request, answer) => {
  checkSequence(request, ['AttachmentIds'], ['AttachmentIds']);
  await respondEach(
    call,
    answer,
    'DeleteAttachment',
    child(request, 'AttachmentIds')?.children ?? [],
    'm:RootItemId',
    (element: Element) => {
      const { mailbox, item, attachment } = resolveAttachment(call, element.attrs['Id'] ?? '');
      const changed = withAttachments(
        mailbox,
        item,
        item.attachments.filter((each) => each !== attachment),
      );
      const { id, changeKey } = mailbox.itemIdOf(changed);
      return () => answer.empty('m:RootItemId', { RootItemId: id, RootItemChangeKey: changeKey });
    },
  );
};

/** The MIME that the item came with no longer tells the truth, so it goes. */
function withAttachments(mailbox: Mailbox, item: Item, attachments: readonly Attachment[]): Item {
  const current = mailbox.item(item.counter);
  if (!current) throw new EwsError('ErrorItemNotFound', 'The specified object was not found in the store.');
  const next = { ...current, attachments };
  delete (next as { mime?: unknown }).mime;
  return mailbox.changeItem(current, {
    attachments,
    mime: undefined,
    mimeHeaderBytes: undefined,
    sizeBytes: sizeOf(next),
  });
}
