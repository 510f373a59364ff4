import { MemorySource, MemoryStore, MemoryTarget } from '../../src/connectors/memory';
import { everything } from '../../src/domain/item-filter';
import { noCounters } from '../../src/domain/item-counts';
import { ByteBudget } from '../../src/engine/byte-budget';
import type { FolderDocument, LedgerEntry, LedgerParcel } from '../../src/engine/ledger';
import { MailboxPair } from '../../src/engine/mailbox-pair';
import { verifyPass } from '../../src/engine/verify-pass';
import { AdaptiveWidth } from '../../src/engine/width';
import { VirtualTime } from '../engine/model/virtual-time';
import { MemoryLedger } from './memory-ledger';

/** As long as Exchange's ids are, and a string of its own each time, as what comes from a server is. */
export const text = (kind: string, at: number, length: number) =>
  Buffer.from(`${kind}${String(at).padStart(length - kind.length, '0')}`).toString('latin1');
const keyOf = (at: number) => text('source', at, 152);
const versionOf = (at: number) => text('v', at, 40);
export const folderKey = text('folder', 0, 120);
const perPage = 500;
const perParcel = 100;

/** A mailbox with one folder, of whose items nothing is held anywhere: each side and the ledger make up what they are asked for. */
export class LargeFolder {
  readonly pair: MailboxPair;
  readonly document: FolderDocument;
  sourceListings = 0;
  noted: unknown;
  /** Called when the source's last page is asked for. */
  onListed: () => void = () => {};

  constructor(
    readonly items: number,
    /** Ids of what the target holds of an item. */
    private readonly heldOf: (at: number) => string[] = (at) => [text('target', at, 152)],
    private readonly isMissing: (at: number) => boolean = () => false,
    keyMemory = new ByteBudget(16_000_000),
  ) {
    const pairId = 'pair';
    const plan = { position: 0, name: 'Inbox', folderClass: 'IPF.Note', itemCount: items, gone: false };
    this.document = {
      ...{
        pairId,
        folderKey,
        plan: { ...plan, targetId: 'inbox' },
        fence: 1,
        writes: 1,
        pending: [],
        seq: items,
      },
      ...{ completeSince: 0, counters: { ...noCounters, found: items, copied: items } },
    };
    const ledger = Object.assign(new MemoryLedger(), {
      folders: () => this.documents(),
      folder: async () => this.document,
      stream: (_id: unknown, after = 0) => this.stream(pairId, after),
      noteVerified: async (_id: unknown, _fence: unknown, found: unknown) => void (this.noted = found),
    });
    const source = Object.assign(new MemorySource(new MemoryStore('source'), {}), {
      listFolders: async () => [],
      listChanges: async (_key: string, since = '0') => {
        const from = Number(since);
        if (from === 0) this.sourceListings += 1;
        const changes = this.page(from, (at) => ({
          ...{ kind: 'put' as const, sourceKey: keyOf(at), changeKey: versionOf(at) },
          ...{ sizeBytes: 5_000, itemClass: 'IPM.Note', date: '2026-11-30T12:00:00.000Z' },
        })).flat();
        return { changes, ...this.next(from, () => this.onListed()), reset: false };
      },
    });
    const target = Object.assign(new MemoryTarget(new MemoryStore('target'), {}), {
      listFolders: async () => [],
      listAdded: async (_folder: unknown, _pairId: string, since = '0') => {
        const added = this.page(Number(since), (at) =>
          this.heldOf(at).map((targetId) => ({
            targetId,
            targetChangeKey: versionOf(at),
            stamp: { pairId, folderKey, ...this.stampOf(at), unfinished: false },
          })),
        ).flat();
        return { added, gone: [], ...this.next(Number(since)) };
      },
    });
    const time = new VirtualTime();
    this.pair = new MailboxPair({
      ...{ id: pairId, source, target, ledger, clock: time, sendWindowMs: 5_000 },
      width: (connections) => new AdaptiveWidth(connections),
      ...{ parcel: { items: 20, bytes: 2_000_000 }, bytesInFlight: 16_000_000 },
      keyMemory,
    });
  }

  verify(signal = new AbortController().signal) {
    return verifyPass(this.pair, { filter: everything, at: '2026-11-30T12:00:00.000Z' }, signal);
  }

  private async *documents(): AsyncGenerator<FolderDocument> {
    yield this.document;
  }

  private stampOf(at: number) {
    const seq = Math.floor(at / perParcel) + 1;
    return { sourceKey: keyOf(at), changeKey: versionOf(at), parcelId: `${seq}.parcel` };
  }

  private page<T>(from: number, each: (at: number) => T): T[] {
    const until = Math.min(this.items, from + perPage);
    return Array.from({ length: until - from }, (_, at) => each(from + at));
  }

  private next(from: number, onLast: () => void = () => {}) {
    const more = from + perPage < this.items;
    if (!more) onLast();
    return { state: String(from + perPage), more };
  }

  private async *stream(pairId: string, after: number): AsyncGenerator<LedgerParcel> {
    for (let seq = after + 1; (seq - 1) * perParcel < this.items; seq += 1) {
      const entries = Array.from({ length: perParcel }, (_, at) => this.entry((seq - 1) * perParcel + at));
      const known = entries.flatMap((entry) => entry ?? []);
      yield { pairId, folderKey, parcelId: `${seq}.parcel`, seq, adopted: false, entries: known };
    }
  }

  private entry(at: number): LedgerEntry | undefined {
    if (at >= this.items || this.isMissing(at)) return undefined;
    const outcome = {
      kind: 'copied' as const,
      targetId: text('target', at, 152),
      targetChangeKey: versionOf(at),
    };
    const { sourceKey, changeKey } = this.stampOf(at);
    const item = { itemClass: 'IPM.Note', sizeBytes: 5_000, date: '2026-11-30T12:00:00.000Z' };
    return { sourceKey, changeKey, ...item, moveKey: text('move', at, 64), outcome };
  }
}
