import type {
  AddedPage,
  ItemFlags,
  ItemFormat,
  PlannedFolder,
  PutItem,
  PutOutcome,
  SendWindow,
  Stamp,
  TargetFolder,
  TargetMailbox,
  TargetRef,
  UpdateOutcome,
} from '../connector';
import type { Fault } from '../../domain/faults';
import { ItemReader, type ItemHeader, type MemoryContent } from './content';
import { brokenContent, folderGone, requestTooLarge } from './faults';
import { MemoryMailbox, type MemoryOptions } from './mailbox';
import type { MemoryFolder, MemoryItem, MemoryStore } from './store';

export interface MemoryTargetOptions extends MemoryOptions {
  /** A greater item takes two requests: one makes it, stamped *unfinished*, one fills it. Absent: every item takes one. */
  severalRequestsAboveBytes?: number;
}

interface Arrived {
  item: PutItem;
  header: ItemHeader;
  content: MemoryContent;
}

export class MemoryTarget extends MemoryMailbox implements TargetMailbox {
  private readonly severalRequestsAboveBytes: number;

  constructor(store: MemoryStore, options: MemoryTargetOptions = {}) {
    super(store, options);
    this.severalRequestsAboveBytes = options.severalRequestsAboveBytes ?? Infinity;
  }

  async ensureFolder(planned: PlannedFolder, window: SendWindow, signal: AbortSignal): Promise<TargetFolder> {
    await window.hold();
    return this.ask('ensureFolder', () => ({ id: this.ensure(planned).id }), signal);
  }

  listFolders(signal: AbortSignal): Promise<TargetFolder[]> {
    return this.ask('listFolders', () => [...this.store.folders.keys()].map((id) => ({ id })), signal);
  }

  async putItems(
    folder: TargetFolder,
    items: readonly PutItem[],
    _format: ItemFormat,
    window: SendWindow,
    signal: AbortSignal,
  ): Promise<PutOutcome[]> {
    if (items.length > this.capabilities.itemsPerRequest)
      throw new RangeError('too many items in one request');
    const arrived = await this.arrive(items, window, signal);
    const [first] = arrived;
    if (arrived.length === 1 && first && first.content.sizeBytes > this.severalRequestsAboveBytes) {
      return [await this.putInTwo(folder, first, window, signal)];
    }
    await window.hold();
    const steps = arrived.map((one) => () => this.put(folder, one, one.item.stamp));
    return this.send({ kind: 'putItems', steps, again }, signal);
  }

  listAdded(
    folder: TargetFolder,
    pairId: string,
    since: string | undefined,
    signal: AbortSignal,
  ): Promise<AddedPage> {
    return this.ask(
      'listAdded',
      () => {
        if (!this.store.folders.has(folder.id)) throw folderGone('target');
        const { changed, gone, state, more, reset } = this.store.page(folder.id, since, this.pageItems);
        const added = changed.map(({ id, changeKey, stamps }) => {
          const stamp = stamps.get(pairId);
          return { targetId: id, targetChangeKey: changeKey, ...(stamp && { stamp }) };
        });
        return { added, gone, state, more, reset };
      },
      signal,
    );
  }

  async updateItems(
    pairs: readonly { target: TargetRef; item: PutItem }[],
    _format: ItemFormat,
    window: SendWindow,
    signal: AbortSignal,
  ): Promise<UpdateOutcome[]> {
    const items = pairs.map(({ item }) => item);
    const arrived = await this.arrive(items, window, signal);
    await window.hold();
    const steps = pairs.map(
      ({ target }, at) =>
        () =>
          this.update(target, arrived[at] as Arrived),
    );
    return this.send({ kind: 'updateItems', steps, again }, signal);
  }

  async setFlags(
    pairs: readonly { target: TargetRef; flags: ItemFlags; stamp: Stamp }[],
    window: SendWindow,
    signal: AbortSignal,
  ): Promise<UpdateOutcome[]> {
    await window.hold();
    const steps = pairs.map(
      ({ target, flags, stamp }) =>
        () =>
          this.changing(target, (folder) => {
            this.store.setRead(folder.id, target.targetId, flags.read);
            return this.store.stampItem(folder.id, target.targetId, stamp);
          }),
    );
    return this.send({ kind: 'setFlags', steps, again }, signal);
  }

  async removeItems(
    targets: readonly TargetRef[],
    window: SendWindow,
    signal: AbortSignal,
  ): Promise<UpdateOutcome[]> {
    await window.hold();
    const steps = targets.map((target) => (): UpdateOutcome => {
      const outcome = this.changing(target, (folder) => {
        this.store.removeItem(folder.id, target.targetId);
        return target.targetChangeKey;
      });
      return outcome.kind === 'gone' ? { kind: 'updated', ...target } : outcome;
    });
    return this.send({ kind: 'removeItems', steps, again }, signal);
  }

