import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Mailbox } from '../../sandbox/exchange/store/mailbox';
import type { Item } from '../../sandbox/exchange/store/records';
import type { PutItem, SourceMailbox, TargetFolder, TargetMailbox } from '../../src/connectors/connector';
import {
  connector,
  credentialOf,
  freeWindow,
  never,
  openExchange,
  samplePassword,
  type TestExchange,
} from './exchange-servers';

const from = 'alice@contoso.example';
const to = 'alice@fabrikam.example';
const pairId = 'fidelity';

describe('a sample mailbox copied item by item', () => {
  let contoso: TestExchange;
  let fabrikam: TestExchange;
  const outcomes: string[] = [];

  beforeAll(async () => {
    contoso = await openExchange();
    fabrikam = await openExchange();
    await fabrikam.exchange.addMailbox({ address: to, password: samplePassword });
    const sample = { seed: 7, items: 400, bytes: 12_000_000, largestBytes: 6_000_000 };
    await contoso.exchange.addMailbox({ address: from, password: samplePassword, sample });
    const source = await connector.openSource(contoso.settings, from, credentialOf(from), never);
    const target = await connector.openTarget(fabrikam.settings, to, credentialOf(to), never);
    outcomes.push(...(await copyAll(source, target)));
    await Promise.all([source.close(), target.close()]);
  }, 60_000);

  afterAll(async () => {
    await contoso.close();
    await fabrikam.close();
  });

  it('puts every item', () => {
    expect(outcomes.filter((each) => each !== 'copied')).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(350);
  });

  it('keeps folders with their names, places and classes', () => {
    expect(foldersOf(fabrikam.exchange.mailbox(to))).toEqual(
      expect.arrayContaining(foldersOf(contoso.exchange.mailbox(from))),
    );
  });

  it('keeps every property, date, flag, body and attachment', () => {
    const there = new Map(itemsOf(fabrikam.exchange.mailbox(to)));
    const different: unknown[] = [];
    for (const [key, item] of itemsOf(contoso.exchange.mailbox(from))) {
      const copy = there.get(key);
      if (JSON.stringify(copy) !== JSON.stringify(item)) different.push({ key, ...differences(item, copy) });
    }
    expect(different).toEqual([]);
  });

  it('sends nothing to anybody', () => {
    expect(fabrikam.exchange.sent()).toEqual([]);
    expect(contoso.exchange.sent()).toEqual([]);
  });
});

function differences(a: object, b: object | undefined): object {
  if (!b) return { missing: true };
  const out: Record<string, unknown> = {};
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (JSON.stringify(left[name]) === JSON.stringify(right[name])) continue;
    if ((name === 'fields' || name === 'ext') && a !== b)
      out[name] = differences(left[name] as object, right[name] as object);
    else out[name] = [left[name], right[name]];
  }
  return out;
}

function pathOf(mailbox: Mailbox, counter: number): string {
  const record = mailbox.folders.get(counter)?.record;
  return record && record.parent !== 0 ? `${pathOf(mailbox, record.parent)}/${record.displayName}` : '';
}

function foldersOf(mailbox: Mailbox): { path: string; folderClass: string }[] {
  const hidden = '0x10f4:Boolean';
  return [...mailbox.folders.values()]
    .filter(
      ({ record }) =>
        record.element !== 'SearchFolder' && record.ext[hidden] !== 'true' && record.parent !== 0,
    )
    .map(({ record }) => ({ path: pathOf(mailbox, record.counter), folderClass: record.folderClass }))
    .filter(({ path }) => path.startsWith(pathOf(mailbox, mailbox.folderByName('inbox')!.record.parent)));
}

/** What a server keeps or sets for itself, and what a copy is meant to have of its own. */
const ofTheServer = new Set([
  'DateTimeStamp',
  'ConversationTopic',
  'IsReadReceiptRequested',
  'PostedTime',
  'IsMeeting',
  'MeetingRequestWasSent',
  'MyResponseType',
  'Organizer',
]);
/** What an item has that says nothing. */
const usual: Record<string, string> = {
  Culture: 'en-US',
  Importance: 'Normal',
  Sensitivity: 'Normal',
  Location: '',
  AllowNewTimeProposal: 'true',
  ConferenceType: '0',
  IsOnlineMeeting: 'false',
  IsResponseRequested: 'true',
  ReminderIsSet: 'false',
};

