import type { ReadItem, SourceMailbox } from '../../src/connectors/connector';
import {
  connector,
  credentialOf,
  never,
  openExchange,
  samplePassword,
  type TestExchange,
} from './exchange-servers';

const from = 'ada@contoso.example';

describe('a read of which the server gives a part', () => {
  let server: TestExchange;
  let source: SourceMailbox;

  beforeEach(async () => {
    server = await openExchange();
    const sample = { seed: 7, items: 60, bytes: 600_000, largestBytes: 100_000 };
    await server.exchange.addMailbox({ address: from, password: samplePassword, sample });
    source = await connector.openSource(server.settings, from, credentialOf(from), never);
  });
  afterEach(async () => {
    await source.close();
    await server.close();
  });

  /** The Inbox, and three mails in it. */
  async function threeMails() {
    const inbox = (await source.listFolders(never)).find(({ wellKnown }) => wellKnown === 'inbox')?.key ?? '';
    const { changes } = await source.listChanges(inbox, undefined, never);
    const mails = changes.filter((each) => each.kind === 'put' && each.itemClass === 'IPM.Note');
    return { inbox, refs: mails.flatMap((each) => (each.kind === 'put' ? each : [])).slice(0, 3) };
  }

  it('gives the others where one may not be read', async () => {
    const { inbox, refs } = await threeMails();
    const denied = { kind: 'itemError', code: 'ErrorAccessDenied', operation: 'GetItem' } as const;
    server.exchange.addFault({ ...denied, indexes: [1] });
    const read: ReadItem[] = [];
    for await (const item of source.readItems(inbox, refs, 'exchange', never)) read.push(item);
    expect(read.map((item) => ('failed' in item ? item.failed.remedy : 'open' in item))).toEqual([
      true,
      'grantAccess',
      true,
    ]);
  });

  it('gives what was read before', async () => {
    const { inbox, refs } = await threeMails();
    server.exchange.addFault({ kind: 'batchStops', operation: 'GetItem', after: 2 });
    const read: boolean[] = [];
    const reading = (async () => {
      for await (const item of source.readItems(inbox, refs, 'exchange', never)) read.push('open' in item);
    })();
    await expect(reading).rejects.toMatchObject({ text: { code: 'ErrorBatchProcessingStopped' } });
    expect([refs.length, read]).toEqual([3, [true, true]]);
  });
});
