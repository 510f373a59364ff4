import { setMaxListeners } from 'node:events';
import type { SourceMailbox, TargetMailbox } from '../../src/connectors/connector';
import {
  MemorySource,
  MemoryStore,
  MemoryTarget,
  textContent,
  type MemoryTargetOptions,
} from '../../src/connectors/memory';
import { everything as everythingSpec, itemFilter } from '../../src/domain/item-filter';
import { ByteBudget } from '../../src/engine/byte-budget';
import { copyFolder, type CopyFolderOrder, type CopyFolderResult } from '../../src/engine/copy-folder';
import { followGone, type FollowOrder, type FollowResult } from '../../src/engine/follow-gone';
import type { KnownEntry } from '../../src/engine/ledger';
import { MailboxPair } from '../../src/engine/mailbox-pair';
import { planFolders } from '../../src/engine/plan-folders';
import { verifyPass, type VerifyResult } from '../../src/engine/verify-pass';
import { AdaptiveWidth, type Width } from '../../src/engine/width';
import { MemoryLedger } from '../support/memory-ledger';
import { VirtualTime } from './model/virtual-time';

export const never = new AbortController().signal;
// As many lanes wait with it as all scenes of a test have, as with the one of an activity.
setMaxListeners(0, never);
export const everything = itemFilter(everythingSpec);

interface Given {
  target?: MemoryTargetOptions;
  sourcePageItems?: number;
  bytesInFlight?: number;
  parcel?: { items: number; bytes: number };
  width?: (connections: number) => Width;
  wrapSource?: (source: MemorySource) => SourceMailbox;
  wrapTarget?: (target: MemoryTarget) => TargetMailbox;
  /** With other scenes in one process: its time, and what all may hold in memory together. */
  process?: { time: VirtualTime; memory: ByteBudget };
}

/** Two mailboxes in memory, one inbox, and what is done to it by hand. */
export class PairScene {
  readonly source = new MemoryStore('source');
  readonly target = new MemoryStore('target');
  readonly ledger = new MemoryLedger();
  readonly inbox = this.source.addFolder({ name: 'Inbox', wellKnown: 'inbox' });
  readonly targetInbox = this.target.addFolder({ name: 'Posteingang', wellKnown: 'inbox' });
  readonly time: VirtualTime;
  pair: MailboxPair;
  private fence = 0;

  constructor(private readonly given: Given = {}) {
    this.time = given.process?.time ?? new VirtualTime();
    this.pair = this.open();
  }

  /** A new opening of the same pair, as after a restart of the worker. */
  open(): MailboxPair {
    const { given } = this;
    const settleMs = 20_000;
    const source = new MemorySource(this.source, {
      pageItems: given.sourcePageItems ?? 100,
      capabilities: { settleMs },
    });
    const target = new MemoryTarget(this.target, {
      ...given.target,
      capabilities: { settleMs, ...given.target?.capabilities },
    });
    this.pair = new MailboxPair({
      source: given.wrapSource?.(source) ?? source,
      target: given.wrapTarget?.(target) ?? target,
      ledger: this.ledger,
      clock: this.time,
      width: given.width ?? ((connections) => new AdaptiveWidth(connections)),
      parcel: given.parcel ?? { items: 20, bytes: 2_000_000 },
      bytesInFlight: given.bytesInFlight ?? 16_000_000,
      sendWindowMs: 5_000,
      ...(given.process && { memory: given.process.memory }),
      keyMemory: new ByteBudget(16_000_000),
    });
    return this.pair;
  }

  add(text: string): string {
    return this.source.addItem(this.inbox, { content: textContent(text) });
  }

  nextFence(): number {
    this.fence += 1;
    return this.fence;
  }

  plan(fence = this.nextFence(), filter = everythingSpec, signal = never) {
    return this.time.until(planFolders(this.pair, { fence, filter, sourceChecked: false }, signal));
  }

  copy(order: Partial<CopyFolderOrder> = {}, signal = never): Promise<CopyFolderResult> {
    const whole = {
      position: 0,
      fence: this.nextFence(),
      filter: everything,
      giveUp: false,
      ...order,
    };
    return this.time.until(copyFolder(this.pair, whole, signal));
  }

  async planAndCopy(): Promise<CopyFolderResult> {
    await this.plan();
    return this.copy();
  }

  followGone(order: Partial<FollowOrder> = {}): Promise<FollowResult> {
    const whole = {
      fence: this.nextFence(),
      ...{ followDeletions: false, sourceChecked: false, quiet: true },
      ...order,
    };
    return this.time.until(followGone(this.pair, whole, never));
  }

  verify(filter = everythingSpec): Promise<VerifyResult> {
    const order = { filter, fence: this.nextFence(), at: '2026-11-23T12:00:00.000Z' };
    return this.time.until(verifyPass(this.pair, order, never));
  }

  /** What the items of the target's inbox say, sorted. */
  texts(folderId = this.targetInbox): string[] {
    return this.target
      .items(folderId)
      .map(({ content }) => Buffer.concat([...content.chunks()]).toString())
      .sort();
  }

  async entry(sourceKey: string): Promise<KnownEntry | undefined> {
    const id = { pairId: this.pair.id, folderKey: this.inbox };
    return (await this.ledger.lookUp(id, [sourceKey])).get(sourceKey)?.at(-1);
  }
}
