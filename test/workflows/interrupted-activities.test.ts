import { NativeConnection, Worker } from '@temporalio/worker';
import { createShortActivities } from '../../activities/index';
import { signals, type PauseSignal } from '../../workflows/messages';
import { mainQueue } from '../../workflows/names';
import { administrator, House, workflowCode } from './house';
import { signInBoth } from './settled-states';

let house: House;
let worker: Worker;
let running: Promise<void>;
let connection: NativeConnection;
/** Lets every `askForSlot` that is under way end as where its database is away. */
let fail: () => void = () => undefined;
let failing: Promise<void> | undefined;

beforeAll(async () => {
  house = await House.open();
  connection = await NativeConnection.connect({ address: house.temporal.address });
  const activities = createShortActivities(house.deps());
  worker = await Worker.create({
    connection,
    namespace: house.temporal.namespace,
    workflowBundle: await workflowCode(),
    taskQueue: mainQueue,
    activities: {
      ...activities,
      askForSlot: async () => {
        await failing;
        throw new Error('The database is away.');
      },
    },
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await connection.close();
  await house.close();
});

describe('an activity that fails while its cancellation is on the way', () => {
  it.each([
    ['pause', 'paused'],
    ['stop', 'stopped'],
  ] as const)('lets a %s end as %s, and not as Failed', async (signal, state) => {
    failing = new Promise((resolve) => (fail = resolve));
    const row = await house.row({ invitation: 'none' });
    await house.start(row);
    await signInBoth(house, row);
    await house.until(row, 'scheduled');
    await house.handle(row).signal<[PauseSignal]>(signals[signal], { by: administrator });
    await house.eventuallyTaken(row, signal);
    fail();
    await house.until(row, (now) => now.projection?.state !== 'scheduled');
    expect((await house.read(row)).projection).toMatchObject({ state });
    expect((await house.read(row)).projection?.fault).toBeUndefined();
  });
});
