import type { History } from '@temporalio/common/lib/proto-utils';
import mongoose from 'mongoose';
import { foldersOfCopy } from '../../src/models/copy-report';
import { MongoLedgerStore } from '../../src/models/ledger-store';
import type { MailUser } from '../../src/models/mail-users';
import { House } from './house';

/** `MANY_FOLDERS=3000 npx jest test/workflows/many-folders` is the long form. */
const folders = Number(process.env.MANY_FOLDERS ?? 90);
/** The mailbox it stands for. */
const greatest = 3000;
const historyEvents = Math.round((4000 * folders) / greatest);

/** From here on Temporal warns; at 2 MB it refuses. */
const payloadWarnBytes = 512 * 1024;
/** Of MongoDB. */
const documentMostBytes = 16 * 1024 * 1024;

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());

/** The sizes of all payloads of a history: what workflows and activities are given and answer. */
function payloadSizes(value: unknown): number[] {
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return [];
  const { data } = value as { data?: unknown };
  if (data instanceof Uint8Array) return [data.length];
  return Object.values(value).flatMap(payloadSizes);
}

async function historiesOf(row: MailUser): Promise<History[]> {
  const { workflowId } = house.handle(row);
  const histories: History[] = [];
  for await (const { runId } of house.client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
    histories.push(await house.client.workflow.getHandle(workflowId, runId).fetchHistory());
  return histories;
}

describe('a mailbox of very many folders', () => {
  it(
    'moves through as many runs as it takes, each of a bounded history, and hands little over',
    async () => {
      const row = await house.row({ invitation: 'none' });
      house.servers.fill(row.source.address, folders, 1);
      await house.start(row, { historyEvents });
      await house.until(row, (now) => now.projection?.wanted.length === 2);
      await house.signIn(row, 'source');
      await house.signIn(row, 'target');
      const { projection } = await house.untilEnded(row, 100_000 + folders * 500);
      expect(projection?.state).toBe('completed');
      expect(house.servers.countItems('target', row.target.address)).toBe(folders);
      await house.handle(row).result();

      const histories = await historiesOf(row);
      expect(histories.length).toBeGreaterThan(2);
      // Running folders may end, and the row is written, after the history is full.
      const longest = Math.max(...histories.map(({ events }) => events?.length ?? 0));
      expect(longest).toBeLessThan(historyEvents + 100);
      const largest = Math.max(...histories.flatMap(payloadSizes));
      expect(largest * (greatest / folders)).toBeLessThan(payloadWarnBytes);
      const document = await house.database.connection.collection('mailUsers').findOne({ _id: row._id });
      expect(mongoose.mongo.BSON.calculateObjectSize(document ?? {})).toBeLessThan(documentMostBytes / 50);
    },
    300_000 + folders * 500,
  );

  it('is listed folder by folder quickly enough for a page', async () => {
    const plan = { position: 0, name: 'A usual name', folderClass: 'IPF.Note', itemCount: 12, gone: false };
    await new MongoLedgerStore().planFolder({ pairId: 'wide', folderKey: '0' }, plan);
    const stored = house.database.connection.collection<{ _id: string }>('folders');
    const first = await stored.findOne({ pairId: 'wide' });
    const others = Array.from({ length: greatest - 1 }, (_, n) => {
      const position = n + 1;
      return { ...first, _id: `wide ${position}`, folderKey: `${position}`, plan: { ...plan, position } };
    });
    await stored.insertMany(others);
    const before = process.cpuUsage();
    expect((await foldersOfCopy('wide')).length).toBe(greatest);
    const { user, system } = process.cpuUsage(before);
    // The time this process had a core, in microseconds: a busy machine fails nothing.
    expect(user + system).toBeLessThan(2_000_000);
  });
});
