import { WorkflowNotFoundError } from '@temporalio/client';
import { defaultTimes } from '../../src/domain/migration';
import { createLogger } from '../../src/log';
import { keepStanding } from '../../activities/standing';
import { gateId, reconcileScheduleId } from '../../workflows/names';
import { eventually, House } from './house';

let house: House;
beforeAll(async () => {
  house = await House.open();
});
afterAll(() => house.close());

it('has the gate and the schedule of reconcile running again after somebody ended them in the Temporal UI', async () => {
  const ending = new AbortController();
  const options = { times: defaultTimes, timeScale: 200, log: createLogger('worker', 'silent') };
  const standing = keepStanding(house.client, options, ending.signal);
  const gate = house.client.workflow.getHandle(gateId);
  const schedule = house.client.schedule.getHandle(reconcileScheduleId);
  const running = () =>
    eventually(
      async () => {
        try {
          const [{ status, runId }] = await Promise.all([gate.describe(), schedule.describe()]);
          return status.name === 'RUNNING' ? runId : undefined;
        } catch (error) {
          if (error instanceof WorkflowNotFoundError || /not found/i.test(String(error))) return undefined;
          throw error;
        }
      },
      () => gate.describe(),
    );
  const first = await running();
  await Promise.all([gate.terminate('by an operator'), schedule.delete()]);
  expect(await running()).not.toBe(first);
  ending.abort();
  await standing;
});
