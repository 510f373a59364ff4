import { setMaxListeners } from 'node:events';
import { everything as everythingSpec, itemFilter } from '../../src/domain/item-filter';
import { fasterClock, systemClock } from '../../src/engine/clock';
import { copyFolder } from '../../src/engine/copy-folder';
import { ByteBudget } from '../../src/engine/byte-budget';
import { MailboxPair } from '../../src/engine/mailbox-pair';
import { planFolders } from '../../src/engine/plan-folders';
import { fixedWidth } from '../../src/engine/width';
import { MemoryLedger } from '../support/memory-ledger';
import { connector, credentialOf, openExchange, samplePassword, type TestExchange } from './exchange-servers';

const from = 'ada@contoso.example';
const to = 'ada@fabrikam.example';
const connectionsPerMailbox = 10;
const { signal } = new AbortController();
setMaxListeners(0, signal);

describe('sign-ins that are refused where a password changes while all connections are busy', () => {
  let contoso: TestExchange;
  let fabrikam: TestExchange;

  beforeEach(async () => {
    contoso = await openExchange();
    fabrikam = await openExchange();
    const sample = { seed: 3, items: 80, bytes: 600_000, largestBytes: 100_000 };
    await contoso.exchange.addMailbox({ address: from, password: samplePassword, sample });
    await fabrikam.exchange.addMailbox({ address: to, password: samplePassword });
  }, 60_000);

  afterEach(async () => {
    await contoso.close();
    await fabrikam.close();
  });

  const changePassword = ({ exchange }: TestExchange, address: string) => {
    const mailbox = exchange.mailboxes.byMailAddress(address);
    if (mailbox) mailbox.settings = { ...mailbox.settings, password: 'another' };
  };

  it.each([
    ['source', 'GetItem'],
    ['target', 'CreateItem'],
  ] as const)(
    'are those of its %s on their way and one more, and then none',
    async (side, operation) => {
      const pair = new MailboxPair({
        source: await connector.openSource(
          { ...contoso.settings, connectionsPerMailbox },
          from,
          credentialOf(from),
          signal,
        ),
        target: await connector.openTarget(
          { ...fabrikam.settings, connectionsPerMailbox },
          to,
          credentialOf(to),
          signal,
        ),
        ledger: new MemoryLedger(),
        clock: fasterClock(systemClock, 20),
        width: fixedWidth,
        keyMemory: new ByteBudget(16_000_000),
        parcel: { items: 1, bytes: 200_000 },
        bytesInFlight: 16_000_000,
        sendWindowMs: 5_000,
      });
      const [server, address] = side === 'source' ? [contoso, from] : [fabrikam, to];
      const plan = await planFolders(
        pair,
        { fence: 1, filter: everythingSpec, sourceChecked: false },
        signal,
      );
      if (plan.kind !== 'planned') throw new Error(plan.kind);
      const refused = () => server.exchange.state.refused.get(address) ?? 0;
      const copyAll = (fence: number) =>
        Promise.allSettled(
          plan.folders.map(({ position }) => {
            const order = {
              position,
              fence,
              filter: itemFilter(everythingSpec),
              giveUp: false,
            };
            return copyFolder(pair, order, signal);
          }),
        );
      server.exchange.addFault({ kind: 'latency', operation, ms: 50 });
      const copying = copyAll(2);
      while ((server.exchange.state.requests.get(operation) ?? 0) < 12)
        await new Promise((resolve) => setTimeout(resolve, 5));
      changePassword(server, address);
      const reasons = (await copying).flatMap((end) =>
        end.status === 'rejected' ? [end.reason as unknown] : [],
      );
      expect(reasons).toContainEqual(expect.objectContaining({ details: { kind: 'credential', side } }));
      expect(refused()).toBeGreaterThan(0);
      expect(refused()).toBeLessThanOrEqual(connectionsPerMailbox + 1);
      const before = refused();
      await copyAll(3);
      expect(refused()).toBe(before);
      await pair.close();
    },
    120_000,
  );
});
