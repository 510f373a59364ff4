import { setTimeout as pause } from 'node:timers/promises';
import { Slots } from '../../src/models/slots';
import type { MailUser } from '../../src/models/mail-users';
import { eventually, House } from './house';

let house: House;
beforeAll(async () => {
  house = await House.open();
});
afterAll(() => house.close());

describe('a worker with less room than the connectors have', () => {
  it('has a small batch let in soon that asked after a big one', async () => {
    const [signedIn, opened]: [Set<string>, string[]] = [new Set(), []];
    let letIn: () => void = () => undefined;
    const isLetIn = new Promise<void>((resolve) => (letIn = resolve));
    house.servers.beforeOpen = async (side, address) => {
      if (side === 'target') return;
      // What was typed is tried before its mailbox is opened for the copy.
      if (!signedIn.has(address)) return void signedIn.add(address);
      opened.push(address);
      await isLetIn;
    };
    await house.startWorker({ capacity: 2 });
    await house.startGate();
    const [source, target] = [
      await house.connector('source', { mailboxesAtOnce: 100 }),
      await house.connector('target', { mailboxesAtOnce: 100 }),
    ];
    const asked = async (batch: string, count: number): Promise<MailUser[]> => {
      const rows = await Promise.all(
        Array.from({ length: count }, () => house.row({ source, target, batch })),
      );
      await Promise.all(rows.map((row) => house.sendForm(row)));
      const ids = rows.map(({ _id }) => _id.toHexString());
      await eventually(
        async () => ((await Slots.countDocuments({ _id: { $in: ids } })) === count ? true : undefined),
        () => Slots.countDocuments(),
        300_000,
      );
      return rows;
    };
    await asked('big', 20);
    await eventually(
      () => Promise.resolve(opened.length === 2 ? true : undefined),
      () => opened,
    );
    const small = await asked('small', 2);

    // In which order workers come to those that are let in is up to Temporal, whose queues have several parts.
    const grantedAt = new Map<string, number>();
    const ended = new AbortController();
    const watching = (async () => {
      while (!ended.signal.aborted) {
        const held = await Slots.find({ grantedAt: { $exists: true } }).lean();
        for (const slot of held) grantedAt.set(slot._id, slot.grantedAt?.getTime() ?? 0);
        await pause(50);
      }
    })();
    letIn();
    await Promise.all(small.map((row) => house.untilEnded(row, 300_000)));
    ended.abort();
    await watching;

    const last = Math.max(...small.map(({ _id }) => grantedAt.get(_id.toHexString()) ?? Infinity));
    expect([...grantedAt.values()].filter((at) => at < last).length).toBeLessThan(16);
  }, 900_000);
});
