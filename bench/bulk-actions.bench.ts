import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection, Client } from '@temporalio/client';
import mongoose, { Types } from 'mongoose';
import { defaultTimes, type Actor, type MigrationState } from '../src/domain/migration';
import type { Side } from '../src/domain/mailbox';
import { BulkActions, type BulkActionDocument } from '../src/models/bulk-actions';
import { Connectors } from '../src/models/connectors';
import { Credentials } from '../src/models/credentials';
import { MailUsers } from '../src/models/mail-users';
import { bulkStart, workflowTypes, type ToldAction } from '../workflows/messages';
import { SandboxRun } from '../test/support/sandbox-run';

/** `BULK=5000 npm run bench:bulk`: rows that each bulk action is for. */
const rows = Number(process.env.BULK ?? '5000');
const mostToTellMs = 120_000;
const parts = ['temporal', 'mongodb', 'worker'] as const;
const batch = 'Everybody';
const by: Actor = { kind: 'administrator', email: 'admin@contoso.example' };

describe(`a bulk action over ${rows} rows, whose workflows are worked on at the same time`, () => {
  let run: SandboxRun;
  let connection: Connection;

  beforeAll(async () => {
    run = await SandboxRun.start([], 600_000);
    const facts = run.facts();
    await mongoose.connect(facts.mongodb);
    connection = await Connection.connect({ address: facts.temporal.address });
    await addFailedRows();
  }, 700_000);
  afterAll(async () => {
    await connection?.close();
    await mongoose.disconnect();
    await run?.end();
  }, 60_000);

  /** Rows as a failed migration leaves them: with both credentials, kept for **Retry**. No connector lets any of them in. */
  async function addFailedRows(): Promise<void> {
    await Connectors.updateMany({}, { $set: { mailboxesAtOnce: 0 } });
    const connectorOf = async (side: Side) => (await Connectors.findOne({ side }).orFail())._id;
    const [source, target] = [await connectorOf('source'), await connectorOf('target')];
    const now = new Date();
    const destroyAt = new Date(now.getTime() + defaultTimes.retryLifeMs);
    const id = () => new Types.ObjectId();
    const all = Array.from({ length: rows }, () => ({ _id: id(), kept: { source: id(), target: id() } }));
    const mailbox = (connectorId: Types.ObjectId, address: string) => ({
      ...{ connectorId, address, addressKey: address, recipientType: 'Standard' as const },
    });
    for (let from = 0; from < rows; from += 500) {
      const some = all.slice(from, from + 500);
      await MailUsers.insertMany(
        some.map(({ _id, kept }, n) => ({
          _id,
          ...{ firstName: 'Ada', lastName: `Lovelace ${from + n}`, batch, linkGeneration: 1, createdAt: now },
          source: mailbox(source, `user${from + n}@contoso.example`),
          target: mailbox(target, `user${from + n}@fabrikam.example`),
          asked: { credentialIds: [] },
          projection: {
            ...{ epoch: 1, revision: 9, runId: randomUUID(), state: 'failed', since: now, endedAt: now },
            handledCredentialIds: Object.values(kept).map((each) => each.toHexString()),
            ...{ signedIn: ['source', 'target'], wanted: [], timeline: [] },
          },
        })),
      );
      await Credentials.insertMany(
        some.flatMap(({ _id, kept }) =>
          (['source', 'target'] as const).map((side) => ({
            _id: kept[side],
            owner: { kind: 'mailUser' as const, id: _id.toHexString() },
            ...{ side, sealed: 'never opened here', takenAt: now, destroyAt },
          })),
        ),
      );
    }
  }

  /** What each part has used of the cores so far, in s: what takes long on a busy machine takes no more. */
  function coreSeconds(): number[] {
    return parts.map((part) => {
      const fields = readFileSync(`/proc/${run.pid(part)}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    });
  }

  const inState = (state: MigrationState) => MailUsers.countDocuments({ batch, 'projection.state': state });

  interface Taken {
    seconds: number;
    coreSeconds: number[];
  }

  const words = ({ seconds, coreSeconds: used }: Taken) =>
    `${seconds} s; of cores ${parts.map((part, n) => `${Math.round(used[n] ?? 0)} s ${part}`).join(', ')}`;

  /** @returns what it took until all were told; also waits until all rows show it, so that the next action finds them settled */
  async function measure(action: ToldAction, state: MigrationState): Promise<Taken> {
    const bulkId = randomUUID();
    const [began, usedBefore] = [Date.now(), coreSeconds()];
    const taken = () => ({
      seconds: Math.round((Date.now() - began) / 1000),
      coreSeconds: coreSeconds().map((used, n) => used - (usedBefore[n] ?? 0)),
    });
    const selection = { kind: 'filter', filter: { batch } } as const;
    await BulkActions.create({ _id: bulkId, action, selection, by, createdAt: new Date() });
    const input = { bulkId, action, by, times: defaultTimes };
    await new Client({ connection }).workflow.start(workflowTypes.bulkAction, bulkStart(input));
    const steps = new Set<number>();
    let told: BulkActionDocument;
    do {
      await pause(200);
      told = await BulkActions.findById(bulkId).lean<BulkActionDocument>().orFail();
      steps.add(told.done);
    } while (told.finishedAt === undefined);
    const toTell = taken();
    process.stdout.write(`${action}: ${rows} told in ${words(toTell)}\n`);
    expect(told).toMatchObject({ total: rows, done: rows, unchanged: 0, refused: 0 });
    // The page shows how far it is.
    expect(steps.size).toBeGreaterThan(rows / 1000);
    await run.until(`all are ${state}`, 1_800_000, async () => (await inState(state)) === rows);
    process.stdout.write(`${action}: all ${state} after ${words(taken())}\n`);
    return toTell;
  }

  it.each([
    ['retry', 'scheduled'],
    ['pause', 'paused'],
    ['resume', 'scheduled'],
    ['stop', 'stopped'],
  ] as const)(
    '%s has told all within two minutes',
    async (action, state) => {
      const { seconds } = await measure(action, state);
      expect(seconds * 1000).toBeLessThan(mostToTellMs);
    },
    2_000_000,
  );
});
