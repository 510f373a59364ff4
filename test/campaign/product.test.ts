import { Connectors } from '../../src/models/connectors';
import { askForSlot, grantSlot } from '../../src/models/slots';
import { freshDatabase, type FreshDatabase } from '../support/mongo';
import { Product } from './product';

describe('the slots of the product', () => {
  let database: FreshDatabase;
  let product: Product;
  beforeAll(async () => {
    database = await freshDatabase();
    product = await Product.connect(database.uri);
  });
  afterAll(async () => {
    await product.close();
    await database.end();
  });

  it('are counted by connector where they are held, and with those who wait', async () => {
    const now = new Date();
    for (const [_id, sourceConnectorId] of Object.entries({ ada: 's1', bob: 's2', eve: 's1' }))
      await askForSlot(
        { _id, ticket: _id, epoch: 1, sourceConnectorId, targetConnectorId: 't', since: now },
        now,
      );
    expect(await product.slotsHeld()).toEqual(new Map());
    for (const _id of ['ada', 'bob']) await grantSlot(_id, _id, now);
    expect(await product.slotsHeld()).toEqual(
      new Map([
        ['s1', 1],
        ['s2', 1],
        ['t', 2],
      ]),
    );
    expect(await product.slots()).toBe(3);
  });

  it('are as many as the campaign says', async () => {
    for (const side of ['source', 'target'] as const)
      await Connectors.collection.insertOne({ side, name: side, mailboxesAtOnce: 20 });
    await product.letAtOnce(2);
    expect((await Connectors.find().lean()).map(({ mailboxesAtOnce }) => mailboxesAtOnce)).toEqual([2, 2]);
  });
});
