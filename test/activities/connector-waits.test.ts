import { Types } from 'mongoose';
import { ConnectorWaits } from '../../activities/connector-waits';
import { Fault } from '../../src/domain/faults';
import { createLogger } from '../../src/log';
import { Connectors, type ConnectorDocument } from '../../src/models/connectors';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.end());
// The clock stands still unless a test turns it; the database goes by its own.
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: Object.keys(real) as (keyof typeof real)[] });
});
afterEach(() => jest.useRealTimers());

const real = {
  hrtime: true,
  nextTick: true,
  queueMicrotask: true,
  setImmediate: true,
  clearImmediate: true,
  setInterval: true,
  clearInterval: true,
  setTimeout: true,
  clearTimeout: true,
} as const;

const newWaits = () => new ConnectorWaits({ log: createLogger('worker', 'silent') });
const text = { code: 'HTTP 503', remedy: 'wait' as const, message: 'The server asks for a pause.' };
const asked = (retryAfterMs: number, scope: 'connector' | 'mailbox' = 'connector') =>
  new Fault({ kind: 'throttled', retryAfterMs, scope }, text, true);

async function connector(): Promise<string> {
  const { _id } = await Connectors.create({
    side: 'source',
    kind: 'exchange',
    name: new Types.ObjectId().toHexString(),
    exchange: {},
    signIn: { kind: 'selfMigration', signInName: { kind: 'address' }, invitation: 'none' },
    createdAt: new Date(),
  });
  return _id.toHexString();
}

describe('a wait that a server asks of its whole connector', () => {
  it('holds for every worker, outlives the one that was told, and ends by itself', async () => {
    const id = await connector();
    const told = newWaits();
    told.note(id, asked(3_000));
    expect((await told.of(id, 'one'))?.leftMs).toBeGreaterThanOrEqual(3_000);
    const another = newWaits();
    expect(await another.of(id, 'other')).toMatchObject({ code: 'HTTP 503' });
    const began = Date.now();
    const wait = (ms: number) => Promise.resolve(void jest.advanceTimersByTime(ms));
    const read = await Connectors.findById(id).orFail().lean<ConnectorDocument>();
    const did = await another.heeded(read, 'other', () => Promise.resolve(Date.now() - began), wait);
    expect(did).toBeGreaterThanOrEqual(3_000);
    expect(await another.of(id, 'other')).toBeUndefined();
  });

  it('is not shortened by a wait that ends sooner, and not begun by one meant for a mailbox alone', async () => {
    const id = await connector();
    const waits = newWaits();
    for (const fault of [asked(90_000, 'mailbox'), asked(60_000), asked(1_000)]) waits.note(id, fault);
    // Written before anything else is, as the first to be told does it in the background.
    await waits.of(id, 'one');
    const later = newWaits();
    later.note(id, asked(2_000));
    await later.of(id, 'one');
    const { throttled } = await Connectors.findById(id).orFail().lean();
    expect(throttled).toMatchObject({ waitMs: 60_000, code: 'HTTP 503' });
  });

  it('ends for all others after what the server named, also where the clock of the one who was told is ahead', async () => {
    const id = await connector();
    const ahead = { until: new Date(Date.now() + 605_000), waitMs: 5_000, code: 'HTTP 503' };
    await Connectors.updateOne({ _id: id }, { $set: { throttled: ahead } });
    const waits = newWaits();
    const leftMs = async () => (await waits.of(id, 'one'))?.leftMs ?? 0;
    expect(await leftMs()).toBeGreaterThanOrEqual(5_000);
    expect(waits.leftMs(id, ahead)).toBe(5_000);
    jest.advanceTimersByTime(7_501);
    expect([await leftMs(), waits.leftMs(id, ahead)]).toEqual([0, 0]);
    // What is asked for next counts, though that moment is still to come.
    waits.note(id, asked(30_000));
    expect(waits.leftMs(id, ahead)).toBe(30_000);
    expect(await leftMs()).toBeGreaterThanOrEqual(30_000);
    jest.advanceTimersByTime(3_000);
    await waits.of(id, 'one');
    const { throttled } = await Connectors.findById(id).orFail().lean();
    expect(throttled).toMatchObject({ waitMs: 30_000 });
  });

  it('is over at once for whoever reads that another server was named, though it is still known here', async () => {
    const id = await connector();
    const waits = newWaits();
    waits.note(id, asked(3_600_000));
    await waits.of(id, 'one');
    await Connectors.updateOne({ _id: id }, { $unset: { throttled: true } });
    const edited = await Connectors.findById(id).orFail().lean<ConnectorDocument>();
    const never = () => Promise.reject(new Error('waits'));
    expect(await waits.heeded(edited, 'one', () => Promise.resolve('asked'), never)).toBe('asked');
  });

  it('is asked for once in the database for as many mailboxes as there are', async () => {
    const id = await connector();
    const waits = newWaits();
    const find = jest.spyOn(Connectors, 'find');
    try {
      await Promise.all(Array.from({ length: 500 }, (_, n) => waits.of(id, `mailbox ${n}`)));
      expect(find).toHaveBeenCalledTimes(1);
    } finally {
      find.mockRestore();
    }
  });
});
