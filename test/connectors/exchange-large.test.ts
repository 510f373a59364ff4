import { createHash } from 'node:crypto';
import { readMessage } from '../../sandbox/exchange/mime/read-message';
import type { Mailbox } from '../../sandbox/exchange/store/mailbox';
import type { PutItem } from '../../src/connectors/connector';
import {
  connector,
  credentialOf,
  freeWindow,
  never,
  openExchange,
  samplePassword,
  type TestExchange,
} from './exchange-servers';

const from = 'big@contoso.example';
const to = 'big@fabrikam.example';
const megabyte = 1024 * 1024;

describe('a mail of 100 MB', () => {
  let contoso: TestExchange;
  let fabrikam: TestExchange;

  beforeAll(async () => {
    const policy = { requestLimitBytes: 256 * megabyte };
    contoso = await openExchange({ policy });
    fabrikam = await openExchange({ policy });
    await contoso.exchange.addMailbox({ address: from, password: samplePassword });
    await fabrikam.exchange.addMailbox({ address: to, password: samplePassword });
    await addLargeMail(contoso.exchange.mailbox(from), 100 * megabyte);
  }, 60_000);

  afterAll(async () => {
    await contoso.close();
    await fabrikam.close();
  });

  it('passes from one mailbox to the other byte by byte, with a few of its megabytes in memory at once', async () => {
    const source = await connector.openSource(contoso.settings, from, credentialOf(from), never);
    const target = await connector.openTarget(fabrikam.settings, to, credentialOf(to), never);
    const inbox = (await source.listFolders(never)).find(({ wellKnown }) => wellKnown === 'inbox');
    const folderKey = inbox?.key ?? '';
    const planned = { pairId: 'large', sourceKey: folderKey, name: 'Inbox', folderClass: 'IPF.Note' };
    const folder = await target.ensureFolder({ ...planned, wellKnown: 'inbox' }, freeWindow, never);
    const { changes } = await source.listChanges(folderKey, undefined, never);
    const refs = changes.filter((each) => each.kind === 'put');
    let most = 0;
    const before = process.memoryUsage().rss;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss - before)), 20);
    for await (const read of source.readItems(folderKey, refs, 'exchange', never)) {
      if (!('open' in read)) throw new Error('not read');
      const { changeKey, sizeBytes, ref } = read;
      const stamp = {
        pairId: 'large',
        folderKey,
        sourceKey: ref.sourceKey,
        changeKey,
        parcelId: '1',
        unfinished: false,
      };
      const item: PutItem = { stamp, itemClass: 'IPM.Note', sizeBytes, open: () => read.open() };
      const [outcome] = await target.putItems(folder, [item], 'exchange', freeWindow, never);
      expect(outcome).toMatchObject({ kind: 'copied' });
    }
    clearInterval(watch);
    expect(await mimeDigest(fabrikam.exchange.mailbox(to))).toEqual(
      await mimeDigest(contoso.exchange.mailbox(from)),
    );
    // Both servers run in this process too; the item alone has 137 MB as base64, three times on its way.
    expect(most).toBeLessThan(150 * megabyte);
    await Promise.all([source.close(), target.close()]);
  }, 60_000);
});

async function addLargeMail(mailbox: Mailbox, sizeBytes: number): Promise<void> {
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

async function mimeDigest(mailbox: Mailbox): Promise<string> {
  const hash = createHash('sha256');
  for (const item of mailbox.folderByName('inbox')?.items.values() ?? []) {
    if (item.mime) for await (const chunk of mailbox.contents.stream(item.mime)) hash.update(chunk);
  }
  return hash.digest('hex');
}
