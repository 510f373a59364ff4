import { House, type RunningWorker } from './house';

let house: House;
let worker: RunningWorker;
beforeAll(async () => {
  house = await House.open();
  worker = await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());

describe('mailboxes of one connector', () => {
  it('share their turns at its server, and none with those of another', async () => {
    const source = await house.connector('source');
    const [one, other] = [await house.connector('target'), await house.connector('target')];
    const rows = [
      await house.row({ source, target: one }),
      await house.row({ source, target: one }),
      await house.row({ source, target: other }),
    ];
    for (const row of rows) {
      house.servers.fill(row.source.address, 1, 5);
      await house.start(row);
      for (const side of ['source', 'target'] as const) await house.signIn(row, side);
    }
    await Promise.all(rows.map((row) => house.until(row, 'completed')));
    const atWork = [source, one, other].map(
      ({ _id }) => worker.deps.connectorTurns.for(_id.toHexString()).atWork,
    );
    expect(atWork).toEqual([3, 2, 1]);
  });
});
