import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import mongoose, { type Connection } from 'mongoose';
import { compareCounts, countMailbox } from '../support/exchange-count';
import { freshDatabaseUri } from '../support/mongo';
import { root } from '../support/prepared';
import { SandboxRun } from '../support/sandbox-run';
import { startMove } from '../support/start-move';

/** `UPGRADE_ITEMS=5000 npx jest test/upgrade` is the long form. */
const items = Number(process.env.UPGRADE_ITEMS ?? 600);
const run = promisify(execFile);

const mains = { web: 'server.js', worker: 'worker.js' } as const;
type Process = keyof typeof mains;

/** The newest release at work, whose processes are replaced one by one while mailboxes are copied. */
describe('an upgrade from the newest release', () => {
  let tree: string;
  let sandbox: SandboxRun;
  let database: Connection;
  let pairs: { source: string; target: string }[];

  beforeAll(async () => {
    tree = mkdtempSync(join(tmpdir(), 'mailporter-release-'));
    await run(process.execPath, [join(root, 'sandbox', 'prepare.mjs'), 'build']);
    await run(process.execPath, [join(__dirname, 'build-release.mjs'), tree], { maxBuffer: 1 << 26 });
    // The one that this run's tests share: a release knows only the databases of its time.
    const uri = await freshDatabaseUri();
    sandbox = await SandboxRun.start(['--settle', 'PT2S', '--workers', '2'], 300_000, tree, uri);
    pairs = await sandbox.addMailboxes('--count', '2', '--items', String(items), '--seed', '11');
    // Slow enough that every replacement falls into the copy.
    await sandbox.control('fabrikam', 'POST', '/faults', {
      kind: 'latency',
      operation: 'CreateItem',
      ms: 300,
    });
    database = await mongoose.createConnection(sandbox.facts().mongodb).asPromise();
  }, 600_000);
  afterAll(async () => {
    await database?.close();
    await sandbox?.end();
    rmSync(tree, { recursive: true, force: true });
  }, 60_000);

  /** The supervisor starts this from now on, when it starts that process again. */
  function install(name: Process, from: 'release' | 'this tree'): void {
    const main = join(tree, 'dist', 'src', mains[name]);
    if (from === 'release') return cpSync(join(tree, mains[name]), main);
    cpSync(main, join(tree, mains[name]));
    const [other, list] = [join(root, 'dist', 'src', mains[name]), started()].map((path) =>
      JSON.stringify(path),
    );
    writeFileSync(
      main,
      `require('node:fs').appendFileSync(${list}, process.pid + '\\n');\n` +
        `process.argv[1] = ${other};\nrequire('node:module').runMain();\n`,
    );
  }

  /** Where each process that is of this tree notes its id. */
  const started = () => join(tree, 'started-of-this-tree');
  const isOfThisTree = (pid: number) =>
    existsSync(started()) && readFileSync(started(), 'utf8').split('\n').includes(String(pid));

  /** Ends a process; resolves once another, of `by`, runs in its place. */
  async function replace(
    name: Process,
    pid: number,
    signal: 'SIGTERM' | 'SIGKILL',
    by: 'release' | 'this tree' = 'this tree',
  ): Promise<void> {
    const before = sandbox.facts().pids[name];
    const { length } = before;
    process.kill(pid, signal);
    await sandbox.until(`${name} is back`, 90_000, () => {
      const now = sandbox.facts().pids[name];
      const fresh = now.filter((each) => !before.includes(each));
      // Its id is known before it has noted it.
      const isRight = by === 'release' || fresh.every(isOfThisTree);
      return Promise.resolve(now.length === length && !now.includes(pid) && isRight);
    });
  }

  const row = async ({ source }: { source: string }) => {
    const found = await database.collection('mailUsers').findOne({ 'source.address': source });
    return { state: String(found?.projection?.state), copied: Number(found?.counters?.copied ?? 0) };
  };

  /** Resolves while items are copied; what was replaced later would prove nothing. */
  async function inMidCopy(pair: { source: string }, part: number): Promise<void> {
    await sandbox.until(`${part} of the items are copied`, 600_000, async () => {
      const { state, copied } = await row(pair);
      return copied >= part * items || /^(completed|failed|stopped)/.test(state);
    });
    const { state, copied } = await row(pair);
    expect({ state, isAllCopied: copied >= items }).toEqual({ state: 'working', isAllCopied: false });
  }

  async function isWhole(pair: { source: string; target: string }): Promise<void> {
    await sandbox.until('the migration ends', 900_000, async () =>
      /^(completed|failed|stopped)/.test((await row(pair)).state),
    );
    expect((await row(pair)).state).toBe('completed');
    const [source, target] = await Promise.all([
      countMailbox(sandbox.mailbox('Contoso', pair.source)),
      countMailbox(sandbox.mailbox('Fabrikam', pair.target)),
    ]);
    expect(source.items).toBeGreaterThanOrEqual(items);
    const whole = { lost: 0, doubled: 0, extra: 0, missingFolders: [] };
    expect(await compareCounts(source, target)).toMatchObject(whole);
  }

  it('of the workers, one after the other, then of the web server, loses and doubles nothing in mid-copy', async () => {
    const pair = pairs[0] as { source: string; target: string };
    await startMove(sandbox, pair);
    const [first = 0, second = 0] = sandbox.facts().pids.worker;
    await inMidCopy(pair, 0.1);
    install('worker', 'this tree');
    await replace('worker', first, 'SIGTERM');
    await inMidCopy(pair, 0.4);
    await replace('worker', second, 'SIGKILL');
    await inMidCopy(pair, 0.7);
    install('web', 'this tree');
    await replace('web', sandbox.facts().pids.web[0] ?? 0, 'SIGTERM');
    await isWhole(pair);
  }, 1_800_000);

  it('of the web server, then of the workers, does so too, after all were set back while nothing was copied', async () => {
    const pair = pairs[1] as { source: string; target: string };
    for (const name of ['worker', 'web'] as const) {
      install(name, 'release');
      for (const pid of sandbox.facts().pids[name]) await replace(name, pid, 'SIGTERM', 'release');
    }
    await sandbox.until('the web server of the release answers', 60_000, async () => {
      await startMove(sandbox, pair);
      return true;
    });
    const { web, worker } = sandbox.facts().pids;
    expect([...web, ...worker].filter(isOfThisTree)).toEqual([]);
    await inMidCopy(pair, 0.2);
    // Not before it answered: a process is known before it has read what it is to run.
    install('web', 'this tree');
    await replace('web', sandbox.facts().pids.web[0] ?? 0, 'SIGKILL');
    await inMidCopy(pair, 0.5);
    install('worker', 'this tree');
    for (const pid of sandbox.facts().pids.worker) await replace('worker', pid, 'SIGKILL');
    await isWhole(pair);
  }, 1_800_000);
});
