import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { Types } from 'mongoose';
import { ConnectorWaits } from '../../activities/connector-waits';
import { createGrantSlots } from '../../activities/grant-slots';
import type { MigrationState } from '../../src/domain/migration';
import { createLogger } from '../../src/log';
import { moveToBatch } from '../../src/models/batch-move';
import { Connectors } from '../../src/models/connectors';
import { MailUsers } from '../../src/models/mail-users';
import { inLine, noteBegun, noteGivenUp, Slots, takeSlot, type SlotDocument } from '../../src/models/slots';
import { sayRoom, WorkerRooms } from '../../src/models/worker-rooms';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.end());
afterEach(() => Promise.all([Slots.deleteMany(), WorkerRooms.deleteMany()]));

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
  const connectors = [await connector('source', 2), await connector('target', 2)] as const;
  const now = new Date();
  await sayRoom({ _id: 'worker', capacity: 2, open: 0 });
  const holder = await ask({ connectors, batch: 'left', since: now, ...taken(now) });
  const first = await ask({ connectors, batch: 'left', since: later(now, 1) });
  await ask({ connectors, batch: 'joined', since: later(now, 2) });
  await moveToBatch({ kind: 'ids', ids: [holder] }, 'joined');
  const { told, activities } = gate();
  await activities.grantSlots({ tellAgainMs: minute });
  expect(told).toEqual([`migration-${first}`]);
});

it('is heard of while it looks for slots of the dead, and asks Temporal about several at a time', async () => {
  const now = new Date();
  const projection = { epoch: 1, revision: 1, state: 'working' };
  const live = await Promise.all(
    Array.from({ length: 20 }, async () => row('batch', new Types.ObjectId(), new Types.ObjectId())),
  );
  await MailUsers.updateMany({ _id: { $in: live } }, { $set: { projection } });
  const slot = { epoch: 1, sourceConnectorId: 's', targetConnectorId: 't', since: now, seenAt: now };
  for (const _id of [...live, new Types.ObjectId().toHexString()])
    await Slots.create({ ...slot, _id, ticket: _id, grantedAt: now });
  let asked = 0;
  let most = 0;
  const describe = async () => {
    most = Math.max(most, (asked += 1));
    await pause(10);
    asked -= 1;
    return { status: { name: 'RUNNING' } };
  };
  const client = { workflow: { getHandle: () => ({ describe }) } } as unknown as Client;
  const log = createLogger('worker', 'silent');
  const activities = createGrantSlots({ client, log, connectorWaits: new ConnectorWaits({ log }) });
  const environment = new MockActivityEnvironment();
  let heard = 0;
  environment.on('heartbeat', () => (heard += 1));
  expect(await environment.run(() => activities.freeDeadSlots())).toEqual({ freed: 1 });
  expect(heard).toBeGreaterThan(0);
  expect(most).toBeGreaterThan(1);
  expect(await Slots.countDocuments()).toBe(live.length);
});

