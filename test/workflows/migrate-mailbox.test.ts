import type { MigrationState } from '../../src/domain/migration';
import { signals, type StopSignal } from '../../workflows/messages';
import { directWire } from '../../src/connectors/memory';
import { administrator, eventually, House } from './house';
import { signInBoth } from './settled-states';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());
afterEach(() => {
  house.servers.wire = directWire;
});

describe('migrateMailbox', () => {
  it('goes through its states in order, each with its time, and leaves a whole mailbox and no credential', async () => {
    const row = await house.row();
    house.servers.fill(row.source.address, 4, 30);
    await house.start(row);
    await house.until(row, 'emailSent');
    expect(house.inbox.recipients).toContain(row.source.address);
    await house.signIn(row, 'source');
    await house.signIn(row, 'target');
    const { projection, counters } = await house.untilEnded(row);
    expect(projection?.state).toBe('completed');
    const order: MigrationState[] = [
      'starting',
      'emailSent',
      'verifying',
      'scheduled',
      'working',
      'completed',
    ];
    expect((await house.states(row)).filter((state, at, all) => all.indexOf(state) === at)).toEqual(order);
    const times = projection?.timeline.map(({ at }) => at.getTime()) ?? [];
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    expect(house.servers.countItems('target', row.target.address)).toBe(120);
    expect(counters).toMatchObject({ copied: 120, failed: 0, activeFolders: [] });
    expect(await house.credentialsOf(row)).toBe(0);
    expect(projection).toMatchObject({ signedIn: [], wanted: [], handledStartId: expect.any(String) });
    expect(projection?.credentialsDestroyedAt).toBeInstanceOf(Date);
    expect(house.servers.open.size).toBe(0);
  });

  it('stops in mid-run, and what is in the target by then stays there', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 4, 30);
    const puts = { left: 2 };
    house.servers.wire = {
      async send(request, signal) {
        // From the third on they hang, as at a server that does not answer.
        if (request.kind === 'putItems' && (puts.left -= 1) < 0)
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error)),
          );
        return directWire.send(request, signal);
      },
    };
    await house.start(row);
    await signInBoth(house, row);
    const there = () => house.servers.countItems('target', row.target.address);
    await eventually(async () => (puts.left < 0 && there() > 0 ? true : undefined), there);
    await house.handle(row).signal<[StopSignal]>(signals.stop, { by: administrator });
    const { projection } = await house.untilEnded(row);
    expect(projection).toMatchObject({ state: 'stopped', by: administrator });
    expect(projection?.timeline.map(({ state }) => state)).toContain('working');
    expect(there()).toBeGreaterThan(0);
    expect(there()).toBeLessThan(120);
    expect(house.servers.countItems('source', row.source.address)).toBe(120);
  });
});
