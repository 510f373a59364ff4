import { createHash } from 'node:crypto';
import type { ContentRef, ContentStore } from '../content/content-store';
import type { Attachment, Body, EncodedContent, Encoding, Item, Stored } from '../store/records';
import {
  decodeCharset,
  decodeQuotedPrintable,
  decodeWords,
  parseAddresses,
  parseParameters,
} from './headers';
import type { MailAddress } from './headers';
import type { MimePart } from './scan';
import { MimeScanner } from './scan';

/** What a message's MIME says, in the words of an item. */
export type MessageFromMime = Pick<
  Item,
  'fields' | 'attachments' | 'mime' | 'mimeHeaderBytes' | 'itemClass'
> & {
  readonly body?: Body;
  readonly plainBody?: Body;
  readonly sent?: string;
};

/** Reads structure and headers of a stored MIME message in bounded memory. */
export async function readMessage(
  contents: ContentStore,
  mime: ContentRef,
  modified: string,
): Promise<MessageFromMime> {
  const scanner = new MimeScanner();
  if (mime.l <= 1 << 20) scanner.write(contents.read(mime));
  else for await (const chunk of contents.stream(mime)) scanner.write(chunk);
  return describeMessage(scanner.end(), mime, modified);
}

export function describeMessage(root: MimePart, mime: ContentRef, modified: string): MessageFromMime {
  const leaves = chooseLeaves(root);
  const sent = dateOf(header(root, 'date'));
  return {
    fields: fieldsOf(root),
    itemClass: classOf(root),
    attachments: leaves.attachments.map(({ part, related }, index) =>
      attachmentOf(part, related, mime, modified, index),
    ),
    mime,
    mimeHeaderBytes: root.bodyStart,
    ...(leaves.html
      ? { body: bodyOf(leaves.html, mime, true) }
      : leaves.plain
        ? { body: bodyOf(leaves.plain, mime, false) }
        : {}),
    ...(leaves.html && leaves.plain ? { plainBody: bodyOf(leaves.plain, mime, false) } : {}),
    ...(sent ? { sent } : {}),
  };
}

export function header(part: MimePart, name: string): string | undefined {
  return part.headers.find(([each]) => each === name)?.[1];
}

function classOf(root: MimePart): string {
  if (root.type === 'application/pkcs7-mime' || root.type === 'application/x-pkcs7-mime')
    return 'IPM.Note.SMIME';
  if (root.type === 'multipart/signed') return 'IPM.Note.SMIME.MultipartSigned';
  return 'IPM.Note';
}

interface Leaves {
  html?: MimePart;
  plain?: MimePart;
  readonly attachments: { part: MimePart; related: boolean }[];
}

function chooseLeaves(root: MimePart): Leaves {
  const leaves: Leaves = { attachments: [] };
  const walk = (part: MimePart, related: boolean): void => {
    if (part.type.startsWith('multipart/') && part.children.length > 0) {
      for (const each of part.children) walk(each, related || part.type === 'multipart/related');
      return;
    }
    const disposition = parseParameters(header(part, 'content-disposition') ?? '').value.toLowerCase();
    const named = fileName(part) !== undefined;
    const text = disposition !== 'attachment' && !named;
    if (text && part.type === 'text/html' && !leaves.html) leaves.html = part;
    else if (text && (part.type === 'text/plain' || part.type.startsWith('multipart/')) && !leaves.plain)
      leaves.plain = part;
    else leaves.attachments.push({ part, related });
  };
  walk(root, false);
  return leaves;
}

function encodingOf(part: MimePart): Encoding {
  const encoding = (header(part, 'content-transfer-encoding') ?? '').toLowerCase().trim();
  return encoding === 'base64' || encoding === 'quoted-printable' ? encoding : 'none';
}

function slice(part: MimePart, mime: ContentRef): ContentRef {
  return { f: mime.f, o: mime.o + part.bodyStart, l: Math.max(0, part.bodyEnd - part.bodyStart) };
}

function bodyOf(part: MimePart, mime: ContentRef, html: boolean): Body {
  return {
    html,
    content: slice(part, mime),
    encoding: encodingOf(part),
    charset: part.parameters['charset'] ?? 'utf-8',
  };
}

function fileName(part: MimePart): string | undefined {
  const disposition = parseParameters(header(part, 'content-disposition') ?? '').parameters['filename'];
  const name = disposition ?? part.parameters['name'];
  return name === undefined ? undefined : decodeWords(name);
}

