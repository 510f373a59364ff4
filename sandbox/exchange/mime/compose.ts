import type { Mailbox } from '../store/mailbox';
import { childrenOf, fieldText, partText } from '../store/fields';
import type { Attachment, Item, Stored } from '../store/records';
import { decodedBytes, decodeText } from './read-message';

/** Composes MIME for an item that was not made of MIME, or was changed since; piece by piece, in bounded memory. */
export async function* composeMessage(mailbox: Mailbox, item: Item): AsyncGenerator<Buffer> {
  const boundary = `_000_${item.searchKey}_`;
  yield Buffer.from(`${messageHeaders(item)}MIME-Version: 1.0\r\n`);
  const attachments = item.attachments;
  if (attachments.length === 0) {
    yield bodyPart(mailbox, item);
    return;
  }
  yield Buffer.from(`Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n`);
  yield Buffer.from(`--${boundary}\r\n`);
  yield bodyPart(mailbox, item);
  for (const attachment of attachments) {
    yield Buffer.from(`\r\n--${boundary}\r\n${attachmentHeaders(attachment)}`);
    yield* base64Lines(attachmentBytes(mailbox, attachment));
  }
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

/** The decoded bytes of an attachment. */
export async function* attachmentBytes(mailbox: Mailbox, attachment: Attachment): AsyncGenerator<Buffer> {
  if (!attachment.data) return;
  const { content, encoding } = attachment.data;
  if (encoding === 'none') {
    yield* mailbox.contents.stream(content);
    return;
  }
  if (encoding === 'quoted-printable') {
    yield decodedBytes(mailbox.contents, attachment.data);
    return;
  }
  let carry = '';
  for await (const chunk of mailbox.contents.stream(content)) {
    const text = carry + chunk.toString('latin1').replace(/\s+/g, '');
    const usable = text.length - (text.length % 4);
    carry = text.slice(usable);
    yield Buffer.from(text.slice(0, usable), 'base64');
  }
  if (carry) yield Buffer.from(carry, 'base64');
}

function bodyPart(mailbox: Mailbox, item: Item): Buffer {
  const type = item.body?.html ? 'text/html' : 'text/plain';
  const text = item.body ? decodeText(mailbox.contents, item.body) : '';
  const encoded = Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\r\n');
  return Buffer.from(
    `Content-Type: ${type}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n${encoded}\r\n`,
  );
}

function attachmentHeaders(attachment: Attachment): string {
  const type =
    attachment.item && attachment.data
      ? 'message/rfc822'
      : (attachment.contentType ?? 'application/octet-stream');
  const id = attachment.contentId ? `Content-ID: <${attachment.contentId}>\r\n` : '';
  const name = encodeWord(attachment.name);
  const disposition = attachment.inline ? 'inline' : 'attachment';
  return `Content-Type: ${type}; name="${name}"\r\n${id}Content-Disposition: ${disposition}; filename="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
}

async function* base64Lines(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let carry: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const joined = Buffer.concat([carry, piece]);
    const usable = joined.length - (joined.length % 57);
    carry = joined.subarray(usable);
    yield Buffer.from(joined.toString('base64', 0, usable).replace(/.{76}/g, '$&\r\n'));
  }
  yield Buffer.from(`${carry.toString('base64')}\r\n`);
}

export function encodeWord(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text.replace(/["\\]/g, '');
  const words: string[] = [];
  let piece = '';
  for (const character of text) {
    if (Buffer.byteLength(piece + character) > 42) {
      words.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...words, piece].map((each) => `=?utf-8?B?${Buffer.from(each).toString('base64')}?=`).join('\r\n ');
}

function addresses(stored: Stored | undefined): string {
  const one = (mailbox: Stored): string => {
    const part = (name: string): string => partText(mailbox, name) ?? '';
    return part('Name') ? `"${encodeWord(part('Name'))}" <${part('EmailAddress')}>` : part('EmailAddress');
  };
  return childrenOf(stored).map(one).join(',\r\n ');
}

function messageHeaders(item: Item): string {
  const text = (name: string): string | undefined => fieldText(item.fields, name);
  const lines: [string, string | undefined][] = [
    ['From', addresses(item.fields['From'] ?? item.fields['Sender'])],
    ['Sender', addresses(item.fields['Sender'])],
    ['To', addresses(item.fields['ToRecipients'])],
    ['CC', addresses(item.fields['CcRecipients'])],
    ['BCC', addresses(item.fields['BccRecipients'])],
    ['Reply-To', addresses(item.fields['ReplyTo'])],
    ['Subject', encodeWord(text('Subject') ?? '')],
    ['Date', item.sent && new Date(item.sent).toUTCString().replace('GMT', '+0000')],
    ['Message-ID', text('InternetMessageId')],
    ['In-Reply-To', text('InReplyTo')],
    ['References', text('References')],
    ['Thread-Topic', text('ConversationTopic') && encodeWord(text('ConversationTopic') ?? '')],
    ['Importance', text('Importance')?.toLowerCase()],
  ];
  return lines.map(([name, value]) => (value ? `${name}: ${value}\r\n` : '')).join('');
}