  /** The bodies, byte by byte as a server takes them in; it acts on none before the last byte of the request. */
  private async arrive(
    items: readonly PutItem[],
    window: SendWindow,
    signal: AbortSignal,
  ): Promise<Arrived[]> {
    await window.hold();
    const arrived: Arrived[] = [];
    let bytes = 0;
    for (const item of items) {
      const reader = new ItemReader();
      for await (const chunk of content(item)) {
        await window.hold();
        signal.throwIfAborted();
        reader.write(chunk);
        bytes += chunk.length;
        if (bytes > this.store.requestLimitBytes) throw requestTooLarge(bytes, this.store.requestLimitBytes);
      }
      arrived.push({ item, ...reader.end() });
    }
    return arrived;
  }

  private put(folder: TargetFolder, { item, header, content }: Arrived, stamp: Stamp): PutOutcome {
    if (!this.store.folders.has(folder.id)) throw folderGone('target');
    const reason = this.store.refuses({ itemClass: item.itemClass, content });
    if (reason) return { kind: 'failed', reason };
    const targetId = this.store.addItem(folder.id, { ...header, content, stamp });
    return {
      kind: 'copied',
      targetId,
      targetChangeKey: this.store.item(folder.id, targetId)?.changeKey ?? '',
    };
  }

  private async putInTwo(folder: TargetFolder, one: Arrived, window: SendWindow, signal: AbortSignal) {
    await window.hold();
    const made = await this.ask(
      'putItems',
      () => this.put(folder, one, { ...one.item.stamp, unfinished: true }),
      signal,
    );
    if (made.kind !== 'copied') return made;
    await window.hold();
    const filled = await this.ask('putItems', () => this.update(made, one), signal);
    return filled.kind === 'updated' ? { ...filled, kind: 'copied' as const } : made;
  }

  private update(target: TargetRef, { item, header, content }: Arrived): UpdateOutcome {
    const reason = this.store.refuses({ itemClass: item.itemClass, content });
    if (reason) return { kind: 'failed', reason };
    return this.changing(target, (folder) => {
      this.store.changeItem(folder.id, target.targetId, {
        content,
        itemClass: header.itemClass,
        date: header.date,
      });
      this.store.setRead(folder.id, target.targetId, header.read);
      return this.store.stampItem(folder.id, target.targetId, item.stamp);
    });
  }

  /** Changes an item that still is as we last wrote it. */
  private changing(target: TargetRef, change: (folder: MemoryFolder) => string | undefined): UpdateOutcome {
    const [folder, item] = this.find(target.targetId) ?? [];
    if (!folder || !item) return { kind: 'gone' };
    if (item.changeKey !== target.targetChangeKey) return { kind: 'changedByOther' };
    return { kind: 'updated', targetId: target.targetId, targetChangeKey: change(folder) ?? '' };
  }

  private find(itemId: string): [MemoryFolder, MemoryItem] | undefined {
    for (const folder of this.store.folders.values()) {
      const item = folder.items.get(itemId);
      if (item) return [folder, item];
    }
    return undefined;
  }

  private ensure({ pairId, sourceKey, replaces, parent, ...planned }: PlannedFolder): MemoryFolder {
    if (parent && !this.store.folders.has(parent.id)) throw folderGone('target');
    const { name, wellKnown, folderClass } = planned;
    const all = [...this.store.folders.values()];
    const others = (folder: MemoryFolder) =>
      folder.marks.has(pairId) && folder.marks.get(pairId) !== sourceKey;
    const siblings = all.filter((folder) => folder.parentId === parent?.id);
    const found =
      all.find((folder) => folder.marks.get(pairId) === sourceKey) ??
      all.find((folder) => replaces !== undefined && folder.marks.get(pairId) === replaces) ??
      all.find((folder) => wellKnown && folder.wellKnown === wellKnown) ??
      siblings.find((folder) => folder.name === name && !others(folder));
    const folder =
      found ?? this.store.folder(this.store.addFolder({ name, parentId: parent?.id, folderClass }));
    folder.marks.set(pairId, sourceKey);
    if (!folder.wellKnown) {
      folder.parentId = parent?.id;
      folder.name = freeName(
        name,
        siblings.filter((sibling) => sibling !== folder),
      );
    }
    return folder;
  }
}

function again(fault: Fault): { kind: 'again'; fault: Fault } {
  return { kind: 'again', fault };
}

/** Two folders in one place never have one name. */
function freeName(name: string, siblings: readonly MemoryFolder[]): string {
  const taken = new Set(siblings.map((sibling) => sibling.name));
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name} (${number})`;
  return free;
}

async function* content(item: PutItem): AsyncGenerator<Buffer> {
  const stream = item.open();
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (cause) {
    throw brokenContent(cause);
  } finally {
    stream.destroy();
  }
}
