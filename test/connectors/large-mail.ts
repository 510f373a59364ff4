import { createHash } from 'node:crypto';
import { readMessage } from '../../sandbox/exchange/mime/read-message';
import type { Mailbox } from '../../sandbox/exchange/store/mailbox';

export const megabyte = 1024 * 1024;

/** A mail with an attachment of so many bytes in the Inbox. */
export async function addLargeMail(mailbox: Mailbox, sizeBytes: number): Promise<void> {
  const line = `${'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU2Nzg5'.repeat(2).slice(0, 76)}\r\n`;
  const head =
    'From: a@contoso.example\r\nSubject: large\r\nMIME-Version: 1.0\r\n' +
    'Content-Type: application/octet-stream; name="large.bin"\r\nContent-Transfer-Encoding: base64\r\n' +
    'Content-Disposition: attachment; filename="large.bin"\r\n\r\n';
  const block = Buffer.from(line.repeat(4096));
  const ref = mailbox.contents.append(
    Buffer.concat([Buffer.from(head), ...Array<Buffer>(Math.ceil(sizeBytes / block.length)).fill(block)]),
  );
  const at = '2026-01-01T00:00:00Z';
  const inbox = mailbox.folderByName('inbox');
  const read = await readMessage(mailbox.contents, ref, at);
  mailbox.addItem({
    ...{
      folder: inbox?.record.counter ?? 0,
      element: 'Message',
      associated: false,
      read: true,
      draft: false,
    },
    ...{ created: at, modified: at, received: at, sent: at, ext: {}, sizeBytes: ref.l },
    ...read,
  });
}

/** Of the contents of each item of the Inbox, in the order of the digests. */
export async function mimeDigests(mailbox: Mailbox): Promise<string[]> {
  const digests: string[] = [];
  for (const item of mailbox.folderByName('inbox')?.items.values() ?? []) {
    const hash = createHash('sha256');
    if (item.mime) for await (const chunk of mailbox.contents.stream(item.mime)) hash.update(chunk);
    digests.push(hash.digest('hex'));
  }
  return digests.sort();
}
