import type { Random } from '../random';
import { encodeWord } from '../mime/compose';
import type { Person } from './words';
import { paragraphs, words } from './words';

/** A message as a list of pieces, so that big attachments need not be in memory as a whole. */
export type Pieces = Iterable<Buffer>;

export interface MailPlan {
  readonly subject: string;
  readonly from: Person;
  readonly to: readonly Person[];
  readonly cc: readonly Person[];
  readonly bcc: readonly Person[];
  readonly date: string;
  /** Decoded bytes of all attachments together. */
  readonly attachedBytes: number;
  readonly importance?: 'high' | 'low';
}

const LINE_BYTES = 57;
const BLOCK_LINES = 16_384;

/** Pseudo-random base64 lines that all big attachments of a mailbox are cut from. */
export class Filler {
  private readonly block: Buffer;

  constructor(random: Random) {
    const bytes = Buffer.alloc(BLOCK_LINES * LINE_BYTES);
    for (let at = 0; at + 4 <= bytes.length; at += 4)
      bytes.writeUInt32LE(Math.floor(random.next() * 0x1_0000_0000), at);
    this.block = Buffer.from(bytes.toString('base64').replace(/.{76}/g, '$&\r\n'));
  }

  /** Base64 lines of so many bytes; a first line of its own makes each attachment distinct. */
  *lines(random: Random, sizeBytes: number): Generator<Buffer> {
    let left = sizeBytes;
    const first = random.bytes(Math.min(LINE_BYTES, left));
    left -= first.length;
    yield Buffer.from(`${first.toString('base64')}\r\n`);
    while (left >= LINE_BYTES) {
      const from = random.int(0, BLOCK_LINES / 2);
      const lines = Math.min(BLOCK_LINES - from, Math.floor(left / LINE_BYTES));
      yield this.block.subarray(from * 78, (from + lines) * 78);
      left -= lines * LINE_BYTES;
    }
    if (left > 0) yield Buffer.from(`${random.bytes(left).toString('base64')}\r\n`);
  }
}