describe('those that have slots and wait for a worker with room', () => {
  let connectors: readonly [Types.ObjectId, Types.ObjectId];
  beforeAll(async () => {
    connectors = [await connector('source', 100), await connector('target', 100)];
  });
  const batch = 'Default';

  /** So many that have slots, workers with so much free room, and many that wait. @returns how many the gate grants */
  async function granted(
    { slots, free }: { slots: number; free: number },
    state: { begunAt?: Date; takenAt?: Date; grantedAt: Date },
    projection?: MigrationState,
  ): Promise<number> {
    const now = new Date();
    await Slots.deleteMany();
    await WorkerRooms.deleteMany();
    for (let at = 0; at < slots; at += 1)
      await ask({ connectors, batch, since: now, ...state, ...(projection && { projection }) });
    for (let at = 0; at < 12; at += 1) await ask({ connectors, batch, since: later(now, at) });
    await sayRoom({ _id: 'one', capacity: 10, open: 10 - free });
    await sayRoom({ _id: 'full', capacity: 5, open: 5 });
    const { told, activities } = gate();
    await activities.grantSlots({ tellAgainMs: minute });
    return told.length;
  }

  it('are as many as workers have room for, and a quarter of all that they have more', async () => {
    const now = new Date();
    expect(await granted({ slots: 0, free: 5 }, taken(now))).toBe(9);
    expect(await granted({ slots: 4, free: 5 }, taken(now))).toBe(5);
    expect(await granted({ slots: 9, free: 5 }, taken(now))).toBe(0);
    expect(await granted({ slots: 11, free: 5 }, taken(now))).toBe(0);
    expect(await granted({ slots: 0, free: 0 }, taken(now))).toBe(4);
    expect(await granted({ slots: 4, free: 0 }, taken(now))).toBe(0);
  });

  it('stand there no more once a worker has begun with them, whether it gets anywhere or not', async () => {
    const now = new Date();
    expect(await granted({ slots: 9, free: 5 }, { ...taken(now), begunAt: now })).toBe(9);
  });

  it('are not those that a worker has at work which does not say when it begins', async () => {
    expect(await granted({ slots: 9, free: 5 }, taken(new Date()), 'working')).toBe(9);
    expect(await granted({ slots: 9, free: 5 }, taken(new Date()), 'scheduled')).toBe(0);
  });

  it('are also those at work that ask for a worker again, or whose worker ends', async () => {
    const begun = { ...taken(new Date()), begunAt: new Date() };
    await granted({ slots: 9, free: 5 }, begun, 'working');
    const [first, ...rest] = await Slots.find({ begunAt: { $exists: true } }).lean<SlotDocument[]>();
    const { _id: gone = '' } = first ?? {};
    await Slots.deleteMany({ takenAt: { $exists: false } });
    for (const { _id } of [{ _id: gone }, ...rest]) await noteBegun(_id, 1, 7, new Date());
    expect((await inLine()).length).toBe(0);
    await noteGivenUp(gone, 1, 6);
    await noteGivenUp(gone, 1, 7);
    for (const { _id, ticket } of rest) expect(await takeSlot(_id, ticket, new Date(), 8)).toBe(true);
    expect((await inLine()).length).toBe(9);
    await noteBegun(gone, 1, 7, new Date());
    expect((await inLine()).length).toBe(9);
    await noteBegun(gone, 1, 8, new Date());
    expect((await inLine()).length).toBe(8);
  });

  it('are not those whose asking, or whose end elsewhere, comes late: the opening that follows has begun', async () => {
    await granted({ slots: 1, free: 5 }, taken(new Date()));
    const [slot] = await Slots.find({ takenAt: { $exists: true } }).lean<SlotDocument[]>();
    const { _id = '', ticket = '' } = slot ?? {};
    await Slots.deleteMany({ takenAt: { $exists: false } });
    await noteBegun(_id, 1, 3, new Date());
    expect(await takeSlot(_id, ticket, new Date(), 3)).toBe(true);
    await noteGivenUp(_id, 1, 2);
    await noteBegun(_id, 1, 2, new Date());
    expect(await inLine()).toEqual([]);
    expect((await Slots.findById(_id).lean())?.opening).toBe(3);
  });

  it('are let in one after the other where no worker says what room it has', async () => {
    for (let at = 0; at < 3; at += 1) await ask({ connectors, batch, since: later(new Date(), at) });
    const { told, activities } = gate();
    await activities.grantSlots({ tellAgainMs: minute });
    expect(told).toHaveLength(1);
  });
});

describe('noteBegun', () => {
  it('notes once that a worker had room for whoever has slots, of this epoch', async () => {
    const connectors = [await connector('source', 2), await connector('target', 2)] as const;
    const now = new Date();
    const holder = await ask({ connectors, batch: 'b', since: now, ...taken(now) });
    const waiting = await ask({ connectors, batch: 'b', since: now });
    expect(await noteBegun(holder, 2, 1, now)).toBe(false);
    expect(await noteBegun(waiting, 1, 1, now)).toBe(false);
    expect(await noteBegun(holder, 1, 1, now)).toBe(true);
    expect(await noteBegun(holder, 1, 1, later(now, 5))).toBe(false);
    expect((await Slots.findById(holder).lean())?.begunAt).toEqual(now);
  });
});

function later(date: Date, ms: number): Date {
  return new Date(date.getTime() + ms);
}

function taken(at: Date) {
  return { grantedAt: at, toldAt: new Date(), takenAt: at };
}

/** A row of a batch that asks for slots, or has them. @returns its id */
async function ask({
  connectors: [source, target],
  batch,
  projection,
  ...rest
}: Pick<SlotDocument, 'since'> &
  Partial<SlotDocument> & {
    connectors: readonly [Types.ObjectId, Types.ObjectId];
    batch: string;
    projection?: MigrationState;
  }): Promise<string> {
  const _id = await row(batch, source, target);
  if (projection !== undefined)
    await MailUsers.updateOne({ _id }, { $set: { projection: { state: projection } } });
  const ids = { sourceConnectorId: source.toHexString(), targetConnectorId: target.toHexString() };
  await Slots.create({ _id, ticket: _id, epoch: 1, seenAt: new Date(), toldAt: new Date(), ...ids, ...rest });
  return _id;
}

/** A connector with so many places. */
async function connector(side: 'source' | 'target', mailboxesAtOnce: number): Promise<Types.ObjectId> {
  const { _id } = await Connectors.create({
    side,
    kind: 'exchange',
    name: `${side} ${new Types.ObjectId().toHexString()}`,
    exchange: {},
    signIn: { kind: 'selfMigration', signInName: { kind: 'address' }, invitation: 'none' },
    mailboxesAtOnce,
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
