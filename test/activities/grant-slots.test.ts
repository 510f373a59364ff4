import type { Client } from '@temporalio/client';
import { Types } from 'mongoose';
import { ConnectorWaits } from '../../activities/connector-waits';
import { createGrantSlots } from '../../activities/grant-slots';
import { createLogger } from '../../src/log';
import { moveToBatch } from '../../src/models/batch-move';
import { Connectors } from '../../src/models/connectors';
import { MailUsers } from '../../src/models/mail-users';
import { Slots } from '../../src/models/slots';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.end());
afterEach(() => Slots.deleteMany());

const minute = 60_000;

/** The gate's activities, with the workflows that they told. */
function gate() {
  const told: string[] = [];
  const getHandle = (id: string) => ({ signal: () => Promise.resolve(void told.push(id)) });
  const client = { workflow: { getHandle } } as unknown as Client;
  const log = createLogger('worker', 'silent');
  return { told, activities: createGrantSlots({ client, log, connectorWaits: new ConnectorWaits({ log }) }) };
}

it('tells the holder of a slot again, also where it was told last by a worker whose clock is ahead', async () => {
  const { told, activities } = gate();
  const now = new Date();
  const slot = { epoch: 1, sourceConnectorId: 's', targetConnectorId: 't' };
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

it('counts a slot for the batch that its row was moved to since it asked', async () => {
  const [source, target] = [await connector('source'), await connector('target')];
  const now = new Date();
  const ask = async (batch: string, rest: { since: Date; grantedAt?: Date; takenAt?: Date }) => {
    const _id = await row(batch, source, target);
    const connectors = { sourceConnectorId: source.toHexString(), targetConnectorId: target.toHexString() };
    await Slots.create({ _id, ticket: _id, epoch: 1, seenAt: now, ...connectors, ...rest });
    return _id;
  };
  const holder = await ask('left', { since: now, grantedAt: now, takenAt: now });
  const first = await ask('left', { since: new Date(now.getTime() + 1) });
  await ask('joined', { since: new Date(now.getTime() + 2) });
  await moveToBatch({ kind: 'ids', ids: [holder] }, 'joined');
  const { told, activities } = gate();
  await activities.grantSlots({ tellAgainMs: minute });
  expect(told).toEqual([`migration-${first}`]);
});

/** A connector with two places. */
async function connector(side: 'source' | 'target'): Promise<Types.ObjectId> {
  const { _id } = await Connectors.create({
    side,
    kind: 'exchange',
    name: side,
    exchange: {},
    signIn: { kind: 'selfMigration', signInName: { kind: 'address' }, invitation: 'none' },
    mailboxesAtOnce: 2,
    createdAt: new Date(),
  });
  return _id;
}

async function row(batch: string, source: Types.ObjectId, target: Types.ObjectId): Promise<string> {
  const address = `${new Types.ObjectId().toHexString()}@contoso.example`;
  const mailbox = { address, addressKey: address, recipientType: 'Standard' as const };
  const { _id } = await MailUsers.create({
    firstName: 'Ada',
    lastName: 'Lovelace',
    source: { ...mailbox, connectorId: source },
    target: { ...mailbox, connectorId: target },
    batch,
    createdAt: new Date(),
  });
  return _id.toHexString();
}
