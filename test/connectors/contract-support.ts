import { Readable } from 'node:stream';
import type {
  AddedItem,
  Change,
  ItemFormat,
  ItemRef,
  PutChange,
  PutItem,
  PutOutcome,
  ReadItem,
  SendWindow,
  SourceMailbox,
  Stamp,
  TargetFolder,
  TargetMailbox,
  TargetRef,
} from '../../src/connectors/connector';
import { pairId } from '../../src/engine/pair-id';
import type { ConnectorHarness } from './harness';

export const never = new AbortController().signal;

/** What every case works with; opened mailboxes are closed by `end`. */
export class Scene {
  private readonly opened: { close(): Promise<void> }[] = [];

  private constructor(
    readonly harness: ConnectorHarness,
    readonly source: SourceMailbox,
    readonly target: TargetMailbox,
  ) {
    this.opened.push(source, target);
  }

  static async open(make: () => Promise<ConnectorHarness>): Promise<Scene> {
    const harness = await make();
    return new Scene(harness, await harness.openSource(), await harness.openTarget());
  }

  get pairId(): string {
    return pairId(this.source.identity, this.target.identity);
  }

  get format(): ItemFormat {
    const format = this.source.capabilities.formats.find((name) =>
      this.target.capabilities.formats.includes(name),
    );
    if (!format) throw new Error('the connector cannot copy to itself');
    return format;
  }

  async also<Mailbox extends { close(): Promise<void> }>(opening: Promise<Mailbox>): Promise<Mailbox> {
    const mailbox = await opening;
    this.opened.push(mailbox);
    return mailbox;
  }

  async end(): Promise<void> {
    await Promise.all(this.opened.map((mailbox) => mailbox.close()));
    await this.harness.end();
  }

  stamp(folderKey: string, ref: ItemRef, parcelId = '1.parcel'): Stamp {
    return { pairId: this.pairId, folderKey, ...ref, parcelId, unfinished: false };
  }

  /** Every change there is since a state, as one list. */
  async changes(
    folderKey: string,
    since?: string,
  ): Promise<{ changes: Change[]; state: string; reset: boolean }> {
    const changes: Change[] = [];
    let state = since;
    let reset = false;
    for (let more = true; more;) {
      const page = await this.source.listChanges(folderKey, state, never);
      changes.push(...page.changes);
      ({ state, more } = page);
      reset ||= page.reset;
    }
    return { changes, state: state as string, reset };
  }

  async puts(folderKey: string): Promise<PutChange[]> {
    return (await this.changes(folderKey)).changes.filter((change) => change.kind === 'put');
  }

  /** Everything in a target folder since a state, as one list. */
  async added(folder: TargetFolder, since?: string, ofPair = this.pairId) {
    const added: AddedItem[] = [];
    const gone: string[] = [];
    let state = since;
    let reset = false;
    for (let more = true; more;) {
      const page = await this.target.listAdded(folder, ofPair, state, never);
      added.push(...page.added);
      gone.push(...page.gone);
      ({ state, more } = page);
      reset ||= page.reset;
    }
    return { added, gone, state: state as string, reset };
  }

  ensure(folder: {
    sourceKey: string;
    name: string;
    parent?: TargetFolder;
    wellKnown?: 'inbox' | 'calendar';
    replaces?: string;
  }) {
    const planned = { pairId: this.pairId, folderClass: 'IPF.Note', ...folder };
    return this.target.ensureFolder(planned, openWindow, never);
  }

  /** Reads items of the source whole, in the order asked for. */
  async read(
    folderKey: string,
    refs: readonly ItemRef[],
  ): Promise<({ item: ReadItem; content?: Buffer } | undefined)[]> {
    const got = new Map<string, { item: ReadItem; content?: Buffer }>();
    for await (const item of this.source.readItems(folderKey, refs, this.format, never)) {
      got.set(item.ref.sourceKey, 'open' in item ? { item, content: await bytes(item.open()) } : { item });
    }
    return refs.map(({ sourceKey }) => got.get(sourceKey));
  }

  /** Puts items of a source folder into a target folder as the engine does, in one request. */
  async copy(
    folderKey: string,
    folder: TargetFolder,
    refs: readonly ItemRef[],
    { window = openWindow, parcelId }: { window?: SendWindow; parcelId?: string } = {},
  ): Promise<PutOutcome[]> {
    return this.target.putItems(
      folder,
      await this.putItems(folderKey, refs, parcelId),
      this.format,
      window,
      never,
    );
  }

  async putItems(folderKey: string, refs: readonly ItemRef[], parcelId?: string): Promise<PutItem[]> {
    const classes = new Map((await this.puts(folderKey)).map((put) => [put.sourceKey, put.itemClass]));
    return (await this.read(folderKey, refs)).map((got) => {
      if (!got?.content || !('open' in got.item)) throw new Error('the item cannot be read');
      const { content, item } = got;
      const itemClass = classes.get(item.ref.sourceKey) ?? 'IPM.Note';
      const stamp = this.stamp(
        folderKey,
        { sourceKey: item.ref.sourceKey, changeKey: item.changeKey },
        parcelId,
      );
      return {
        stamp,
        itemClass,
        sizeBytes: content.length,
        open: () => Readable.from([content], { objectMode: false }),
      };
    });
  }

  async targetTexts(folder: TargetFolder): Promise<string[]> {
    return (await this.harness.target.items(folder.id)).map(({ text }) => text).sort();
  }
}

export const openWindow: SendWindow = { hold: async () => {} };

/** A window that counts how often it was asked, and closes after so many times. */
export function countingWindow(most = Infinity): SendWindow & { asked: number } {
  return {
    asked: 0,
    async hold() {
      this.asked += 1;
      if (this.asked > most) throw new Error('the fence is lost');
    },
  };
}

export function copiedTo(outcome: PutOutcome | undefined): TargetRef {
  if (outcome?.kind !== 'copied') throw new Error(`not copied: ${JSON.stringify(outcome)}`);
  return { targetId: outcome.targetId, targetChangeKey: outcome.targetChangeKey };
}

async function bytes(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
