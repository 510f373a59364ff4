import { setTimeout as pause } from 'node:timers/promises';
import { Types } from 'mongoose';
import { findForgotten } from '../../activities/forgotten';
import { DatabaseTooNew, migrateSchema } from '../../src/models/migrate-schema';
import { connectDatabase } from '../../src/models/database';
import { MailUsers } from '../../src/models/mail-users';
import type { SchemaStep } from '../../src/models/schema-steps';
import { schemaVersion } from '../../src/models/schema-version';
import { stateQuery } from '../../src/models/shown-states';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.end());
afterEach(async () => {
  for (const name of ['settings', 'things', 'mailUsers'])
    await database.connection.collection(name).deleteMany({});
});

const things = () =>
  database.connection.collection<{ _id: number; name?: string; schemaVersion?: number }>('things');
const settings = () => database.connection.collection<{ _id: string; version: number }>('settings');
const at = async () => (await settings().findOne({ _id: 'schema' }))?.version;

/** Names each thing after its number. */
const naming = (seen: number[] = [], onDocument: (n: number) => void = () => undefined): SchemaStep => ({
  to: schemaVersion,
  collection: 'things',
  what: 'things have names',
  upgrade: ({ _id }) => {
    onDocument(_id as number);
    seen.push(_id as number);
    return { set: { name: `thing ${_id as number}` }, while: {} };
  },
});
const quick = { pause: (ms: number) => pause(Math.min(ms, 5)) };
const many = (count: number) => things().insertMany(Array.from({ length: count }, (_, _id) => ({ _id })));

describe('the documents of a database', () => {
  it('are brought forward once, each says of which version it is, and the database says so', async () => {
    await many(450);
    const seen: number[] = [];
    await migrateSchema(database.connection, { ...quick, steps: [naming(seen)] });
    expect(await things().countDocuments({ name: { $exists: true }, schemaVersion })).toBe(450);
    expect(seen.length).toBe(450);
    expect(await at()).toBe(schemaVersion);
  });

  it('are brought forward by one of two processes that start at once, while the other waits', async () => {
    await many(450);
    const seen: number[] = [];
    const start = () => migrateSchema(database.connection, { ...quick, steps: [naming(seen)] });
    await Promise.all([start(), start(), start()]);
    expect(seen.length).toBe(450);
    expect(await things().countDocuments({ schemaVersion })).toBe(450);
  });

  it('are brought forward by the next process, where the one before died in the middle', async () => {
    await many(450);
    const dying = naming([], (n) => {
      if (n >= 210) throw new Error('killed');
    });
    await expect(migrateSchema(database.connection, { ...quick, steps: [dying] })).rejects.toThrow('killed');
    expect(await things().countDocuments({ schemaVersion })).toBe(200);
    expect(await at()).toBe(1);
    const seen: number[] = [];
    await migrateSchema(database.connection, { ...quick, steps: [naming(seen)] });
    expect(seen.length).toBe(250);
    expect(await at()).toBe(schemaVersion);
  });

  it('that a process of the release before writes after that are brought forward at the next start', async () => {
    await migrateSchema(database.connection, { ...quick, steps: [naming()] });
    await many(1);
    await migrateSchema(database.connection, { ...quick, steps: [naming()] });
    expect(await things().findOne({ _id: 0 })).toMatchObject({ name: 'thing 0' });
  });

  it('of a newer Mailporter are not touched: the process says what to do and ends', async () => {
    await settings().insertOne({ _id: 'schema', version: schemaVersion + 1 });
    const start = connectDatabase(database.uri, { info: () => undefined, warn: () => undefined });
    await expect(start).rejects.toThrow(DatabaseTooNew);
    await expect(start).rejects.toThrow(/Start the release that has written it, or a newer one/);
  });
});

describe('a mail user as release 0.1.0 wrote it', () => {
  const row = (asked: object, projection?: object) => ({
    _id: new Types.ObjectId(),
    firstName: 'Ada',
    lastName: 'Lovelace',
    source: { connectorId: new Types.ObjectId(), address: 'a@b.example', addressKey: 'a@b.example' },
    asked: { credentialIds: [], ...asked },
    ...(projection && { projection }),
  });

  it('is found as starting where its start was not handled yet', async () => {
    const rows = [
      row({ startId: 'one' }),
      row({ startId: 'two' }, { epoch: 1, revision: 1, handledStartId: 'two' }),
      row({ startId: 'three' }, { epoch: 1, revision: 2, handledStartId: 'two' }),
      row({}),
    ].map((each, n) => ({ ...each, source: { ...each.source, addressKey: `a${n}@b.example` } }));
    await MailUsers.collection.insertMany(rows);
    await migrateSchema(database.connection, quick);
    const pending = await MailUsers.find({ 'asked.startPending': true }).lean<
      { asked: { startId: string } }[]
    >();
    expect(pending.map(({ asked }) => asked.startId).sort()).toEqual(['one', 'three']);
    expect(await MailUsers.countDocuments({ schemaVersion })).toBe(4);
  });

  it('is found as starting where a process of 0.1.0 asks for a start once it was brought forward', async () => {
    const rows = [
      row({}),
      row({ startId: 'two' }, { epoch: 1, revision: 1, handledStartId: 'two' }),
      row({ startId: 'three' }, { epoch: 1, revision: 1, handledStartId: 'three' }),
    ].map((each, n) => ({ ...each, source: { ...each.source, addressKey: `a${n}@b.example` } }));
    await MailUsers.collection.insertMany(rows);
    await migrateSchema(database.connection, quick);
    const [first, second] = rows;
    for (const [startId, one] of Object.entries({ 'again one': first, 'again two': second }))
      await MailUsers.collection.updateOne(
        { _id: one?._id },
        { $set: { 'asked.startId': startId, 'asked.startedAt': new Date() } },
      );
    const { starts } = await findForgotten();
    expect(starts.map(({ startId }) => startId).sort()).toEqual(['again one', 'again two']);
    expect(await MailUsers.countDocuments(stateQuery(['starting']))).toBe(2);
  });
});
