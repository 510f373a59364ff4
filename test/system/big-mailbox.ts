import { readFileSync } from 'node:fs';
import mongoose, { type Connection } from 'mongoose';
import { compareCounts, countMailbox } from '../support/exchange-count';
import type { SandboxRun } from '../support/sandbox-run';
import { startMove } from '../support/start-move';

/** `BIG_ITEMS=5000 BIG_BYTES=2GB npx jest test/system -t "100 MB"` is the long form. */
const items = process.env.BIG_ITEMS ?? '120';
const bytes = process.env.BIG_BYTES ?? '160MB';
const megabyte = 1024 * 1024;

type Pair = { source: string; target: string };

/** Needs the simulators at their usual request limit, and leaves them at 256 MB. */
export function describeBigMailbox(sandbox: () => SandboxRun): void {
  let run: SandboxRun;
  let database: Connection;
  let pairs: [Pair, Pair];

  beforeAll(async () => {
    run = sandbox();
    const size = ['--bytes', bytes, '--largest', '100MB'];
    pairs = [
      ...(await run.addMailboxes('--count', '1', '--items', items, ...size, '--seed', '11')),
      ...(await run.addMailboxes(
        '--count',
        '1',
        '--items',
        '60',
        '--bytes',
        '110MB',
        '--largest',
        '100MB',
        '--seed',
        '12',
      )),
    ] as [Pair, Pair];
    database = await mongoose.createConnection(run.facts().mongodb).asPromise();
  }, 600_000);
  afterAll(async () => {
    await database?.close();
  }, 60_000);

  const ended = async ({ source }: Pair): Promise<string> => {
    let state = '';
    await run.until('the migration ends', 3_000_000, async () => {
      const row = await database.collection('mailUsers').findOne({ 'source.address': source });
      state = String(row?.projection?.state);
      return /^(completed|failed|stopped)/.test(state);
    });
    return state;
  };
  /** The most that the worker ever held, in MB. */
  const peak = () => {
    const status = readFileSync(`/proc/${run.pid('worker')}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  };
  const counts = ({ source, target }: Pair) =>
    Promise.all([
      countMailbox(run.mailbox('Contoso', source)),
      countMailbox(run.mailbox('Fabrikam', target)),
    ]);

  it('names that item with its size and the remedy where the server takes requests of 64 MB, and copies the rest', async () => {
    const [, pair] = pairs;
    const { admin, userPage, page } = await startMove(run, pair);
    expect(await ended(pair)).toBe('completedWithIssues');
    const report = (await admin.get(userPage)).text;
    expect(report).toMatch(/10\d(\.\d)? MB/);
    expect(report).toContain('greatest message and request size');
    expect((await admin.get(page)).text).toContain('larger than the new mail server takes');
    const [source, target] = await counts(pair);
    expect(target.items).toBe(source.items - 1);
    expect(await compareCounts(source, target)).toMatchObject({ lost: 1, doubled: 0, extra: 0 });
  }, 3_100_000);

  it('goes through a worker that never holds 400 MB, where the server takes requests of 256 MB', async () => {
    const [pair] = pairs;
    for (const server of ['contoso', 'fabrikam'] as const)
      await run.control(server, 'PUT', '/policy', { requestLimitBytes: 256 * megabyte });
    // A worker of its own: what it held before is not this copy's.
    await run.kill('worker');
    const began = Date.now();
    await startMove(run, pair);
    expect(await ended(pair)).toBe('completed');
    const seconds = Math.round((Date.now() - began) / 1000);
    process.stdout.write(`worker: ${Math.round(peak())} MB at most; ${bytes} in ${seconds} s\n`);
    expect(peak()).toBeLessThan(400);
    const [source, target] = await counts(pair);
    expect(source.items).toBeGreaterThanOrEqual(Number(items));
    expect(await compareCounts(source, target)).toMatchObject({
      lost: 0,
      doubled: 0,
      extra: 0,
      missingFolders: [],
    });
  }, 3_100_000);
}
