import { readFileSync } from 'node:fs';
import mongoose, { type Connection } from 'mongoose';
import { SandboxRun } from '../test/support/sandbox-run';
import { startMove } from '../test/support/start-move';

/** `MANY=20 MANY_ITEMS=500 MANY_BYTES=60MB npm run bench:memory`; bytes and items of each mailbox. */
const many = Number(process.env.MANY ?? '20');
const items = process.env.MANY_ITEMS ?? '500';
const bytes = process.env.MANY_BYTES ?? '60MB';
const mostMegabytes = 400;

describe(`${many} mailboxes at once`, () => {
  let run: SandboxRun;
  let database: Connection;

  beforeAll(async () => {
    run = await SandboxRun.start(['--settle', 'PT2S', '--capacity', String(many)], 600_000);
    database = await mongoose.createConnection(run.facts().mongodb).asPromise();
  }, 700_000);
  afterAll(async () => {
    await database?.close();
    await run?.end();
  }, 60_000);

  /** Of the worker's process, in MB. */
  const memory = (field: 'VmHWM' | 'VmRSS') => {
    const status = readFileSync(`/proc/${run.pid('worker')}/status`, 'utf8');
    return Math.round(Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
  };

  it(`go through one worker that never holds ${mostMegabytes} MB`, async () => {
    const size = ['--items', items, '--bytes', bytes, '--largest', '10MB'];
    const pairs = await run.addMailboxes('--count', String(many), ...size, '--seed', '21');
    const rows = database.collection('mailUsers');
    // Nobody is let in before all are there.
    await database.collection('connectors').updateMany({}, { $set: { mailboxesAtOnce: 0 } });
    for (const pair of pairs) await startMove(run, pair);
    const sources = pairs.map(({ source }) => source);
    const inState = (state: RegExp) =>
      rows.countDocuments({ 'source.address': { $in: sources }, 'projection.state': state });
    await run.until('all are scheduled', 1_200_000, async () => (await inState(/^scheduled$/)) === many);
    const idle = memory('VmRSS');
    const began = Date.now();
    await database.collection('connectors').updateMany({}, { $set: { mailboxesAtOnce: many } });
    let most = 0;
    await run.until('all have ended', 3_000_000, async () => {
      most = Math.max(most, await inState(/^working$/));
      return (await inState(/^(completed|completedWithIssues|failed|stopped)$/)) === many;
    });
    const seconds = Math.round((Date.now() - began) / 1000);
    process.stdout.write(
      `worker: ${idle} MB before, ${memory('VmHWM')} MB at most; ${most} at once, ${many} of ${bytes} in ${seconds} s\n`,
    );
    expect(await inState(/^completed$/)).toBe(many);
    expect(memory('VmHWM')).toBeLessThan(mostMegabytes);
  }, 4_000_000);
});
