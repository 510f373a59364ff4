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
const withinMs = 100_000 + folders * 1000;

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

interface Run {
  history: History;
  sizeBytes: number;
}

async function runsOf(row: MailUser): Promise<Run[]> {
  const { workflowId } = house.handle(row);
  const runs: Run[] = [];
  for await (const { runId } of house.client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    const handle = house.client.workflow.getHandle(workflowId, runId);
    const { historySize = 0 } = await handle.describe();
    runs.push({ history: await handle.fetchHistory(), sizeBytes: historySize });
  }
  return runs;
}

describe('a mailbox of very many folders', () => {
  it(
    'moves through as many runs as it takes, each of a bounded history, and hands little over',
    async () => {
      const began = Date.now();
      const row = await house.row({ invitation: 'none' });
      house.servers.fill(row.source.address, folders, 1);
      await house.start(row, { historyEvents });
      await house.until(row, (now) => now.projection?.wanted.length === 2);
      await house.signIn(row, 'source');
      await house.signIn(row, 'target');
      const { projection } = await house.untilEnded(row, withinMs);
      expect(projection?.state).toBe('completed');
      expect(house.servers.countItems('target', row.target.address)).toBe(folders);
      await house.handle(row).result();

      const runs = await runsOf(row);
      expect(runs.length).toBeGreaterThan(2);
      // Running folders may end, and the row is written, after the history is full.
      const longest = Math.max(...runs.map(({ history }) => history.events?.length ?? 0));
      expect(longest).toBeLessThan(historyEvents + 100);
      const largest = Math.max(...runs.flatMap(({ history }) => payloadSizes(history)));
      expect(largest * (greatest / folders)).toBeLessThan(payloadWarnBytes);
      const document = await house.database.connection.collection('mailUsers').findOne({ _id: row._id });
      expect(mongoose.mongo.BSON.calculateObjectSize(document ?? {})).toBeLessThan(documentMostBytes / 50);
      const greatestBytes = Math.max(...runs.map(({ sizeBytes }) => sizeBytes));
      const seconds = Math.round((Date.now() - began) / 1000);
      if (folders >= greatest)
        process.stdout.write(
          `${folders} folders: ${runs.length} runs in ${seconds} s, at most ${longest} events and ${greatestBytes} bytes a run, ${largest} bytes a payload\n`,
        );
    },
    withinMs + 200_000,
  );

  it('is listed folder by folder quickly enough for a page', async () => {
    const plan = { position: 0, name: 'A usual name', folderClass: 'IPF.Note', itemCount: 12, gone: false };
    await new MongoLedgerStore().takeFolder({ pairId: 'wide', folderKey: '0' }, 1, plan);
    const stored = house.database.connection.collection<{ _id: string }>('folders');
    const first = await stored.findOne({ pairId: 'wide' });
    const others = Array.from({ length: greatest - 1 }, (_, n) => {
      const position = n + 1;
      return { ...first, _id: `wide ${position}`, folderKey: `${position}`, plan: { ...plan, position } };
    });
    await stored.insertMany(others);
    const before = process.cpuUsage();
    expect((await foldersOfCopy('wide', true)).length).toBe(greatest);
    const { user, system } = process.cpuUsage(before);
    // The time this process had a core, in microseconds: a busy machine fails nothing.
    expect(user + system).toBeLessThan(2_000_000);
  });
});
