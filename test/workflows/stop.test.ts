import { setTimeout as pause } from 'node:timers/promises';
import type { MailUser } from '../../src/models/mail-users';
import { Slots } from '../../src/models/slots';
import { directWire } from '../../src/connectors/memory';
import { signals, type StopSignal } from '../../workflows/messages';
import { administrator, House, type RunningWorker } from './house';
import { recordHistory } from './record-histories';
import { settledStates } from './settled-states';

let house: House;
let worker: RunningWorker;
beforeAll(async () => {
  house = await House.open();
  worker = await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());
afterEach(() => {
  house.servers.beforeOpen = () => undefined;
  house.servers.wire = directWire;
});

const stop = (row: MailUser) => house.handle(row).signal<[StopSignal]>(signals.stop, { by: administrator });

const states = settledStates(() => house);

describe('Stop', () => {
  it.each(Object.keys(states) as (keyof typeof states)[])(
    'ends a migration that is %s within ten seconds, and leaves nothing behind',
    async (state) => {
      const row = await states[state]();
      await house.until(row, (now) => now.projection?.state === state);
      const askedAt = Date.now();
      await stop(row);
      const { projection, asked } = await house.untilEnded(row);
      expect(Date.now() - askedAt).toBeLessThan(10_000);
      expect(projection).toMatchObject({ state: 'stopped', by: administrator, wanted: [], signedIn: [] });
      await house.handle(row).result();
      expect(await house.credentialsOf(row)).toBe(0);
      expect(asked.credentialIds).toEqual([]);
      expect(await Slots.countDocuments({ _id: row._id.toHexString() })).toBe(0);
      expect(house.servers.open.size).toBe(0);
      await recordHistory(house, house.handle(row).workflowId, `stopped-${state}`);
    },
  );

  it('ends a migration within ten seconds whose server takes the connection to check a password and says nothing', async () => {
    const row = await house.row({ invitation: 'none' });
    await house.start(row);
    await house.until(row, 'awaitingSignIn');
    const asked = new Promise<void>((resolve) => {
      house.servers.beforeOpen = async (_side, _address, signal) => {
        resolve();
        await pause(60_000, undefined, { signal });
      };
    });
    await house.signIn(row, 'source');
    await asked;
    const askedAt = Date.now();
    await stop(row);
    expect((await house.untilEnded(row)).projection?.state).toBe('stopped');
    expect(Date.now() - askedAt).toBeLessThan(10_000);
    expect(await house.credentialsOf(row)).toBe(0);
  });

  it('is what cancelling the workflow in the Temporal UI means', async () => {
    const row = await states.working();
    await house.until(row, 'working');
    await house.handle(row).cancel();
    const { projection } = await house.untilEnded(row);
    expect(projection).toMatchObject({ state: 'stopped', by: { kind: 'system' } });
    expect(await house.credentialsOf(row)).toBe(0);
  });

  it('destroys a credential that comes after it, before the migration has ended', async () => {
    const row = await states.emailSent();
    await house.until(row, 'emailSent');
    // While nobody is there to take them up, both are certain to come before the end.
    await worker.end();
    await stop(row);
    await house.signIn(row, 'source');
    expect(await house.credentialsOf(row)).toBe(1);
    worker = await house.startWorker();
    expect((await house.untilEnded(row)).projection?.state).toBe('stopped');
    await house.handle(row).result();
    expect(await house.credentialsOf(row)).toBe(0);
    expect(house.servers.tried.filter((line) => line.includes(row.source.address))).toEqual([]);
  });
});
