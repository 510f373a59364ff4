import { randomUUID } from 'node:crypto';
import { BulkActions } from '../../src/models/bulk-actions';
import { MailUsers } from '../../src/models/mail-users';
import { bulkStart, workflowTypes } from '../../workflows/messages';
import { administrator, House, quickTimes } from './house';

const inLine = 120;

let house: House;
beforeAll(async () => {
  house = await House.open();
});
afterAll(() => house.close());

describe('a bulk action', () => {
  it('goes before what many migrations have to do', async () => {
    const rows = await Promise.all(Array.from({ length: inLine }, () => house.row({ batch: 'in line' })));
    await Promise.all(rows.map((row) => house.start(row)));
    const row = await house.row({ batch: 'told' });
    const bulkId = randomUUID();
    const selection = { kind: 'ids' as const, ids: [row._id.toHexString()] };
    await BulkActions.create({
      _id: bulkId,
      action: 'start',
      selection,
      by: administrator,
      createdAt: new Date(),
    });
    const bulk = await house.client.workflow.start(
      workflowTypes.bulkAction,
      bulkStart({ bulkId, action: 'start', by: administrator, times: quickTimes }),
    );

    await house.startWorker();
    await bulk.result();

    const served = await MailUsers.countDocuments({ batch: 'in line', 'projection.state': 'emailSent' });
    expect(served).toBeLessThan(inLine / 4);
  });
});
