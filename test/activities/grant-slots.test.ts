import type { Client } from '@temporalio/client';
import { createGrantSlots } from '../../activities/grant-slots';
import { createLogger } from '../../src/log';
import { Slots } from '../../src/models/slots';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.end());

const minute = 60_000;

it('tells the holder of a slot again, also where it was told last by a worker whose clock is ahead', async () => {
  const told: string[] = [];
  const getHandle = (id: string) => ({ signal: () => Promise.resolve(void told.push(id)) });
  const client = { workflow: { getHandle } } as unknown as Client;
  const activities = createGrantSlots({ client, log: createLogger('worker', 'silent') });
  const now = new Date();
  const slot = { epoch: 1, batch: 'Default', sourceConnectorId: 's', targetConnectorId: 't' };
  const toldAt = { ahead: 15 * minute, 'just now': 0, 'long ago': -minute };
  for (const [_id, ms] of Object.entries(toldAt))
    await Slots.create({
      ...slot,
      _id,
      ticket: _id,
      since: now,
      seenAt: now,
      grantedAt: now,
      toldAt: new Date(now.getTime() + ms),
    });
  await activities.grantSlots({ tellAgainMs: 30_000 });
  expect(told).toEqual(['migration-ahead', 'migration-long ago']);
});
