import { Readable } from 'node:stream';
import type { FaultInput } from '../../sandbox/exchange/server/faults';
import type { PutItem, PutOutcome, TargetFolder, TargetMailbox } from '../../src/connectors/connector';
import { Fault } from '../../src/domain/faults';
import {
  connector,
  credentialOf,
  freeWindow,
  never,
  openExchange,
  samplePassword,
  type TestExchange,
} from './exchange-servers';

const to = 'ada@fabrikam.example';
const pairId = 'doubt';

function item(sourceKey: string, xml = mail(sourceKey)): PutItem {
  const stamp = { pairId, folderKey: 'f', sourceKey, changeKey: 'c', parcelId: '1', unfinished: false };
  const content = Buffer.from(`{"series":false}\n${xml}`);
  return {
    stamp,
    itemClass: 'IPM.Note',
    sizeBytes: content.length,
    open: () => Readable.from([content], { objectMode: false }),
  };
}

function mail(subject: string): string {
  const mime = Buffer.from(`From: a@b.example\r\nSubject: ${subject}\r\n\r\nhello`).toString('base64');
  return `<t:Message><t:MimeContent CharacterSet="UTF-8">${mime}</t:MimeContent><?stamp?></t:Message>`;
}

describe('a put whose answer is not what it should be', () => {
  let server: TestExchange;
  let target: TargetMailbox;
  let folder: TargetFolder;

  beforeEach(async () => {
    server = await openExchange();
    await server.exchange.addMailbox({ address: to, password: samplePassword });
    target = await connector.openTarget(server.settings, to, credentialOf(to), never);
    const planned = { pairId, sourceKey: 'f', name: 'Copies', folderClass: 'IPF.Note' };
    folder = await target.ensureFolder(planned, freeWindow, never);
  });
  afterEach(async () => {
    await target.close();
    await server.close();
  });

  const put = (items: PutItem[]): Promise<PutOutcome[]> =>
    target.putItems(folder, items, 'exchange', freeWindow, never);
  const putFault = async (items: PutItem[]): Promise<Fault> => {
    const fault = await put(items).catch((reason: unknown) => reason);
    if (!(fault instanceof Fault)) throw new Error(`no fault: ${JSON.stringify(fault)}`);
    return fault;
  };
  /** Source keys of what arrived, by the stamps. */
  const arrived = async () => {
    const { added } = await target.listAdded(folder, pairId, undefined, never);
    return added.map(({ stamp }) => stamp?.sourceKey).sort();
  };

  it.each<[string, FaultInput, boolean]>([
    ['a lost answer leaves it in doubt, and the items are there', { kind: 'resetAfter', count: 1 }, true],
    ['an answer that breaks off leaves it in doubt', { kind: 'truncate', bytes: 300, count: 1 }, true],
    [
      'an internal error leaves it in doubt',
      { kind: 'soapFault', code: 'ErrorInternalServerError', count: 1 },
      false,
    ],
    ['a bad gateway leaves it in doubt', { kind: 'http', status: 502, count: 1 }, false],
    [
      'an unknown error for the batch leaves it in doubt',
      { kind: 'batchError', code: 'ErrorOfTomorrow', count: 1 },
      false,
    ],
  ])('%s', async (_name, fault, there) => {
    server.exchange.addFault({ ...fault, operation: 'CreateItem' });
    const thrown = await putFault([item('one'), item('two')]);
    expect(thrown).toMatchObject({ kind: 'retryable', notDone: false });
    expect(await arrived()).toEqual(there ? ['one', 'two'] : []);
  });

  it.each<[string, FaultInput, Partial<Fault['details']>]>([
    [
      'a busy server',
      { kind: 'serverBusy', backOffMs: 1234, count: 1 },
      { kind: 'throttled', retryAfterMs: 1234 },
    ],
    [
      'one busy error for the whole batch',
      { kind: 'batchError', code: 'ErrorServerBusy', backOffMs: 4321, count: 1 },
      { kind: 'throttled', retryAfterMs: 4321 },
    ],
    [
      '429',
      { kind: 'http', status: 429, retryAfterSeconds: 3, count: 1 },
      { kind: 'throttled', retryAfterMs: 3000 },
    ],
    ['a 401 that passes', { kind: 'unauthorized', count: 1 }, { kind: 'retryable' }],
    [
      'a schema error',
      { kind: 'soapFault', code: 'ErrorSchemaValidation', count: 1 },
      { kind: 'retryable', tooLarge: true },
    ],
  ])('%s surely did nothing', async (_name, fault, details) => {
    server.exchange.addFault({ ...fault, operation: 'CreateItem' });
    const thrown = await putFault([item('one'), item('two')]);
    expect(thrown.details).toMatchObject(details);
    expect(thrown.notDone).toBe(true);
    expect(await arrived()).toEqual([]);
  });

  it('is never repeated by the connector', async () => {
    server.exchange.addFault({ kind: 'resetAfter', operation: 'CreateItem', count: 1 });
    await putFault([item('one')]);
    expect(server.exchange.state.requests.get('CreateItem')).toBe(1);
  });

  it('answers per item where the server does: copied, failed, and what is to be put again', async () => {
    server.exchange.addFault({
      kind: 'itemError',
      code: 'ErrorItemCorrupt',
      indexes: [1],
      operation: 'CreateItem',
      count: 1,
    });
    const outcomes = await put([item('one'), item('two'), item('three')]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['copied', 'failed', 'copied']);
    server.exchange.addFault({ kind: 'batchStops', after: 1, operation: 'CreateItem', count: 1 });
    const stopped = await put([item('four'), item('five')]);
    expect(stopped.map(({ kind }) => kind)).toEqual(['copied', 'again']);
    expect(await arrived()).toEqual(['four', 'one', 'three']);
  });

  it('names items that may not be written where others may, and refuses a folder that takes none', async () => {
    const denied: FaultInput = { kind: 'itemError', code: 'ErrorAccessDenied', operation: 'CreateItem' };
    const named = { kind: 'failed', reason: { code: 'ErrorAccessDenied', remedy: 'checkItem' } };
    const refused = { kind: 'again', fault: { details: { kind: 'folder', reason: 'refused' } } };
    server.exchange.addFault({ ...denied, count: 1 });
    expect(await put([item('one'), item('two')])).toMatchObject([named, named]);
    server.exchange.addFault({ ...denied, indexes: [0], count: 1 });
    expect(await put([item('one'), item('two')])).toMatchObject([named, { kind: 'copied' }]);
    const mailbox = server.exchange.mailbox(to);
    const copies = [...mailbox.folders.values()].find(({ record }) => record.displayName === 'Copies');
    if (!copies) throw new Error('no such folder');
    mailbox.changeFolder(copies.record, { readOnly: true });
    expect(await put([item('three'), item('four')])).toMatchObject([refused, refused]);
    expect(await arrived()).toEqual(['two']);
  });

  it('leaves in doubt what may not be written where the folder cannot be asked whether it takes others', async () => {
    server.exchange.addFault({ kind: 'itemError', code: 'ErrorAccessDenied', operation: 'CreateItem' });
    server.exchange.addFault({ kind: 'serverBusy', operation: 'GetFolder', count: 1 });
    expect(await putFault([item('one')])).toMatchObject({ kind: 'throttled', notDone: false });
  });

  it('names an item whose flags may not be set', async () => {
    const [made] = await put([item('one')]);
    if (made?.kind !== 'copied') throw new Error('not put');
    server.exchange.addFault({
      kind: 'itemError',
      code: 'ErrorAccessDenied',
      operation: 'UpdateItem',
      count: 1,
    });
    const flags = { target: made, flags: { read: true }, stamp: item('one').stamp };
    expect(await target.setFlags([flags], freeWindow, never)).toMatchObject([
      { kind: 'failed', reason: { code: 'ErrorAccessDenied' } },
    ]);
  });

  it('tells a full mailbox and a folder that was removed meanwhile', async () => {
    server.exchange.addFault({
      kind: 'itemError',
      code: 'ErrorQuotaExceeded',
      operation: 'CreateItem',
      count: 1,
    });
    expect(await put([item('one')])).toMatchObject([
      { kind: 'again', fault: { kind: 'fatal', text: { remedy: 'freeSpace' } } },
    ]);
    server.exchange.addFault({ kind: 'deleteTargetFolder', operation: 'CreateItem', count: 1 });
    const gone = await put([item('one')]).catch((fault: unknown) => [{ kind: 'again', fault }]);
    expect(gone).toMatchObject([{ kind: 'again', fault: { details: { kind: 'folder', reason: 'gone' } } }]);
    const planned = { pairId, sourceKey: 'f', name: 'Copies', folderClass: 'IPF.Note' };
    await expect(target.ensureFolder(planned, freeWindow, never)).resolves.not.toEqual(folder);
  });

  it('is not done where the content of an item cannot be read to its end', async () => {
    const broken = new Fault(
      { kind: 'retryable' },
      { code: 'ECONNRESET', remedy: 'wait', message: 'The source broke.' },
    );
    async function* content() {
      yield Buffer.from(`{"series":false}\n${mail('two').slice(0, 60)}`);
      throw broken;
    }
    const two = { ...item('two'), open: () => Readable.from(content(), { objectMode: false }) };
    const thrown = await putFault([item('one'), two]);
    expect(thrown).toMatchObject({ notDone: true, text: { message: 'The source broke.' } });
    expect(await arrived()).toEqual([]);
  });

  it('is ended at once where the window closes, even while the server is slow', async () => {
    const lost = new Fault(
      { kind: 'retryable' },
      { code: 'FenceLost', remedy: 'wait', message: 'The fence is lost.' },
    );
    let asked = 0;
    const window = { hold: async () => void ((asked += 1) > 2 && (await Promise.reject(lost))) };
    const putting = target.putItems(folder, [item('one')], 'exchange', window, never);
    await expect(putting).rejects.toBe(lost);
    expect(await arrived()).toEqual([]);
  });

  it('finds an item that the server refuses as too large, whatever way it says so', async () => {
    const large = item('large', mail('x'.repeat(7_000_000)));
    for (const overLimit of ['413', '404'] as const) {
      server.exchange.setPolicy({ requestLimitBytes: 1_000_000, overLimit });
      expect(await putFault([large])).toMatchObject({
        notDone: true,
        details: { kind: 'retryable', tooLarge: true },
      });
    }
  });

  it('takes no small item for too large where the server is not to be found for a moment', async () => {
    server.exchange.addFault({ kind: 'http', status: 404, operation: 'CreateItem', count: 1 });
    expect(await putFault([item('one'), item('two')])).toMatchObject({
      notDone: true,
      details: { kind: 'retryable' },
      text: { remedy: 'checkServerName' },
    });
    expect(await put([item('one'), item('two')])).toMatchObject([{ kind: 'copied' }, { kind: 'copied' }]);
  });

  it('takes a large item for too large where the server breaks it off three times', async () => {
    server.exchange.setPolicy({ requestLimitBytes: 1_000_000, overLimit: 'reset' });
    const large = { ...item('large', mail('x'.repeat(20_000_000))) };
    const faults = [await putFault([large]), await putFault([large]), await putFault([large])];
    expect(faults.map(({ details }) => 'tooLarge' in details)).toEqual([false, false, true]);
    expect(faults.every(({ notDone }) => notDone)).toBe(true);
  });

  it('writes hostile names and values as what they are', async () => {
    const hostile = `</t:DisplayName><t:FolderClass>IPF.Evil</t:FolderClass> & "x" \u0001\uffff 🎄`;
    const planned = {
      pairId: `p"<&>'`,
      sourceKey: `k"<&>${hostile}`,
      name: hostile,
      folderClass: 'IPF.Note',
    };
    const made = await target.ensureFolder(planned, freeWindow, never);
    expect(await target.ensureFolder(planned, freeWindow, never)).toEqual(made);
    const names = [...server.exchange.mailbox(to).folders.values()].map(({ record }) => [
      record.displayName,
      record.folderClass,
    ]);
    expect(names).toContainEqual([hostile.replace('\u0001\uffff', ''), 'IPF.Note']);
    const one = item('one');
    const stamp = {
      ...one.stamp,
      pairId: `p"<&>'`,
      sourceKey: hostile,
      folderKey: ']]>',
      parcelId: `<?stamp?>'`,
    };
    await target.putItems(made, [{ ...one, stamp }], 'exchange', freeWindow, never);
    const { added } = await target.listAdded(made, `p"<&>'`, undefined, never);
    expect(added).toMatchObject([{ stamp }]);
  });

  it('takes a half-made series back, or leaves it in doubt and marked unfinished, where a later request fails', async () => {
    const series = item('series');
    const xml =
      '<t:CalendarItem><t:Subject>Weekly</t:Subject><?stamp?><t:Start>2026-03-02T10:00:00Z</t:Start>' +
      '<t:End>2026-03-02T11:00:00Z</t:End><t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence>' +
      '<t:NumberedRecurrence><t:StartDate>2026-03-02Z</t:StartDate><t:NumberOfOccurrences>5</t:NumberOfOccurrences>' +
      '</t:NumberedRecurrence></t:Recurrence></t:CalendarItem>';
    const exceptions = JSON.stringify({ removed: ['2026-03-04T10:00:00Z'], changed: [] });
    const content = Buffer.from(`{"series":true}\n${xml}<?exceptions?>${exceptions}`);
    const one = { ...series, open: () => Readable.from([content], { objectMode: false }) };
    const busy: FaultInput = { kind: 'serverBusy', operation: 'DeleteItem', backOffMs: 5 };
    server.exchange.addFault({ ...busy, count: 1 });
    expect(await put([item('mail'), one])).toMatchObject([
      { kind: 'copied' },
      { kind: 'again', fault: { kind: 'throttled', notDone: true } },
    ]);
    expect(await arrived()).toEqual(['mail']);
    server.exchange.addFault({ ...busy, count: 2 });
    expect(await putFault([one])).toMatchObject({ kind: 'throttled', notDone: false });
    const { added } = await target.listAdded(folder, pairId, undefined, never);
    const half = added.filter(({ stamp }) => stamp?.unfinished);
    expect(half).toMatchObject([{ stamp: { sourceKey: 'series' } }]);
    await target.removeItems(half, freeWindow, never);
    expect(await put([one])).toMatchObject([{ kind: 'copied' }]);
    const { added: again } = await target.listAdded(folder, pairId, undefined, never);
    expect(again.map(({ stamp }) => [stamp?.sourceKey, stamp?.unfinished]).sort()).toEqual([
      ['mail', false],
      ['series', false],
    ]);
  });

  it('reads a stamp from the item itself where the list does not tell it', async () => {
    const [made] = await put([item('one')]);
    const { state } = await target.listAdded(folder, pairId, undefined, never);
    const mailbox = server.exchange.mailbox(to);
    for (const { items } of mailbox.folders.values())
      for (const each of items.values()) mailbox.changeItem(each, { read: true });
    const { added } = await target.listAdded(folder, pairId, state, never);
    expect(made?.kind).toBe('copied');
    expect(added).toMatchObject([{ stamp: { sourceKey: 'one' } }]);
  });
});
