import type { MigrationState } from '../../src/domain/migration';
import { signals, type StopSignal } from '../../workflows/messages';
import { administrator, House } from './house';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());

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

  it('stops in mid-run', async () => {
    const row = await house.row({ invitation: 'none' });
    await house.start(row);
    await house.until(row, 'awaitingSignIn');
    await house.handle(row).signal<[StopSignal]>(signals.stop, { by: administrator });
    const { projection } = await house.untilEnded(row);
    expect(projection).toMatchObject({ state: 'stopped', by: administrator });
  });
});