const FILES: readonly (readonly [string, string])[] = [
  ['report.pdf', 'application/pdf'],
  ['Größentabelle.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['фото.jpg', 'image/jpeg'],
  ['四半期報告.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['backup.zip', 'application/zip'],
  ['notes with spaces & <signs>.txt', 'text/plain'],
  ['video 🎬.mp4', 'video/mp4'],
];

/** A mail as ordinary programs write it: plain, HTML, alternative, with inline images, with attachments. */
export function* ordinaryMail(random: Random, filler: Filler, plan: MailPlan): Generator<Buffer> {
  yield Buffer.from(headers(random, plan));
  const content = [...bodyPart(random)];
  if (plan.attachedBytes === 0) {
    yield* content;
    return;
  }
  const boundary = `=_mixed_${random.hex(8)}`;
  yield Buffer.from(
    `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\nThis is a message in MIME format.\r\n--${boundary}\r\n`,
  );
  yield* content;
  const count = plan.attachedBytes > 200_000 ? random.int(1, 3) : 1;
  for (let number = 0; number < count; number++) {
    const sizeBytes =
      number === count - 1
        ? plan.attachedBytes - Math.floor(plan.attachedBytes / count) * (count - 1)
        : Math.floor(plan.attachedBytes / count);
    const [name, type] = random.pick(FILES);
    const encoded = `"${encodeWord(name)}"`;
    yield Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: ${type};\r\n name=${encoded}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n filename=${encoded}\r\n\r\n`,
    );
    yield* filler.lines(random, sizeBytes);
  }
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

export function addressList(people: readonly Person[]): string {
  return people.map((each) => `"${encodeWord(each.name)}" <${encodeURI(each.address)}>`).join(',\r\n ');
}

function headers(random: Random, plan: MailPlan): string {
  const lines = [
    `Received: from mail.example (192.0.2.${random.int(1, 254)}) by contoso.example with ESMTPS id ${random.hex(6)};\r\n ${mailDate(plan.date)}`,
    `From: ${addressList([plan.from])}`,
    plan.to.length > 0 ? `To: ${addressList(plan.to)}` : 'To: undisclosed-recipients:;',
    ...(plan.cc.length > 0 ? [`CC: ${addressList(plan.cc)}`] : []),
    ...(plan.bcc.length > 0 ? [`BCC: ${addressList(plan.bcc)}`] : []),
    `Subject: ${encodeWord(plan.subject)}`,
    `Date: ${mailDate(plan.date)}`,
    `Message-ID: <${random.hex(12)}@mail.example>`,
    ...(plan.importance ? [`Importance: ${plan.importance}`] : []),
    ...(random.chance(0.3)
      ? [
          `References: <${random.hex(8)}@mail.example> <${random.hex(8)}@mail.example>`,
          `In-Reply-To: <${random.hex(8)}@mail.example>`,
        ]
      : []),
    'X-Mailer: Sample Mail 1.0',
    'MIME-Version: 1.0',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

export function mailDate(iso: string): string {
  return new Date(iso).toUTCString().replace('GMT', '+0000');
}

/** Content headers and body of the text of a mail. */
function* bodyPart(random: Random): Generator<Buffer> {
  const texts = paragraphs(random, random.int(1, 12));
  const plain = texts.join('\r\n\r\n');
  const html = `<html><head><style>p{margin:0 0 1em}</style></head><body>${texts.map((each) => `<p>${each.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</p>`).join('\r\n')}<p>&copy; ${words(random, 3)}</p></body></html>`;
  const kind = random.next();
  if (kind < 0.3) yield Buffer.from(textPart('plain', plain));
  else if (kind < 0.45) yield Buffer.from(textPart('html', html));
  else if (kind < 0.85) yield Buffer.from(alternative(random, plain, html));
  else yield Buffer.from(related(random, plain, html));
}

export function textPart(subtype: 'plain' | 'html', text: string): string {
  return `Content-Type: text/${subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${quotedPrintable(text)}\r\n`;
}

function alternative(random: Random, plain: string, html: string): string {
  const boundary = `=_alt_${random.hex(8)}`;
  return `Content-Type: multipart/alternative; boundary="${boundary}"\r\n\r\n--${boundary}\r\n${textPart('plain', plain)}\r\n--${boundary}\r\n${textPart('html', html)}\r\n--${boundary}--\r\n`;
}

/** HTML with an image inside. */
function related(random: Random, plain: string, html: string): string {
  const boundary = `=_rel_${random.hex(8)}`;
  const id = `image.${random.hex(6)}@mail.example`;
  const shown = html.replace('</body>', `<img src="cid:${id}" alt="logo"></body>`);
  const image = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), random.bytes(random.int(200, 3000))])
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n');
  return `Content-Type: multipart/related; boundary="${boundary}"\r\n\r\n--${boundary}\r\n${alternative(random, plain, shown)}\r\n--${boundary}\r\nContent-Type: image/png; name="logo.png"\r\nContent-ID: <${id}>\r\nContent-Disposition: inline; filename="logo.png"\r\nContent-Transfer-Encoding: base64\r\n\r\n${image}\r\n--${boundary}--\r\n`;
}

export function quotedPrintable(text: string): string {
  const encodeLine = (line: string): string => {
    let out = '';
    let length = 0;
    for (const byte of Buffer.from(line)) {
      const piece =
        (byte > 32 && byte < 127 && byte !== 61) || byte === 32
          ? String.fromCharCode(byte)
          : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
      if (length + piece.length > 75) {
        out += '=\r\n';
        length = 0;
      }
      out += piece;
      length += piece.length;
    }
    return out.replace(/ $/, '=20');
  };
  return text.split('\r\n').map(encodeLine).join('\r\n');
}
