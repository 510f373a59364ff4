import { once } from 'node:events';
import { directWire, type MemoryWire } from '../../src/connectors/memory';
import { Slots } from '../../src/models/slots';
import type { MailUser } from '../../src/models/mail-users';
import { eventually, House } from './house';

let house: House;
beforeEach(async () => {
  house = await House.open();
});
afterEach(() => house.close());

/** Source mailboxes in the order in which they are opened for the copy, each time they are. */
function watchOpenings(): string[] {
  const [signedIn, opened]: [Set<string>, string[]] = [new Set(), []];
  house.servers.beforeOpen = (side, address) => {
    if (side === 'target') return;
    // What was typed is tried before its mailbox is opened for the copy.
    if (signedIn.has(address)) opened.push(address);
    signedIn.add(address);
  };
  return opened;
}

/** Nothing is read or put until it is let go on. */
function held(): { wire: MemoryWire; letGoOn: () => void } {
  const goesOn = new AbortController();
  const wire: MemoryWire = {
    async send(request, signal) {
      if (!goesOn.signal.aborted) await once(goesOn.signal, 'abort', { signal });
      return directWire.send(request, signal);
    },
  };
  return { wire, letGoOn: () => goesOn.abort() };
}

/** Has rows ask for slots, by batch, of connectors that have many. */
async function asking(): Promise<(batch: string, count: number) => Promise<MailUser[]>> {
  const [source, target] = [
    await house.connector('source', { mailboxesAtOnce: 100 }),
    await house.connector('target', { mailboxesAtOnce: 100 }),
  ];
  return async (batch, count) => {
    const rows = await Promise.all(Array.from({ length: count }, () => house.row({ source, target, batch })));
    // The wait of a real migration before its mailboxes are opened again.
    await Promise.all(rows.map((row) => house.sendForm(row, { retryFirstMs: 5000 })));
    const ids = rows.map(({ _id }) => _id.toHexString());
    await eventually(
      async () => ((await Slots.countDocuments({ _id: { $in: ids } })) === count ? true : undefined),
      () => Slots.countDocuments(),
      300_000,
    );
    return rows;
  };
}

describe('workers with less room than the connectors have', () => {
  it('open a small batch soon that asked after a big one', async () => {
    const opened = watchOpenings();
    const { wire, letGoOn } = held();
    house.servers.wire = wire;
    await house.startWorker({ capacity: 2 });
    await house.startGate();
    const asked = await asking();
    await asked('big', 20);
    await eventually(
      () => Promise.resolve(opened.length >= 2 ? true : undefined),
      () => opened,
    );
    const small = await asked('small', 2);
    letGoOn();
    await Promise.all(small.map((row) => house.untilEnded(row, 300_000)));
    // Two of the big batch are open and one stands in line; then come the small batch's two, and what is let in with them.
    const places = small.map((row) => opened.indexOf(row.source.address));
    expect(Math.min(...places)).toBeGreaterThan(1);
    expect(Math.max(...places)).toBeLessThan(8);
  }, 900_000);

  it('go on with what one of them had open, when it ends, before they open what came new', async () => {
    const opened = watchOpenings();
    house.servers.wire = held().wire;
    const first = await house.startWorker({ capacity: 2 });
    await house.startGate();
    const rows = await (await asking())('big', 12);
    await eventually(
      () => Promise.resolve(opened.length >= 2 ? true : undefined),
      () => opened,
    );
    const open = opened.splice(0);
    await first.end();
    const { wire, letGoOn } = held();
    house.servers.wire = wire;
    await house.startWorker({ capacity: 2 });
    await eventually(
      () => Promise.resolve(opened.length >= 2 ? true : undefined),
      () => opened,
    );
    letGoOn();
    await Promise.all(rows.map((row) => house.untilEnded(row, 300_000)));
    // One stood in line already.
    expect(opened.slice(0, 3)).toEqual(expect.arrayContaining(open));
  }, 900_000);
});
