import { decodeText } from '../../sandbox/exchange/mime/read-message';
import type { Item } from '../../sandbox/exchange/store/records';
import type { Folder, Mailbox } from '../../sandbox/exchange/store/mailbox';
import type { Server } from '../../activities/deps';
import type { Side } from '../../src/domain/mailbox';
import type { ConnectorDocument } from '../../src/models/connectors';
import { Diary } from '../campaign/diary';
import { judge, type CountedItem, type Verdict } from '../campaign/oracle';
import { connector, openExchange, type TestExchange } from '../connectors/exchange-servers';
import { addMails } from './mails';
import { hashOf } from './set-back';

const neverMs = 3_600_000;

/** Two simulated Exchange servers, and what they hold as the oracle reads it: from their stores, by nothing of ours. */
export class ExchangeSides {
  private constructor(private readonly servers: Record<Side, TestExchange>) {}

  static async open(): Promise<ExchangeSides> {
    const [source, target] = await Promise.all([openExchange(), openExchange()]);
    return new ExchangeSides({ source, target });
  }

  async close(): Promise<void> {
    await Promise.all([this.servers.source.close(), this.servers.target.close()]);
  }

  /** What the worker is given. */
  readonly serverOf = ({ side, connectionsPerMailbox }: ConnectorDocument): Server => {
    const settings = { ...this.servers[side].settings, connectionsPerMailbox };
    return {
      openSource: (...rest) => connector.openSource(settings, ...rest),
      openTarget: (...rest) => connector.openTarget(settings, ...rest),
      check: (...rest) => connector.check(settings, ...rest),
    };
  };

  /** A mailbox with some mails in some folders, and an empty one for it. */
  async addPair(pair: Record<Side, string>, password: string, size: { folders: number; items: number }) {
    const source = await this.servers.source.exchange.addMailbox({ address: pair.source, password });
    await this.servers.target.exchange.addMailbox({ address: pair.target, password });
    await addMails(source, size);
  }

  /** From now on so many puts into each of these mailboxes are answered, and none after them. */
  holdPuts(puts: number, addresses: readonly string[]): void {
    const { exchange } = this.servers.target;
    exchange.clearFaults();
    for (const mailbox of addresses)
      exchange.addFault({ kind: 'latency', operation: 'CreateItem', ms: neverMs, mailbox, skip: puts });
  }

  /** Whether a put into this mailbox waits for its answer by now. */
  isHeld(address: string): boolean {
    const faults = this.servers.target.exchange.state.faults.list();
    return faults.some(({ fault, struck }) => fault.mailbox === address && struck > 0);
  }

  releasePuts(): void {
    this.servers.target.exchange.clearFaults();
  }

  count(side: Side, address: string): number {
    return itemsOf(this.servers[side].exchange.mailbox(address)).length;
  }

  /** What the oracle says of a pair whose source nobody changed. */
  judge(pair: Record<Side, string>, named: ReadonlySet<string> = new Set()): Verdict {
    const source = countedItems(this.servers.source.exchange.mailbox(pair.source));
    const target = countedItems(this.servers.target.exchange.mailbox(pair.target), true);
    return judge({
      before: source,
      after: source,
      target,
      diary: new Diary(),
      wanted: { followDeletions: false, takes: () => 'yes' },
      named,
      pruned: new Set(),
      changedInTarget: 0,
      ledgerWasLost: true,
    });
  }
}

function itemsOf(mailbox: Mailbox): { folder: Folder; item: Item }[] {
  return [...mailbox.folders.values()].flatMap((folder) =>
    [...folder.items.values()].map((item) => ({ folder, item })),
  );
}

function countedItems(mailbox: Mailbox, isTarget = false): CountedItem[] {
  return itemsOf(mailbox).map(({ folder, item }) => ({
    path: pathOf(mailbox, folder),
    key: isTarget ? stampedKey(item) : mailbox.itemIdOf(item).id,
    hash: hashOf(contentOf(mailbox, item)),
  }));
}

/** What a faithful copy of a mail carries. */
function contentOf({ contents }: Mailbox, { itemClass, read, received, sent, fields, body }: Item): unknown {
  const text = body === undefined ? '' : decodeText(contents, body);
  const { Subject, From, Sender, InternetMessageId } = fields;
  return [itemClass, read, received, sent, Subject, From, Sender, InternetMessageId, text];
}

function pathOf(mailbox: Mailbox, { record }: Folder): string {
  const parent = mailbox.folders.get(record.parent);
  return `${parent === undefined ? '' : pathOf(mailbox, parent)}/${record.displayName}`;
}

function stampedKey({ ext }: Item): string | null {
  const [, value] = Object.entries(ext).find(([name]) => name.includes('stamp')) ?? [];
  return typeof value === 'string' ? (JSON.parse(value) as { s: string }).s : null;
}
