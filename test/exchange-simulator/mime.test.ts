import { randomBytes } from 'node:crypto';
import { decodeWords, parseAddresses, parseParameters } from '../../sandbox/exchange/mime/headers';
import { MimeScanner } from '../../sandbox/exchange/mime/scan';
import type { MimePart } from '../../sandbox/exchange/mime/scan';

const INNER = randomBytes(1000);
const MESSAGE = Buffer.from(
  'Subject: parts\r\nContent-Type: multipart/mixed;\r\n boundary="outer"\r\n\r\npreamble\r\n--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n' +
    '--inner\r\n\r\nplain\r\n--inner\r\nContent-Type: text/html\r\n\r\n<p>--inner is no boundary</p>\r\n-- \r\n--inner--\r\n--outer\r\n' +
    `Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${INNER.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n--outer--\r\nepilogue\r\n`,
);

function scan(message: Buffer, chunkBytes: number): MimePart {
  const scanner = new MimeScanner();
  for (let at = 0; at < message.length; at += chunkBytes)
    scanner.write(message.subarray(at, at + chunkBytes));
  return scanner.end();
}

const bodyOf = (part: MimePart | undefined) =>
  part ? MESSAGE.subarray(part.bodyStart, part.bodyEnd).toString('latin1') : undefined;

describe('reading MIME', () => {
  it.each([1, 2, 3, 7, 64, 100_000])('finds the same parts in pieces of %d bytes', (chunkBytes) => {
    const root = scan(MESSAGE, chunkBytes);
    const [alternative, attachment] = root.children;
    expect(alternative?.children.map((part) => [part.type, bodyOf(part)])).toEqual([
      ['text/plain', 'plain'],
      ['text/html', '<p>--inner is no boundary</p>\r\n-- '],
    ]);
    expect(Buffer.from(bodyOf(attachment) ?? '', 'base64').equals(INNER)).toBe(true);
    expect(Math.floor(((attachment?.dataBytes ?? 0) * 3) / 4) - (attachment?.padding ?? 0)).toBe(1000);
  });

  it('takes a message that ends in the middle', () => {
    for (let length = 0; length < MESSAGE.length; length += 13) {
      const root = scan(MESSAGE.subarray(0, length), 50);
      expect(root.bodyEnd).toBeLessThanOrEqual(length);
    }
  });

  it('decodes header words, parameters and addresses as senders write them', () => {
    expect(decodeWords('=?utf-8?B?w6Q=?= =?utf-8?Q?=C3=B6_?= =?iso-8859-1?q?=FC?= end')).toBe('äö ü end');
    expect(
      parseParameters(`attachment; filename*0*=utf-8''%E5%9B%9B; filename*1=.pdf; size=3`).parameters,
    ).toEqual({ filename: '四.pdf', size: '3' });
    expect(
      parseAddresses(
        '"Last, First" <a@b.example>, =?utf-8?Q?=C3=9C?= <u@b.example>, c@d.example (Comment), group: e@f.example;',
      ),
    ).toEqual([
      { name: 'Last, First', address: 'a@b.example' },
      { name: 'Ü', address: 'u@b.example' },
      { name: 'Comment', address: 'c@d.example' },
      { name: 'e@f.example', address: 'e@f.example' },
    ]);
  });
});
