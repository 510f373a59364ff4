import { Connectors } from '../../src/models/connectors';
import { Slots } from '../../src/models/slots';
import type { MailUser } from '../../src/models/mail-users';
import { directWire } from '../../src/connectors/memory';
import { gateId } from '../../workflows/names';
import { signals } from '../../workflows/messages';
import { administrator, eventually, House } from './house';

let house: House;
beforeAll(async () => {
  house = await House.open();
});
afterAll(() => house.close());
afterEach(() => {
  house.servers.wire = directWire;
});

/** How often the gate was told to look. */
async function wakes(): Promise<number> {
  const { events } = await house.client.workflow.getHandle(gateId).fetchHistory();
  return (events ?? []).filter(({ workflowExecutionSignaledEventAttributes: signal }) => signal).length;
}

async function signedIn(row: MailUser): Promise<void> {
  await house.sendForm(row);
  await house.until(row, 'scheduled');
}

describe('without a worker', () => {
  it('keeps a start and a sign-in, and goes on when a worker comes', async () => {
    const started = await house.row({ invitation: 'none' });
    await house.start(started);
    await house.signIn(started, 'source');
    const formed = await house.row();
    await house.sendForm(formed);
    expect((await house.read(started)).projection).toBeUndefined();
    await house.startWorker();
    await house.startGate();
    expect((await house.untilEnded(formed)).projection?.state).toBe('completed');
    await house.until(started, (now) => now.projection?.signedIn.includes('source') === true);
    await house.signIn(started, 'target');
    expect((await house.untilEnded(started)).projection?.state).toBe('completed');
  });
});

describe('gate', () => {
  it('hands out slots to batches in turn, oldest first, and never more than a connector has', async () => {
    const source = await house.connector('source');
    await Connectors.updateOne({ _id: source._id }, { $set: { mailboxesAtOnce: 0 } });
    const target = await house.connector('target');
    const rows: MailUser[] = [];
    for (const batch of ['a', 'a', 'a', 'b']) {
      const row = await house.row({ source, target, batch });
      house.servers.fill(row.source.address, 1, 2);
      await signedIn(row);
      const id = row._id.toHexString();
      await eventually(
        async () => (await Slots.findById(id)) ?? undefined,
        () => Slots.find(),
      );
      rows.push(row);
    }
    const ids = rows.map(({ _id }) => _id.toHexString());
    const granted: string[] = [];
    let most = 0;
    const done = Promise.all(rows.map((row) => house.untilEnded(row)));
    await Connectors.updateOne({ _id: source._id }, { $set: { mailboxesAtOnce: 1 } });
    for (let left = rows.length; left > 0; left = await Slots.countDocuments({ _id: { $in: ids } })) {
      const held = await Slots.find({ grantedAt: { $exists: true } }).lean();
      most = Math.max(most, held.length);
      for (const { _id } of held) if (!granted.includes(_id)) granted.push(_id);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await done).map(({ projection }) => projection?.state)).toEqual([
      'completed',
      'completed',
      'completed',
      'completed',
    ]);
    expect(most).toBe(1);
    const [a1, a2, a3, b1] = ids;
    expect(granted).toEqual([a1, b1, a2, a3]);
  });

  it('is told once by each that waits, however often it says that it still does', async () => {
    const row = await house.row();
    const id = row._id.toHexString();
    await Connectors.updateOne({ _id: row.source.connectorId }, { $set: { mailboxesAtOnce: 0 } });
    await house.sendForm(row, { scheduledRefreshMs: 50 });
    const slot = await eventually(
      async () => (await Slots.findById(id).lean()) ?? undefined,
      () => Slots.find(),
    );
    await eventually(
      async () => ((await Slots.findById(id).lean())?.seenAt ?? 0) > slot.seenAt || undefined,
      () => Slots.find(),
    );
    const before = await wakes();
    const seen = Date.now() + 500;
    await eventually(
      async () => ((await Slots.findById(id).lean())?.seenAt.getTime() ?? 0) > seen || undefined,
      () => Slots.find(),
    );
    expect((await wakes()) - before).toBeLessThanOrEqual(1);
    await house.handle(row).signal(signals.stop, { by: administrator });
    await house.untilEnded(row);
  });

  it('frees the slots of the dead, and those of another epoch', async () => {
    const row = await house.row({ invitation: 'none' });
    await house.start(row);
    await house.until(row, 'awaitingSignIn');
    const slot = {
      ticket: 'dead',
      sourceConnectorId: 's',
      targetConnectorId: 't',
      since: new Date(),
      seenAt: new Date(),
      grantedAt: new Date(),
      takenAt: new Date(),
    };
    await Slots.create({ _id: 'f'.repeat(24), epoch: 1, ...slot });
    await Slots.create({ _id: row._id.toHexString(), epoch: 7, ...slot });
    await house.client.workflow.getHandle(gateId).signal(signals.wake);
    await eventually(
      async () => ((await Slots.countDocuments({ ticket: 'dead' })) === 0 ? true : undefined),
      () => Slots.find(),
    );
    await house.handle(row).signal(signals.stop, { by: administrator });
    await house.untilEnded(row);
  });
});

describe('two workers', () => {
  it('share the mailboxes, and go on with those of a worker that ends', async () => {
    await house.startWorker({ capacity: 2 });
    const leaving = await house.startWorker({ capacity: 2 });
    const rows = await Promise.all(Array.from({ length: 6 }, () => house.row({ invitation: 'none' })));
    house.servers.wire = {
      async send(request, signal) {
        await new Promise((resolve) => setTimeout(resolve, 15));
        return directWire.send(request, signal);
      },
    };
    for (const row of rows) {
      house.servers.fill(row.source.address, 3, 30);
      await house.sendForm(row);
    }
    await Promise.all(rows.slice(0, 2).map((row) => house.until(row, 'working')));
    await leaving.end();
    const ended = await Promise.all(rows.map((row) => house.untilEnded(row)));
    expect(ended.map(({ projection }) => projection?.state)).toEqual(rows.map(() => 'completed'));
    for (const row of rows) expect(house.servers.countItems('target', row.target.address)).toBe(90);
  });
});
