import { Slots } from '../../src/models/slots';
import type { MailUser } from '../../src/models/mail-users';
import { eventually, House } from './house';

let house: House;
beforeAll(async () => {
  house = await House.open();
});
afterAll(() => house.close());

describe('a worker with less room than the connectors have', () => {
  it('opens a small batch soon that asked after a big one', async () => {
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
    letIn();
    await Promise.all(small.map((row) => house.untilEnded(row, 300_000)));
    // Two of the big batch are open and one stands in line; then come the small batch's two, and what is let in with them.
    const last = Math.max(...small.map((row) => opened.indexOf(row.source.address)));
    expect(last).toBeLessThan(8);
  }, 900_000);
});
