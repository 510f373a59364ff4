import mongoose, { type Connection } from 'mongoose';
import { compareCounts, countMailbox } from '../support/exchange-count';
import type { Killable, SandboxRun } from '../support/sandbox-run';
import { startMove } from '../support/start-move';

/** `KILLS=3 KILL_ITEMS=5000 npx jest test/system -t killed` is the long form. */
const rounds = Number(process.env.KILLS ?? 1);
const items = Number(process.env.KILL_ITEMS ?? 1000);
const parts: Killable[] = ['worker', 'mongodb', 'web', 'temporal'];

/** Every part dies while a mailbox is copied. */
export function describeKills(sandbox: () => SandboxRun): void {
  let run: SandboxRun;
  let database: Connection;
  let pair: { source: string; target: string };

  beforeAll(async () => {
    run = sandbox();
    [pair] = (await run.addMailboxes('--count', '1', '--items', String(items), '--seed', '7')) as [
      typeof pair,
    ];
    // Slow enough that every kill falls into the copy.
    await run.control('fabrikam', 'POST', '/faults', { kind: 'latency', operation: 'CreateItem', ms: 200 });
    database = await mongoose.createConnection(run.facts().mongodb).asPromise();
  }, 300_000);
  afterAll(async () => {
    await database?.close();
    await run.control('fabrikam', 'DELETE', '/faults');
  }, 60_000);

  const row = async () => {
    const found = await database.collection('mailUsers').findOne({ 'source.address': pair.source });
    return { state: String(found?.projection?.state), copied: Number(found?.counters?.copied ?? 0) };
  };

  it('come back, and the mailbox is complete without a hand: nothing lost, nothing twice', async () => {
    await startMove(run, pair);
    const kills: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const part of parts) {
        const goal = ((kills.length + 1) / (rounds * parts.length + 1)) * items;
        await run.until(`${Math.round(goal)} items are copied`, 600_000, async () => {
          const { state, copied } = await row();
          return copied >= goal || state.startsWith('completed');
        });
        kills.push(`${part} at ${(await row().catch(() => undefined))?.copied}`);
        await run.kill(part);
      }
    }
    await run.until('the migration ends', 900_000, async () =>
      /^(completed|failed|stopped)/.test((await row()).state),
    );
    expect({ kills, state: (await row()).state }).toEqual({ kills: expect.any(Array), state: 'completed' });

    const [source, target] = await Promise.all([
      countMailbox(run.mailbox('Contoso', pair.source)),
      countMailbox(run.mailbox('Fabrikam', pair.target)),
    ]);
    expect(source.items).toBeGreaterThanOrEqual(items);
    expect(await compareCounts(source, target)).toMatchObject({
      lost: 0,
      doubled: 0,
      extra: 0,
      missingFolders: [],
    });
  }, 2_400_000);
}
