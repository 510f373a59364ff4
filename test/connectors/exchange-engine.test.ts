import type { FaultInput } from '../../sandbox/exchange/server/faults';
import { everything as everythingSpec, itemFilter } from '../../src/domain/item-filter';
import { exchangeConnector } from '../../src/connectors/exchange';
import { Fault } from '../../src/domain/faults';
import { ByteBudget } from '../../src/engine/byte-budget';
import { fasterClock, systemClock } from '../../src/engine/clock';
import { copyFolder } from '../../src/engine/copy-folder';
import { followGone } from '../../src/engine/follow-gone';
import { MailboxPair } from '../../src/engine/mailbox-pair';
import { planFolders } from '../../src/engine/plan-folders';
import { noFindings } from '../../src/engine/verify-findings';
import { verifyPass } from '../../src/engine/verify-pass';
import { AdaptiveWidth } from '../../src/engine/width';
import { compareCounts, countMailbox } from '../support/exchange-count';
import { exchangelib } from '../support/exchangelib';
import { MemoryLedger } from '../support/memory-ledger';
import { credentialOf, never, openExchange, samplePassword, type TestExchange } from './exchange-servers';

const from = 'ada@contoso.example';
const to = 'ada@fabrikam.example';
const filter = itemFilter(everythingSpec);

/** No wait is left out, and the servers have settled long before it is over. */
const clock = fasterClock(systemClock, 20);
const connector = exchangeConnector({ settleMs: 2_000 });

describe('the engine copying a sample mailbox from one Exchange to another', () => {
  let contoso: TestExchange;
  let fabrikam: TestExchange;

  beforeEach(async () => {
    contoso = await openExchange();
    fabrikam = await openExchange();
    const sample = { seed: 3, items: 150, bytes: 8_000_000, largestBytes: 6_000_000 };
    await contoso.exchange.addMailbox({ address: from, password: samplePassword, sample });
    await fabrikam.exchange.addMailbox({ address: to, password: samplePassword });
  }, 60_000);

  afterEach(async () => {
    await contoso.close();
    await fabrikam.close();
  });

  const openPair = async (ledger: MemoryLedger) =>
    new MailboxPair({
      source: await connector.openSource(contoso.settings, from, credentialOf(from), never),
      target: await connector.openTarget(fabrikam.settings, to, credentialOf(to), never),
      ledger,
      clock,
      width: (connections) => new AdaptiveWidth(connections),
      parcel: { items: 20, bytes: 2_000_000 },
      bytesInFlight: 16_000_000,
      keyMemory: new ByteBudget(16_000_000),
      sendWindowMs: 5_000,
    });

  /** One pass, begun again under the next fence where a fault ends a folder. @returns how many folders had failed items */
  const pass = async (pair: MailboxPair, above = 1): Promise<number> => {
    let fence = above;
    const plan = await persist(() =>
      planFolders(pair, { fence: (fence += 1), filter: everythingSpec, sourceChecked: false }, never),
    );
    if (plan.kind !== 'planned') throw new Error('fenced');
    let failed = 0;
    for (const { position } of plan.folders) {
      const order = { position, filter, giveUp: false };
      const result = await persist(() => copyFolder(pair, { ...order, fence: (fence += 1) }, never));
      if (result.kind !== 'done') throw new Error(JSON.stringify(result));
      failed += result.counters.failed;
    }
    return failed;
  };

  const compare = async () => {
    const count = ({ exchange }: TestExchange, address: string) =>
      countMailbox({ ...exchange, address, password: samplePassword });
    return compareCounts(await count(contoso, from), await count(fabrikam, to));
  };

  exchangelib.it(
    'loses and doubles nothing, as exchangelib counts',
    async () => {
      const pair = await openPair(new MemoryLedger());
      expect(await pass(pair)).toBe(0);
      expect(await compare()).toMatchObject({ lost: 0, doubled: 0, extra: 0, equal: true });
      const { findings, repair } = await verifyPass(
        pair,
        { filter: everythingSpec, at: new Date().toISOString() },
        never,
      );
      expect({ ...findings, repair }).toEqual({
        ...noFindings(),
        repair: [],
      });
      await Promise.all([pair.source.close(), pair.target.close()]);
    },
    120_000,
  );

  exchangelib.it(
    'doubles nothing where it is moved again after its ledger was lost, and follows what was moved meanwhile',
    async () => {
      await pass(await openPair(new MemoryLedger()));
      const source = await connector.openSource(contoso.settings, from, credentialOf(from), never);
      const mailbox = contoso.exchange.mailboxes.byMailAddress(from);
      const folders = [...(mailbox?.folders.values() ?? [])].filter(({ items }) => items.size > 1);
      const [first, second] = folders;
      const [item] = first?.items.values() ?? [];
      if (!mailbox || !item || !second) throw new Error('the sample has too few items');
      mailbox.moveItem(item, second.record.counter);
      await source.close();
      const pair = await openPair(new MemoryLedger());
      await pass(pair, 100);
      const order = { fence: 10_000, followDeletions: true, sourceChecked: false, quiet: true };
      expect(await followGone(pair, order, never)).toMatchObject({ moved: 1, deleted: 0, kept: 0 });
      expect(await compare()).toMatchObject({ lost: 0, doubled: 0, extra: 0, equal: true });
      await Promise.all([pair.source.close(), pair.target.close()]);
    },
    120_000,
  );

  exchangelib.it(
    'loses and doubles nothing while answers are lost, servers are busy and connections break',
    async () => {
      const faults: FaultInput[] = [
        { kind: 'resetAfter', operation: 'CreateItem', probability: 0.15, seed: 5 },
        { kind: 'truncate', operation: 'CreateItem', probability: 0.1, seed: 6, bytes: 400 },
        { kind: 'resetBefore', probability: 0.05, seed: 7 },
        { kind: 'serverBusy', backOffMs: 50, probability: 0.05, seed: 8 },
        { kind: 'unauthorized', probability: 0.02, seed: 9 },
        { kind: 'batchStops', after: 3, operation: 'CreateItem', probability: 0.1, seed: 10 },
      ];
      for (const fault of faults) fabrikam.exchange.addFault(fault);
      contoso.exchange.addFault({ kind: 'truncate', probability: 0.03, seed: 11, bytes: 5000 });
      contoso.exchange.addFault({
        kind: 'http',
        status: 503,
        retryAfterSeconds: 0,
        probability: 0.03,
        seed: 12,
      });
      const pair = await persist(() => openPair(new MemoryLedger()));
      // What the engine gave up after many tries is named in the report; everything else is there, once.
      const failed = await pass(pair);
      contoso.exchange.clearFaults();
      fabrikam.exchange.clearFaults();
      expect(await compare()).toMatchObject({ lost: failed, doubled: 0, extra: 0 });
      await Promise.all([pair.source.close(), pair.target.close()]);
    },
    240_000,
  );
});

/** Tries until no passing fault comes in between. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (fault) {
      if (
        !(fault instanceof Fault) ||
        (fault.kind !== 'retryable' && fault.kind !== 'throttled') ||
        tries > 30
      )
        throw fault;
    }
  }
}
