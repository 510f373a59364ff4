import { directWire, type MemoryStore, type MemoryWire } from '../../src/connectors/memory';
import { Fault } from '../../src/domain/faults';
import { fasterClock, systemClock } from '../../src/engine/clock';
import { issuesOfCopy } from '../../src/models/copy-issues';
import { foldersOfCopy } from '../../src/models/copy-report';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import { acceptSource, replacedSourceOf } from '../../src/models/source-acceptance';
import { signals, type StopSignal } from '../../workflows/messages';
import { administrator, House } from './house';

let house: House;
beforeAll(async () => {
  house = await House.open();
  const { copying } = house.deps();
  // What is waited out in place, and settled, takes a twentieth.
  await house.startWorker({
    copying: { ...copying, clock: fasterClock(systemClock, 20), sendWindowMs: 5000 },
  });
  await house.startGate();
});
afterAll(() => house.close());
afterEach(() => {
  house.servers.beforeOpen = () => undefined;
  house.servers.beforeClose = () => undefined;
  house.servers.wire = directWire;
});

const impatient = { retryFirstMs: 50, retryMostMs: 100 };

async function started(row: MailUser, times = {}): Promise<void> {
  await house.start(row, { ...impatient, ...times });
  await house.until(row, (now) => (now.projection?.wanted.length ?? 0) === 2);
  await house.signIn(row, 'source');
  await house.signIn(row, 'target');
}

/** Whatever is asked of the second folder ends with an error that nobody foresaw. */
function unforeseen(store: MemoryStore, isMended = () => false): void {
  const [, second] = [...store.folders.keys()];
  const page = store.page.bind(store);
  store.page = (folder, ...rest) => {
    if (folder === second && !isMended()) throw new TypeError('undefined is not iterable');
    return page(folder, ...rest);
  };
}

describe('a source mailbox that was replaced by another', () => {
  it('stops the migration with nothing put, and is gone on with, once only, when it was accepted', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 2, 3);
    await started(row);
    await house.untilEnded(row);
    await house.handle(row).result();
    house.servers.replace('source', row.source.address);
    const count = () => house.servers.countItems('target', row.target.address);
    await started(row);
    const { projection, pairId = '' } = await house.until(row, 'failed');
    await house.handle(row).result();
    expect(projection).toMatchObject({ state: 'failed', fault: { text: { code: 'SourceReplaced' } } });
    expect(count()).toBe(6);
    expect(await acceptSource(pairId, (await replacedSourceOf(pairId)) ?? '')).toBe(true);
    await house.start(row, impatient, 'retry');
    const done = await house.until(row, 'completed');
    expect(done).toMatchObject({ pairId, projection: { state: 'completed' }, counters: { copied: 6 } });
    expect(count()).toBe(6);
  });
});

describe('a folder that always fails in a way nobody foresaw', () => {
  it('is shown on the row while it is tried again, and does no harm once it is mended', async () => {
    const row = await house.row({ invitation: 'none' });
    const store = house.servers.fill(row.source.address, 3, 5);
    let mended = false;
    unforeseen(store, () => mended);
    await started(row);
    const shown = await house.until(row, (now) => now.projection?.fault !== undefined);
    expect(shown.projection).toMatchObject({ state: 'working', fault: { text: { code: 'Unexpected' } } });
    mended = true;
    const { projection } = await house.untilEnded(row);
    expect(projection?.state).toBe('completed');
    expect(projection?.fault).toBeUndefined();
    expect(house.servers.countItems('target', row.target.address)).toBe(15);
  });

  it('is named in the report after its time, and all others are copied', async () => {
    const row = await house.row({ invitation: 'none' });
    unforeseen(house.servers.fill(row.source.address, 3, 5));
    await started(row, { folderForMs: 1000 });
    const { projection } = await house.untilEnded(row);
    expect(projection?.state).toBe('completedWithIssues');
    expect(house.servers.countItems('target', row.target.address)).toBe(10);
    const plans = [];
    for await (const { plan } of house.ledger.folders(await pairOf(row))) plans.push(plan.refused?.code);
    expect(plans.filter((code) => code !== undefined)).toEqual(['TypeError']);
  });
});

async function pairOf(row: MailUser): Promise<string> {
  return (await house.read(row)).pairId ?? '';
}

describe('a mailbox that cannot be opened', () => {
  it('says so on the row for as long as it lasts', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 1, 5);
    let opened = 0;
    let mended = false;
    house.servers.beforeOpen = (side) => {
      if (side === 'source' && (opened += 1) > 1 && !mended) throw new TypeError('undefined is not iterable');
    };
    await started(row);
    const shown = await house.until(row, (now) => now.projection?.fault !== undefined);
    expect(shown.projection?.fault?.text.code).toBe('Unexpected');
    mended = true;
    const { projection } = await house.untilEnded(row);
    expect(projection).toMatchObject({ state: 'completed' });
    expect(projection?.fault).toBeUndefined();
  });
});