function attachmentOf(
  part: MimePart,
  related: boolean,
  mime: ContentRef,
  modified: string,
  index: number,
): Attachment {
  const encoding = encodingOf(part);
  const contentId = header(part, 'content-id')?.replace(/^<|>$/g, '');
  const location = header(part, 'content-location');
  const embedded = part.type === 'message/rfc822';
  const disposition = parseParameters(header(part, 'content-disposition') ?? '').value.toLowerCase();
  const content = slice(part, mime);
  return {
    key: createHash('md5').update(`${mime.f}/${mime.o}/${index}`).digest('hex'),
    name: fileName(part) ?? (embedded ? 'Attached message' : `ATT${String(index + 1).padStart(5, '0')}`),
    contentType: part.type,
    ...(contentId ? { contentId } : {}),
    ...(location ? { contentLocation: location } : {}),
    inline: contentId !== undefined && (related || disposition === 'inline') && disposition !== 'attachment',
    sizeBytes:
      encoding === 'base64' ? Math.max(0, Math.floor((part.dataBytes * 3) / 4) - part.padding) : content.l,
    modified,
    data: { content, encoding },
    ...(embedded ? { item: { element: 'Message', itemClass: 'IPM.Note', fields: {} } } : {}),
  };
}

/** The bytes of a small content as they were before their transfer encoding. */
export function decodedBytes(contents: ContentStore, { content, encoding }: EncodedContent): Buffer {
  const bytes = contents.read(content);
  if (encoding === 'base64') return Buffer.from(bytes.toString('latin1'), 'base64');
  return encoding === 'quoted-printable' ? decodeQuotedPrintable(bytes) : bytes;
}

/** Text of a body part: bytes decoded, then characters. */
export function decodeText(contents: ContentStore, body: EncodedContent): string {
  return decodeCharset(decodedBytes(contents, body), body.charset);
}

/** A header date as ISO in UTC; undefined where it is none. */
function dateOf(value: string | undefined): string | undefined {
  if (!value) return undefined;
  const time = Date.parse(value.replace(/\([^)]*\)/g, '').trim());
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}

const IMPORTANCE: Readonly<Record<string, string>> = {
  high: 'High',
  low: 'Low',
  '1': 'High',
  '2': 'High',
  '4': 'Low',
  '5': 'Low',
};
const SENSITIVITY: Readonly<Record<string, string>> = {
  personal: 'Personal',
  private: 'Private',
  'company-confidential': 'Confidential',
};

function fieldsOf(root: MimePart): Record<string, Stored> {
  const fields: Record<string, Stored> = {};
  const put = (n: string, v: string | readonly Stored[] | undefined): void => {
    if (v !== undefined) fields[n] = { n, v };
  };
  const text = (name: string): string | undefined => {
    const value = header(root, name);
    return value === undefined ? undefined : decodeWords(value);
  };
  put('Subject', text('subject') ?? '');
  const list = (n: string, name: string): void => {
    const all = root.headers.filter(([each]) => each === name).map(([, value]) => value);
    if (all.length > 0) put(n, parseAddresses(all.join(',')).map(mailboxElement));
  };
  list('ToRecipients', 'to');
  list('CcRecipients', 'cc');
  list('BccRecipients', 'bcc');
  list('ReplyTo', 'reply-to');
  const from = parseAddresses(header(root, 'from') ?? '')[0];
  const sender = parseAddresses(header(root, 'sender') ?? '')[0] ?? from;
  put('From', from && [mailboxElement(from)]);
  put('Sender', sender && [mailboxElement(sender)]);
  put('InternetMessageId', text('message-id'));
  put('InReplyTo', text('in-reply-to'));
  put('References', text('references'));
  put('ConversationTopic', text('thread-topic'));
  put('ConversationIndex', text('thread-index'));
  put('Importance', IMPORTANCE[(text('importance') ?? text('x-priority')?.charAt(0) ?? '').toLowerCase()]);
  put('Sensitivity', SENSITIVITY[(text('sensitivity') ?? '').toLowerCase()]);
  return fields;
}

export function mailboxElement(address: MailAddress): Stored {
  const v: Stored[] = [{ n: 'Name', v: address.name || address.address }];
  if (address.address) v.push({ n: 'EmailAddress', v: address.address }, { n: 'RoutingType', v: 'SMTP' });
  return { n: 'Mailbox', v };
}
