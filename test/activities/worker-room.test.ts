import { setTimeout as pause } from 'node:timers/promises';
import mongoose from 'mongoose';
import { ConnectorTurns } from '../../activities/connector-turns';
import { WorkerRoom } from '../../activities/worker-room';
import { systemClock } from '../../src/engine/clock';
import { createLogger } from '../../src/log';
import {
  forgetRoom,
  forgetTheDead,
  roomOfWorkers,
  sayRoom,
  silentMs,
  WorkerRooms,
} from '../../src/models/worker-rooms';
import { eventually } from '../support/eventually';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.end());
afterEach(() => WorkerRooms.deleteMany());

const log = createLogger('worker', 'silent');

function aRoom(capacity: number, reachTemporal = () => Promise.resolve()): WorkerRoom {
  return new WorkerRoom({
    log,
    workerQueue: 'worker',
    capacity,
    turns: new ConnectorTurns(systemClock),
    reachTemporal,
  });
}

const said = (_id = 'worker') => WorkerRooms.findById(_id, { _id: 0, capacity: 1, open: 1 }).lean();

describe('the room of a worker', () => {
  it('is said when the worker begins, when a mailbox takes of it, and when one gives it back', async () => {
    const room = aRoom(2);
    await room.begin();
    expect(await said()).toEqual({ capacity: 2, open: 0 });
    {
      await using _first = await room.take();
      expect(await said()).toEqual({ capacity: 2, open: 1 });
      {
        await using _second = await room.take();
        expect(await said()).toEqual({ capacity: 2, open: 2 });
      }
      expect(await said()).toEqual({ capacity: 2, open: 1 });
    }
    expect(await said()).toEqual({ capacity: 2, open: 0 });
    await room.end();
  });

  it('is written one after the other where many take of it at once, so that the newest stays', async () => {
    const room = aRoom(50);
    await room.begin();
    const taken = await Promise.all(Array.from({ length: 30 }, () => room.take()));
    expect(await said()).toEqual({ capacity: 50, open: 30 });
    await Promise.all(taken.map((one) => one[Symbol.asyncDispose]()));
    expect(await said()).toEqual({ capacity: 50, open: 0 });
    await room.end();
  });

  it('is gone once the worker ends, also where a mailbox gives some back after that', async () => {
    const room = aRoom(2);
    await room.begin();
    const taken = await room.take();
    await room.end();
    expect(await said()).toBeNull();
    await taken[Symbol.asyncDispose]();
    expect(await said()).toBeNull();
  });

  it('is said again every few seconds, so that a worker that lives is never silent', async () => {
    const room = aRoom(2);
    await room.begin();
    const first = (await WorkerRooms.findById('worker').lean())?.saidAt;
    await eventually(
      async () => {
        const last = (await WorkerRooms.findById('worker').lean())?.saidAt;
        return last?.getTime() === first?.getTime() ? undefined : last;
      },
      () => WorkerRooms.find(),
    );
    await room.end();
  });

  it('is not said again while Temporal does not answer: nobody would be sent here', async () => {
    const room = aRoom(2, () => Promise.reject(new Error('away')));
    await room.begin();
    const first = (await WorkerRooms.findById('worker').lean())?.saidAt;
    await pause(4000);
    expect((await WorkerRooms.findById('worker').lean())?.saidAt).toEqual(first);
    await room.end();
  });

  it.each([
    ['cannot be said', () => Promise.reject(new mongoose.mongo.MongoNetworkError('away'))],
    ['is said to a database that does not answer', () => new Promise<never>(() => undefined)],
  ])('that %s keeps nobody from opening or closing a mailbox, and is said later', async (_what, answer) => {
    const room = aRoom(2);
    const updateOne = jest.spyOn(WorkerRooms, 'updateOne').mockImplementation(answer as never);
    await room.begin();
    const [kept, given] = [await room.take(), await room.take()];
    await given[Symbol.asyncDispose]();
    updateOne.mockRestore();
    await kept[Symbol.asyncDispose]();
    expect(await said()).toEqual({ capacity: 2, open: 0 });
    await room.end();
  });
});

it('tells other workers of a limit that mailboxes share with the room, and leaves theirs to them', async () => {
  const never = new AbortController().signal;
  const turns = new ConnectorTurns(systemClock);
  const room = new WorkerRoom({
    log,
    workerQueue: 'worker',
    capacity: 2,
    turns,
    reachTemporal: () => Promise.resolve(),
  });
  await room.begin();
  const place = turns.for('connector').join('mailbox');
  await place.turns.take(place, never);
  place.answered({ atMs: 0, underWay: 1, ofAll: 1 });
  const mailbox = { mailboxes: 3, requests: 7, isLimited: true };
  await sayRoom({ _id: 'other', capacity: 3, open: 3, turns: { connector: mailbox } });
  const requests = () => turns.for('connector').requests;
  const heard = (isHeard: () => boolean) =>
    eventually(() => Promise.resolve(isHeard() || undefined), requests);
  await heard(() => requests() < 4);
  expect((await WorkerRooms.findById('worker').lean())?.turns).toEqual({
    connector: { mailboxes: 1, requests: 1, isLimited: false },
  });
  await forgetRoom('other');
  await heard(() => requests() === Infinity);
  await room.end();
});

describe('the room of all workers', () => {
  it('is that of those that have spoken since the others fell silent', async () => {
    await sayRoom({ _id: 'living', capacity: 4, open: 1 });
    await sayRoom({ _id: 'dying', capacity: 8, open: 2 });
    await ago('dying', silentMs - 5000);
    expect(await roomOfWorkers()).toEqual({ capacity: 12, free: 9 });
    await ago('dying', 6000);
    expect(await roomOfWorkers()).toEqual({ capacity: 4, free: 3 });
    await sayRoom({ _id: 'dying', capacity: 8, open: 2 });
    expect(await roomOfWorkers()).toEqual({ capacity: 12, free: 9 });
  });

  it('forgets the dead after a while, and nobody who is only silent', async () => {
    await sayRoom({ _id: 'living', capacity: 4, open: 1 });
    await sayRoom({ _id: 'silent', capacity: 4, open: 1 });
    await sayRoom({ _id: 'dead', capacity: 4, open: 1 });
    await ago('silent', 2 * silentMs);
    await ago('dead', 5 * silentMs);
    await forgetTheDead();
    expect((await WorkerRooms.find().lean()).map(({ _id }) => _id).sort()).toEqual(['living', 'silent']);
  });

  it('is none where nobody says anything', async () => {
    expect(await roomOfWorkers()).toEqual({ capacity: 0, free: 0 });
    await forgetTheDead();
  });

  it('is never less than none where a worker has more open than it has room for', async () => {
    await sayRoom({ _id: 'crowded', capacity: 2, open: 5 });
    await sayRoom({ _id: 'other', capacity: 2, open: 1 });
    expect(await roomOfWorkers()).toEqual({ capacity: 4, free: 1 });
  });
});

/** As if a worker had said so much earlier what it said last. */
async function ago(_id: string, ms: number): Promise<void> {
  const { saidAt } = (await WorkerRooms.findById(_id).lean()) ?? {};
  await WorkerRooms.updateOne({ _id }, { saidAt: new Date((saidAt?.getTime() ?? 0) - ms) });
}