describe('a mailbox whose servers answer while nothing gets on', () => {
  const text = { code: 'HTTP 500', remedy: 'wait' as const, message: 'The server has failed.' };
  const unlisted: MemoryWire = {
    async send(request, signal) {
      if (request.kind === 'listFolders') throw new Fault({ kind: 'retryable' }, text);
      return directWire.send(request, signal);
    },
  };

  const unput: MemoryWire = {
    async send(request, signal) {
      if (request.kind === 'putItems') throw new Fault({ kind: 'retryable' }, text);
      return directWire.send(request, signal);
    },
  };

  it('fails with the reason where its folders cannot be listed for long', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 2, 5);
    house.servers.wire = unlisted;
    await started(row, { folderForMs: 1000 });
    expect((await house.untilEnded(row)).projection).toMatchObject({
      state: 'failed',
      fault: { text: { ...text, remedy: 'askSupport' } },
    });
    expect(await house.credentialsOf(row)).toBe(2);
  });

  it('fails with the reason where every put is lost for long, and copies on Retry once the target takes them', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 2, 15);
    house.servers.wire = unput;
    await started(row, { folderForMs: 1000 });
    const { projection } = await house.untilEnded(row);
    expect(projection).toMatchObject({
      state: 'failed',
      fault: { text: { ...text, remedy: 'askSupport' } },
    });
    expect(projection?.fault?.side).toBeUndefined();
    house.servers.wire = directWire;
    await house.handle(row).result();
    await house.start(row, {}, 'retry');
    expect((await house.until(row, 'completed')).counters).toMatchObject({ copied: 30, failed: 0 });
  });

  it('fails where it cannot be opened for long in a way nobody foresaw', async () => {
    const row = await house.row({ invitation: 'none' });
    let opened = 0;
    house.servers.beforeOpen = (side) => {
      if (side === 'source' && (opened += 1) > 1) throw new TypeError('undefined is not iterable');
    };
    await started(row, { folderForMs: 1000 });
    expect((await house.untilEnded(row)).projection).toMatchObject({
      state: 'failed',
      fault: { text: { code: 'Unexpected', remedy: 'askSupport' } },
    });
  });
});

describe('a Temporal that was set back to an earlier day', () => {
  it('comes above the openings it has forgotten within a few tries', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 2, 5);
    house.servers.wire = {
      async send(request, signal) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        return directWire.send(request, signal);
      },
    };
    await house.start(row, impatient);
    await house.until(row, 'awaitingSignIn');
    const forgotten = { epoch: 1, opening: 100, folders: 2, activeFolders: [], at: new Date() };
    await MailUsers.updateOne({ _id: row._id }, { $set: { counters: forgotten } });
    await house.signIn(row, 'source');
    await house.signIn(row, 'target');
    const { projection, counters } = await house.untilEnded(row);
    expect(projection?.state).toBe('completed');
    expect(counters).toMatchObject({ copied: 10 });
  });
});

describe('a folder that is refused and then gone at the source', () => {
  it('lacks nothing: the migration is completed, and nothing is named', async () => {
    const row = await house.row({ invitation: 'none' });
    const store = house.servers.fill(row.source.address, 2, 5);
    const [, second = ''] = [...store.folders.keys()];
    const page = store.page.bind(store);
    store.page = (folder, ...rest) => {
      if (folder !== second) return page(folder, ...rest);
      store.removeFolder(second);
      const text = { code: 'No', remedy: 'checkFolder', message: 'not that folder' } as const;
      throw new Fault({ kind: 'folder', side: 'source', reason: 'refused' }, text, true);
    };
    await started(row);
    const { projection, counters, pairId = '' } = await house.untilEnded(row);
    expect(projection?.state).toBe('completed');
    expect(counters).toMatchObject({ found: 5, copied: 5, failed: 0 });
    const named = [];
    for await (const issue of issuesOfCopy(pairId, await foldersOfCopy(pairId, true))) named.push(issue);
    expect(named).toEqual([]);
  });
});

describe('Stop', () => {
  it('is not forgotten while the history is handed over to the next run', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 12, 4);
    let closing = 0;
    house.servers.beforeClose = async () => {
      // Two sign-ins were checked before; then the first opening is closed for the next run.
      if ((closing += 1) !== 3) return;
      await house.handle(row).signal<[StopSignal]>(signals.stop, { by: administrator });
      await house.eventuallyTaken(row, signals.stop);
    };
    await started(row, { historyEvents: 60 });
    expect((await house.untilEnded(row)).projection).toMatchObject({ state: 'stopped', by: administrator });
  });
});
