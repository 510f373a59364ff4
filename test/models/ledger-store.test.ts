import { randomUUID } from 'node:crypto';
import mongoose from 'mongoose';
import { Fault } from '../../src/domain/faults';
import { MongoLedgerStore } from '../../src/models/ledger-store';
import { describeLedger } from '../engine/ledger-contract';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await Promise.all(Object.values(mongoose.models).map((one) => one.init()));
}, 120_000);
afterAll(() => database.end());

describeLedger('the ledger in MongoDB', () => new MongoLedgerStore());

describe('MongoLedgerStore', () => {
  it('says that the store is away where the database cannot be reached, without naming it', async () => {
    const store = new MongoLedgerStore();
    const id = { pairId: randomUUID(), folderKey: 'f' };
    const collection = jest.spyOn(mongoose.mongo.Collection.prototype, 'updateOne');
    collection.mockRejectedValueOnce(new Error('connect ECONNREFUSED db.internal:27017'));
    const fault = await store.writeFolder(id, { fence: 1, writes: 1 }, {}).catch((reason: unknown) => reason);
    collection.mockRestore();
    expect(fault).toBeInstanceOf(Fault);
    expect(fault).toMatchObject({ details: { kind: 'retryable' }, notDone: false });
    expect(String(fault)).not.toContain('db.internal');
  });
});