/** In one order of names, without what a server says beyond what it was told. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(plain).filter((each) => (each as { n?: string }).n !== 'Status');
  }
  if (typeof value === 'string') return value.replace(/^(\d{4}-\d\d-\d\d)(T00:00:00)?Z$/, '$1');
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => name !== 'Name');
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, plain(each)]),
  );
}

/** Items by folder and source key, in a form that does not know which mailbox they are in. */
function itemsOf(mailbox: Mailbox): [string, object][] {
  const all: [string, object][] = [];
  for (const [counter, folder] of mailbox.folders) {
    for (const item of folder.items.values()) {
      if (item.associated) continue;
      const stamp = Object.entries(item.ext).find(([key]) => key.includes(`stamp ${pairId}`))?.[1];
      const sourceKey =
        typeof stamp === 'string' ? (JSON.parse(stamp) as { s: string }).s : mailbox.itemIdOf(item).id;
      all.push([`${pathOf(mailbox, counter)} ${item.itemClass} ${sourceKey}`, comparable(mailbox, item)]);
    }
  }
  return all;
}

function comparable(mailbox: Mailbox, item: Item): object {
  const digest = (ref: Parameters<Mailbox['contents']['read']>[0] | undefined) =>
    ref && createHash('sha256').update(mailbox.contents.read(ref)).digest('hex');
  const fields = Object.entries(item.fields).filter(
    ([name, { v }]) => !ofTheServer.has(name) && usual[name] !== v,
  );
  const ext = Object.entries(item.ext).filter(([key]) => !key.includes('stamp'));
  return plain({
    itemClass: item.itemClass,
    element: item.element,
    read: item.read,
    draft: item.draft,
    received: item.received,
    // A draft was not sent; its MIME has a date all the same.
    sent: item.draft ? undefined : item.sent,
    fields: Object.fromEntries(fields),
    ext: Object.fromEntries(ext),
    mime: digest(item.mime),
    body: item.body && { html: item.body.html, digest: digest(item.body.content) },
    attachments: item.attachments.map((each) => ({
      ...each,
      key: '',
      modified: '',
      data: digest(each.data?.content),
    })),
    occurrences: item.occurrences?.map((each) => ({ ...each, modSeq: 0, body: digest(each.body?.content) })),
  }) as object;
}

async function copyAll(source: SourceMailbox, target: TargetMailbox): Promise<string[]> {
  const made = new Map<string, TargetFolder>();
  const outcomes: string[] = [];
  for (const { key, parentKey, name, folderClass, wellKnown } of await source.listFolders(never)) {
    const parent = parentKey === undefined ? undefined : made.get(parentKey);
    const planned = { pairId, sourceKey: key, name, folderClass };
    const folder = await target.ensureFolder(
      { ...planned, ...(parent ? { parent } : {}), ...(wellKnown ? { wellKnown } : {}) },
      freeWindow,
      never,
    );
    made.set(key, folder);
    outcomes.push(...(await copyFolder(source, key, target, folder)));
  }
  return outcomes;
}

async function copyFolder(source: SourceMailbox, key: string, target: TargetMailbox, folder: TargetFolder) {
  const outcomes: string[] = [];
  for (let since: string | undefined, more = true; more;) {
    const page = await source.listChanges(key, since, never);
    ({ state: since, more } = page);
    const refs = page.changes.filter((each) => each.kind === 'put');
    for (let at = 0; at < refs.length; at += 20) {
      const items: PutItem[] = [];
      for await (const read of source.readItems(key, refs.slice(at, at + 20), 'exchange', never)) {
        if (!('open' in read)) outcomes.push(JSON.stringify(read));
        else items.push(await held(key, read));
      }
      const put = await target.putItems(folder, items, 'exchange', freeWindow, never);
      outcomes.push(...put.map((each) => (each.kind === 'copied' ? 'copied' : JSON.stringify(each))));
    }
  }
  return outcomes;
}

async function held(
  folderKey: string,
  read: { ref: { sourceKey: string }; changeKey: string; sizeBytes: number; open(): Readable },
): Promise<PutItem> {
  const pieces = await read.open().toArray();
  const { changeKey, sizeBytes } = read;
  const stamp = {
    pairId,
    folderKey,
    sourceKey: read.ref.sourceKey,
    changeKey,
    parcelId: 'one',
    unfinished: false,
  };
  return { stamp, itemClass: '', sizeBytes, open: () => Readable.from(pieces, { objectMode: false }) };
}
