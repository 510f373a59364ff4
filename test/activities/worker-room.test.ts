import mongoose from 'mongoose';
import { RoomWatch, silentMs } from '../../activities/room-watch';
import { WorkerRoom } from '../../activities/worker-room';
import { createLogger } from '../../src/log';
import { sayRoom, WorkerRooms } from '../../src/models/worker-rooms';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.end());
afterEach(() => WorkerRooms.deleteMany());

const log = createLogger('worker', 'silent');

function aRoom(capacity: number, workerQueue = 'worker'): WorkerRoom {
  return new WorkerRoom({ log, workerQueue, capacity });
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

  it('that cannot be said keeps nobody from opening a mailbox', async () => {
    const room = aRoom(2);
    const updateOne = jest.spyOn(WorkerRooms, 'updateOne').mockImplementation(() => {
      throw new mongoose.mongo.MongoNetworkError('away');
    });
    await room.begin();
    const taken = await room.take();
    updateOne.mockRestore();
    await taken[Symbol.asyncDispose]();
    expect(await said()).toEqual({ capacity: 2, open: 0 });
    await room.end();
  });
});

describe('the room of all workers', () => {
  it('is that of those that have spoken lately, by the clock of whoever looks', async () => {
    let nowMs = 0;
    const watch = new RoomWatch(() => nowMs);
    await sayRoom({ _id: 'living', capacity: 4, open: 1 });
    await sayRoom({ _id: 'dying', capacity: 8, open: 2 });
    expect(await watch.free()).toBe(9);
    nowMs += silentMs - 1;
    await sayRoom({ _id: 'living', capacity: 4, open: 2 });
    expect(await watch.free()).toBe(8);
    nowMs += 1;
    expect(await watch.free()).toBe(2);
    expect(await said('dying')).toBeNull();
  });

  it('has a worker again that was silent for too long, once it speaks', async () => {
    let nowMs = 0;
    const watch = new RoomWatch(() => nowMs);
    await sayRoom({ _id: 'stopped', capacity: 4, open: 1 });
    expect(await watch.free()).toBe(3);
    nowMs += silentMs;
    expect(await watch.free()).toBe(0);
    await sayRoom({ _id: 'stopped', capacity: 4, open: 1 });
    expect(await watch.free()).toBe(3);
  });

  it('is never less than none where a worker has more open than it has room for', async () => {
    await sayRoom({ _id: 'crowded', capacity: 2, open: 5 });
    await sayRoom({ _id: 'other', capacity: 2, open: 1 });
    expect(await new RoomWatch().free()).toBe(1);
  });
});
