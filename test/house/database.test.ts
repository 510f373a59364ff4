import mongoose, { Schema } from 'mongoose';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

/**
 * What Mailporter's safety leans on, asked of the driver and the database that are here: one document changes at once,
 * for one caller only. It fails loudly when a new driver and the sandbox's database no longer fit each other.
 */
describe('the database, by the driver', () => {
  const Things = mongoose.model(
    'Thing',
    new Schema<{ name: string; folder?: string; count: number; owner?: number; parts: Map<string, number> }>(
      {
        name: { type: String, required: true },
        folder: String,
        count: { type: Number, default: 0 },
        owner: Number,
        parts: { type: Map, of: Number, default: {} },
      },
      { autoIndex: false },
    ).index({ folder: 1, name: 1 }, { unique: true }),
  );
  let database: FreshDatabase;

  beforeAll(async () => {
    database = await freshDatabase();
    await Things.createIndexes();
  }, 60_000);
  afterAll(() => database.end());

  const times = <T>(count: number, act: (place: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, place) => act(place)));

  it('counts each of 200 increments at once', async () => {
    const { _id } = await Things.create({ name: 'counter' });
    await times(200, () => Things.updateOne({ _id }, { $inc: { count: 1 } }));
    expect((await Things.findById(_id))?.count).toBe(200);
  });

  it('gives 200 callers at once 200 different numbers', async () => {
    const { _id } = await Things.create({ name: 'numbers' });
    const given = await times(200, () =>
      Things.findOneAndUpdate({ _id }, { $inc: { count: 1 } }, { returnDocument: 'after' }),
    );
    expect(new Set(given.map((thing) => thing?.count)).size).toBe(200);
  });

  it('lets one of 50 claimers win', async () => {
    const { _id } = await Things.create({ name: 'claim' });
    const claims = await times(50, (owner) =>
      Things.updateOne({ _id, owner: { $exists: false } }, { $set: { owner } }),
    );
    expect(claims.filter(({ modifiedCount }) => modifiedCount === 1)).toHaveLength(1);
  });

  it('keeps each of 50 fields of one document that are set at once', async () => {
    const { _id } = await Things.create({ name: 'fields' });
    await times(50, (place) => Things.updateOne({ _id }, { $set: { [`parts.f${place}`]: place } }));
    expect((await Things.findById(_id))?.parts.size).toBe(50);
  });

  it('lets one of 20 inserts of a unique key in and answers 11000 to the rest', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => Things.create({ folder: 'inbox', name: 'only one' })),
    );
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(19);
    expect(refused.map(({ reason }) => reason.code)).toEqual(Array(19).fill(11000));
  });
});
