import type { Random } from '../random';
import { mailDate, textPart } from './mime-builder';

/** A mail that programs, spammers and years of bugs have left in real mailboxes. */
export interface OddMail {
  readonly mime: Buffer;
  /** When it came, where its own date says nothing of use. */
  readonly received?: string;
  readonly itemClass?: string;
}

type Make = (random: Random, head: string, date: string) => string | Buffer;

const BODY = 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nShort text.\r\n';

/** The oddities, one after the other; every sample mailbox of some size has all of them. */
const ODDITIES: readonly { readonly make: Make; readonly received?: string; readonly itemClass?: string }[] =
  [
    { make: (_, head) => `${head}${BODY}` },
    { make: (_, head) => `${head}Subject: \r\n${BODY}` },
    { make: (_, head) => `${head}Subject: =?utf-8?Q?Control=01characters=0B_and_=1Fbell=07?=\r\n${BODY}` },
    {
      make: (_, head) =>
        `${head}Subject: =?utf-8?B?${Buffer.from('שלום עולם ‏مرحبا بالعالم').toString('base64')}?=\r\n${BODY}`,
    },
    {
      make: (_, head) =>
        `${head}Subject: =?utf-8?B?${Buffer.from('四半期報告 🇨🇭👩‍👩‍👧‍👦 𝕌𝕟𝕚').toString('base64')}?=\r\n${BODY}`,
    },
    { make: (_, head) => `${head}Subject: ${'A subject that goes on and on '.repeat(30).trim()}\r\n${BODY}` },
    { make: (_, head) => `${head}Subject:   two  spaces   and a tab\t \r\n${BODY}` },
    {
      make: (_, head) =>
        `${head}Subject: =?utf-8?Q?un=XXdecodable?= =?bogus?Q?=E4?= =?utf-8?B?!!!?=\r\n${BODY}`,
    },
    {
      make: (_, head) =>
        Buffer.concat([
          Buffer.from(`${head}Subject: raw `),
          Buffer.from('e4f6fcdf', 'hex'),
          Buffer.from(` latin1\r\n${BODY}`),
        ]),
    },
    {
      make: (_, head) =>
        `${head}Subject: missing end boundary\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n${textPart('plain', 'Never closed.')}`,
    },
    {
      make: (_, head) =>
        `${head}Subject: no boundary at all\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed\r\n\r\n--x\r\n\r\ntext\r\n--x--\r\n`,
    },
    {
      make: (_, head) =>
        `${head}Subject: unknown charset\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=x-klingon\r\n\r\nnuqneH \r\n`,
    },
    {
      make: (_, head) =>
        Buffer.concat([
          Buffer.from(
            `${head}Subject: says ascii, is not\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n`,
          ),
          Buffer.from('c3a4c3b6c3bc20e4f6fc0d0a', 'hex'),
        ]),
    },
    {
      make: (_, head) =>
        Buffer.concat([
          Buffer.from(
            `${head}Subject: NUL bytes\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nbefore`,
          ),
          Buffer.from([0, 1, 2, 27]),
          Buffer.from('after\r\n'),
        ]),
    },
    {
      make: (_, head) =>
        `${head}Subject: broken base64\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=broken.bin\r\nContent-Transfer-Encoding: base64\r\n\r\nnot*base64*at*all===\r\n`,
    },
    {
      make: (random, head) =>
        `${head}Subject: one line of 20000 characters\r\n${BODY}${random.hex(10_000)}\r\n`,
    },
    { make: (_, head) => `${head}Subject: bare line feeds\n${BODY.replace(/\r\n/g, '\n')}` },
    {
      make: (_, head) =>
        `${head}Subject: from the year 1970\r\n${BODY}`.replace(
          /^Date:.*$/m,
          'Date: Thu, 01 Jan 1970 00:00:00 +0000',
        ),
      received: '1970-01-01T00:00:00Z',
    },
    {
      make: (_, head) =>
        `${head}Subject: from the future\r\n${BODY}`.replace(
          /^Date:.*$/m,
          'Date: Fri, 31 Dec 2099 23:59:59 +1400',
        ),
      received: '2099-12-31T09:59:59Z',
    },
    {
      make: (_, head) =>
        `${head}Subject: an impossible date\r\n${BODY}`.replace(/^Date:.*$/m, 'Date: yesterday, 32 Foo 20x4'),
    },
    { make: (_, head) => `Subject: no date, no sender\r\n${BODY}${head.length}` },
    {
      make: (random, head, date) =>
        `${head}Subject: Fwd: an attached message\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n${textPart('plain', 'See below.')}\r\n--m\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\nFrom: inner@northwind.example\r\nSubject: The inner one ${random.hex(3)}\r\nDate: ${mailDate(date)}\r\n${BODY}\r\n--m--\r\n`,
    },
    { make: (_, head) => `${head}Subject: ${'nested '.repeat(3)}\r\nMIME-Version: 1.0\r\n${nested(20)}` },
    {
      make: (random, head) =>
        `${head}Subject: empty and equal attachments\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=e\r\n\r\n--e\r\n${textPart('plain', 'Three of them.')}${['', '', random.hex(20)].map((text) => `\r\n--e\r\nContent-Type: text/plain; name="same.txt"\r\nContent-Disposition: attachment; filename="same.txt"\r\n\r\n${text}`).join('')}\r\n--e--\r\n`,
    },
    {
      make: (_, head) =>
        `${head}Subject: file name in RFC 2231\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf; name*0*=utf-8''%E5%9B%9B%E5%8D%8A; name*1*=%E6%9C%9F.pdf\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename*=utf-8''%E5%9B%9B%E5%8D%8A%E6%9C%9F.pdf\r\n\r\nJVBERi0xLjQK\r\n`,
    },
    {
      make: (random, head) =>
        `${head}Subject: signed\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=s\r\n\r\n--s\r\n${textPart('plain', 'I signed this.')}\r\n--s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=smime.p7s\r\n\r\n${random.bytes(600).toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n--s--\r\n`,
    },
    {
      make: (random, head) =>
        `${head}Subject: encrypted\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n${random.bytes(900).toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`,
    },
    {
      make: (_, head) =>
        `${head}To: ${Array.from({ length: 300 }, (_each, index) => `user${index}@northwind.example`).join(',\r\n ')}\r\nSubject: three hundred recipients\r\n${BODY}`,
    },
    {
      make: (_, head) =>
        `${head}Subject: Read: your report\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=r\r\n\r\n--r\r\n${textPart('plain', 'It was read.')}\r\n--r\r\nContent-Type: message/disposition-notification\r\n\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--r--\r\n`,
      itemClass: 'REPORT.IPM.Note.IPNRN',
    },
    { make: (_, head) => `${head}Subject: a custom form\r\n${BODY}`, itemClass: 'IPM.Note.Contoso.Expense' },
    {
      make: (_, head) =>
        `${head}Subject: &lt;b&gt;markup&lt;/b&gt; ]]> <script>alert(1)</script> {{evil}}\r\n${BODY}`,
    },
  ];

function nested(depth: number): string {
  return depth === 0
    ? textPart('plain', 'At the bottom.')
    : `Content-Type: multipart/mixed; boundary=n${depth}\r\n\r\n--n${depth}\r\n${nested(depth - 1)}\r\n--n${depth}--\r\n`;
}

export const ODDITY_COUNT = ODDITIES.length;

/** The oddity of this number; each differs from mailbox to mailbox by its Message-ID. */
export function oddMail(random: Random, number: number, date: string): OddMail {
  const kind = ODDITIES[number % ODDITIES.length];
  if (!kind) throw new RangeError('there are oddities');
  const head = `From: "Odd ${number}" <odd${number}@northwind.example>\r\nTo: you@contoso.example\r\nDate: ${mailDate(date)}\r\nMessage-ID: <${random.hex(12)}@odd.example>\r\n`;
  const made = kind.make(random, head, date);
  const { received, itemClass } = kind;
  return {
    mime: typeof made === 'string' ? Buffer.from(made) : made,
    ...(received ? { received } : {}),
    ...(itemClass ? { itemClass } : {}),
  };
}
