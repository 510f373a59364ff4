import mongoose from 'mongoose';
import { freshDatabase, type FreshDatabase } from '../support/mongo';
import { freshNamespace, type FreshNamespace } from '../support/temporal';

describe('the parts that tests share', () => {
  let database: FreshDatabase;
  let temporal: FreshNamespace;

  beforeAll(async () => {
    [database, temporal] = await Promise.all([freshDatabase(), freshNamespace()]);
  }, 60_000);

  afterAll(async () => {
    await Promise.all([database.end(), temporal.end()]);
  });

  it('give each file an empty database, to which the models are connected', async () => {
    expect(await database.connection.listCollections()).toEqual([]);
    await mongoose.connection.collection('things').insertOne({ here: true });
    expect(await database.connection.listCollections()).toHaveLength(1);
  });

  it('give each file a namespace in which workflows can be found by the search attributes', async () => {
    const { client } = temporal;
    await client.workflow.start('nothing', {
      taskQueue: 'nobody',
      workflowId: 'a-workflow',
      searchAttributes: { MigrationState: ['working'] },
    });
    expect((await client.workflow.count("MigrationState = 'working'")).count).toBe(1);
  });
});
