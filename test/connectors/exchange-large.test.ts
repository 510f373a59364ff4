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
import { addLargeMail, megabyte, mimeDigests } from './large-mail';

const from = 'big@contoso.example';
const to = 'big@fabrikam.example';

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
    expect(await mimeDigests(fabrikam.exchange.mailbox(to))).toEqual(
      await mimeDigests(contoso.exchange.mailbox(from)),
    );
    // Both servers run in this process too; the item alone has 137 MB as base64, three times on its way.
    expect(most).toBeLessThan(150 * megabyte);
    await Promise.all([source.close(), target.close()]);
  }, 60_000);
});
