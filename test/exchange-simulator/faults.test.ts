import { codes, createMessage, envelope, findItem, INBOX, mimeOf, texts } from './ews-client';
import { ADA, openSimulator } from './simulator';
import type { Simulator } from './simulator';

describe('faults on demand', () => {
  let simulator: Simulator;
  beforeEach(async () => {
    simulator = await openSimulator();
  });
  afterEach(() => simulator.close());

  const subjects = () =>
    [...(simulator.exchange.mailbox(ADA.user).folderByName('inbox')?.items.values() ?? [])].map(
      (item) => item.fields['Subject']?.v,
    );
  const put = (...names: string[]) => simulator.ada.call(createMessage(names.map((name) => mimeOf(name))));

  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  it('latency: the work is done, its answer comes later', async () => {
    simulator.exchange.addFault({ kind: 'latency', ms: 200 });
    const answer = put('slow');
    await until(() => subjects().length === 1);
    const startedAt = Date.now();
    expect((await answer).status).toBe(200);
    expect(Date.now() - startedAt).toBeGreaterThan(100);
  });

  it('resetBefore: nothing is done', async () => {
    simulator.exchange.addFault({ kind: 'resetBefore', count: 1 });
    await expect(put('never')).rejects.toThrow();
    expect(subjects()).toEqual([]);
  });

  it('resetAfter: the answer is lost, the work is kept', async () => {
    simulator.exchange.addFault({ kind: 'resetAfter', operation: 'CreateItem', count: 1 });
    await expect(put('kept')).rejects.toThrow();
    expect(subjects()).toEqual(['kept']);
  });

  it('truncate: the answer breaks off', async () => {
    simulator.exchange.addFault({ kind: 'truncate', bytes: 300, count: 1 });
    await expect(put('cut')).rejects.toThrow();
    expect(subjects()).toEqual(['cut']);
  });

  it('late, reset: the work takes effect after the client has lost its connection', async () => {
    simulator.exchange.addFault({ kind: 'late', ms: 150, count: 1 });
    await expect(put('late')).rejects.toThrow();
    expect(subjects()).toEqual([]);
    await until(() => subjects().length === 1);
  });

  it('late, keep: the work takes effect after the client has given up', async () => {
    simulator.exchange.addFault({ kind: 'late', ms: 200, connection: 'keep', count: 1 });
    await expect(
      simulator.ada.post(envelope(createMessage(mimeOf('later'))), { giveUpAfterMs: 50 }),
    ).rejects.toThrow('given up');
    expect(subjects()).toEqual([]);
    await until(() => subjects().length === 1);
  });

  it('serverBusy: a SOAP fault with HTTP 500, with and without the time to wait', async () => {
    simulator.exchange.addFault({ kind: 'serverBusy', backOffMs: 297_749, count: 1 });
    const named = await put('a');
    expect([named.status, ...codes(named.text)]).toEqual([500, 'ErrorServerBusy']);
    expect(named.text).toContain('<t:Value Name="BackOffMilliseconds">297749</t:Value>');
    simulator.exchange.addFault({ kind: 'serverBusy', count: 1 });
    expect((await put('b')).text).not.toContain('BackOff');
    expect(subjects()).toEqual([]);
  });

  it('soapFault: any code, such as a store that is not available', async () => {
    simulator.exchange.addFault({ kind: 'soapFault', code: 'ErrorMailboxStoreUnavailable', count: 1 });
    expect(codes((await put('a')).text)).toEqual(['ErrorMailboxStoreUnavailable']);
  });

  it('http: 503 and 429 with and without Retry-After, 302 to the error page', async () => {
    simulator.exchange.addFault({ kind: 'http', status: 503, retryAfterSeconds: 7, count: 1 });
    simulator.exchange.addFault({ kind: 'http', status: 429, skip: 1, count: 1 });
    simulator.exchange.addFault({ kind: 'http', status: 302, skip: 2, count: 1 });
    const seen = [await put('a'), await put('b'), await put('c'), await put('d')];
    expect(seen.map(({ status, headers }) => [status, headers['retry-after'], headers.location])).toEqual([
      [503, '7', undefined],
      [429, undefined, undefined],
      [302, undefined, '/ews/genericerrorpage.htm'],
      [200, undefined, undefined],
    ]);
  });

  it('unauthorized: a 401 although the password is right', async () => {
    simulator.exchange.addFault({ kind: 'unauthorized', count: 1 });
    expect([(await put('a')).status, (await put('b')).status]).toEqual([401, 200]);
  });

  it('batchError: one error response for a whole request', async () => {
    simulator.exchange.addFault({ kind: 'batchError', code: 'ErrorServerBusy', backOffMs: 1000, count: 1 });
    const { status, text } = await put('a', 'b', 'c');
    expect([status, ...codes(text)]).toEqual([200, 'ErrorServerBusy']);
    expect(text).toContain('<t:Value Name="BackOffMilliseconds">1000</t:Value>');
    expect(subjects()).toEqual([]);
  });

  it('itemError: single items fail, the others are done', async () => {
    simulator.exchange.addFault({ kind: 'itemError', code: 'ErrorItemCorrupt', indexes: [1], count: 1 });
    expect(codes((await put('a', 'b', 'c')).text)).toEqual(['NoError', 'ErrorItemCorrupt', 'NoError']);
    expect(subjects()).toEqual(['a', 'c']);
  });

  it('batchStops: a part of a batch is done', async () => {
    simulator.exchange.addFault({ kind: 'batchStops', after: 1, count: 1 });
    const { text } = await put('a', 'b', 'c');
    expect(codes(text)).toEqual(['NoError', 'ErrorBatchProcessingStopped', 'ErrorBatchProcessingStopped']);
    expect(text).toContain('ResponseClass="Warning"');
    expect(subjects()).toEqual(['a']);
  });

  it('shortPage: a page holds less than asked for and says that there is more', async () => {
    await put('a', 'b', 'c');
    simulator.exchange.addFault({ kind: 'shortPage', max: 2 });
    const { text } = await simulator.ada.call(
      findItem(
        'inbox',
        '',
        '<m:IndexedPageItemView MaxEntriesReturned="100" Offset="0" BasePoint="Beginning"/>',
      ),
    );
    expect(text).toContain('IndexedPagingOffset="2" TotalItemsInView="3" IncludesLastItemInRange="false"');
    expect(texts(text, 'Subject')).toHaveLength(2);
  });

  it('shortPage: a page of changes says that more are to come', async () => {
    await put('a', 'b', 'c');
    simulator.exchange.addFault({ kind: 'shortPage', operation: 'SyncFolderItems', max: 2 });
    const { text } = await simulator.ada.call(
      '<m:SyncFolderItems><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>' +
        `<m:SyncFolderId>${INBOX}</m:SyncFolderId><m:MaxChangesReturned>100</m:MaxChangesReturned></m:SyncFolderItems>`,
    );
    expect(text).toContain('<m:IncludesLastItemInRange>false');
    expect(text.match(/<t:Create>/g)).toHaveLength(2);
  });

  it('forMs: a fault strikes no longer than it is armed for', async () => {
    simulator.exchange.addFault({ kind: 'http', status: 503, forMs: 1 });
    const since = performance.now();
    await until(() => performance.now() - since > 5);
    expect((await put('afterwards')).status).toBe(200);
  });

  it('deleteTargetFolder: the folder goes just before the items come', async () => {
    const mailbox = simulator.exchange.mailbox(ADA.user);
    const folder = mailbox.addFolder({
      parent: mailbox.folderByName('inbox')?.record.counter ?? 0,
      displayName: 'doomed',
      folderClass: 'IPF.Note',
    });
    simulator.exchange.addFault({ kind: 'deleteTargetFolder', count: 1 });
    const target = `<t:FolderId Id="${mailbox.folderIdOf(folder).id}"/>`;
    expect(codes((await simulator.ada.call(createMessage(mimeOf('a'), '', target))).text)).toEqual([
      'ErrorFolderNotFound',
    ]);
  });

  it('strikes only the operation and mailbox that it names, and as often as its seed says', async () => {
    simulator.exchange.addFault({
      kind: 'unauthorized',
      operation: 'CreateItem',
      mailbox: 'bob@contoso.example',
    });
    expect((await put('a')).status).toBe(200);
    const run = async () => {
      simulator.exchange.clearFaults();
      simulator.exchange.addFault({
        kind: 'unauthorized',
        operation: 'FindItem',
        probability: 0.5,
        seed: 11,
      });
      const statuses = [];
      for (let request = 0; request < 20; request++)
        statuses.push((await simulator.ada.call(findItem('inbox'))).status);
      return statuses;
    };
    const first = await run();
    expect(new Set(first)).toEqual(new Set([200, 401]));
    expect(await run()).toEqual(first);
  });
});
