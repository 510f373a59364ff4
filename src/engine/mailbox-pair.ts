import type { SourceMailbox, TargetMailbox } from '../connectors/connector';
import type { Fault } from '../domain/faults';
import type { MailboxCounters } from '../domain/migration';
import type { Side } from '../domain/mailbox';
import { BackOff, type ConnectorWait } from './back-off';
import { ByteBudget } from './byte-budget';
import type { Clock } from './clock';
import { CounterBoard } from './counter-board';
import type { FolderDocument, FolderId, LedgerStore } from './ledger';
import { pairId } from './pair-id';
import { ParcelSize } from './parcel-size';
import { SharedTurns, type SharedPlace } from './shared-turns';
import { Turns } from './turns';
import type { Width } from './width';

export interface PairOptions {
  /** The pair's id where it is known to go on under one: the source may have been replaced since. Absent, it is made of both identities. */
  id?: string | undefined;
  source: SourceMailbox;
  target: TargetMailbox;
  ledger: LedgerStore;
  clock: Clock;
  /** A new width for a side, which never goes above `connections`. */
  width: (connections: number) => Width;
  /** Most items and bytes of a parcel with several items; the limits of the sides apply besides. */
  parcel: { items: number; bytes: number };
  /** Most bytes of item content this mailbox holds in memory, whatever its items. */
  bytesInFlight: number;
  /** What all mailboxes of this process may hold together. */
  memory?: ByteBudget;
  /** What all that compare or sum up in this process may hold of keys together. */
  keyMemory: ByteBudget;
  /** Waits that the servers asked of all mailboxes of their connectors. */
  connectorWaits?: Partial<Record<Side, ConnectorWait>>;
  /** This mailbox's places among all of this process that ask the same servers; absent: nobody else does. */
  places?: Partial<Record<Side, SharedPlace>>;
  /** How long after a write under the fence a request may still leave. */
  sendWindowMs: number;
  /** Told of each fault that is waited out or repeated in place; for a log. */
  onFault?: (fault: Fault) => void;
}

/**
 * One *opening* of a pair: both mailboxes with what all copies of their folders share, which is the turns at each server, the
 * waits a server asked for, the bytes in flight and the counters. Made by `openMailbox`, used by every folder of this opening.
 */
export class MailboxPair {
  readonly id: string;
  readonly source: SourceMailbox;
  readonly target: TargetMailbox;
  readonly ledger: LedgerStore;
  readonly clock: Clock;
  readonly parcelSize: ParcelSize;
  readonly budget: ByteBudget;
  readonly keyMemory: ByteBudget;
  readonly sendWindowMs: number;
  readonly sourceTurns: Turns;
  readonly targetTurns: Turns;
  readonly sourceBackOff: BackOff;
  readonly targetBackOff: BackOff;
  readonly board = new CounterBoard();
  /** Items the source has given in this opening. */
  reads = 0;
  /** Items the target has answered for in this opening. */
  successes = 0;
  /** Items that were given up on since the target last answered for one, with no other to show that it is them. */
  unproven = 0;
  private readonly places = new Map<number, FolderId>();
  private readonly highestSeqs = new Map<string, number>();

  constructor(options: PairOptions) {
    const { source, target, ledger, clock, parcel, bytesInFlight, memory, sendWindowMs } = options;
    this.id = options.id ?? pairId(source.identity, target.identity);
    this.source = source;
    this.target = target;
    this.ledger = ledger;
    this.clock = clock;
    this.sendWindowMs = sendWindowMs;
    this.parcelSize = new ParcelSize(parcel);
    this.budget = new ByteBudget(bytesInFlight, { whole: memory });
    this.keyMemory = options.keyMemory;
    [this.sourceTurns, this.sourceBackOff] = paceOf(options, 'source');
    [this.targetTurns, this.targetBackOff] = paceOf(options, 'target');
  }

  /** From now on nothing that was sent before can still come, once this has passed since the last possible sending. */
  get quietMs(): number {
    return this.sendWindowMs + this.target.capabilities.settleMs;
  }

  /** The folder at a place of the plan; absent where the ledger has none. */
  async folderAt(position: number): Promise<FolderId | undefined> {
    if (!this.places.has(position)) await this.readCounters();
    return this.places.get(position);
  }

  /** Sums over all folders that are known in this opening, absolute. */
  counters(): MailboxCounters {
    return this.board.sum();
  }

  /** Whether `counters` tells of the whole mailbox; not before `planFolders` has listed it, where the last plan was cut off. */
  get countsAll(): boolean {
    return this.board.isWhole;
  }

  /** Reads the counters that stand in the ledger's folder documents. */
  async readCounters(): Promise<MailboxCounters> {
    const document = await this.ledger.pair(this.id);
    for await (const folder of this.ledger.folders(this.id)) this.learn(folder);
    if (document !== undefined && document.positions > 0 && !document.ensuring) this.board.isWhole = true;
    return this.counters();
  }

  /** Takes note of a folder as it stands in the ledger. */
  learn(folder: FolderDocument): void {
    this.board.read(folder);
    this.saw(folder);
    this.places.set(folder.plan.position, { pairId: this.id, folderKey: folder.folderKey });
  }

  /** Takes note of a folder's highest seq, as it was read or written. @returns the highest that was ever seen in this opening: above it where the ledger was set back */
  saw({ folderKey, seq }: Pick<FolderDocument, 'folderKey' | 'seq'>): number {
    const highest = Math.max(seq, this.highestSeqs.get(folderKey) ?? 0);
    this.highestSeqs.set(folderKey, highest);
    return highest;
  }

  /** Closes both mailboxes; running requests reject. Repeating it is harmless. */
  async close(): Promise<void> {
    await Promise.all([this.source.close(), this.target.close()]);
  }
}

/** How a side's server is asked: how many requests at once, and when none. */
function paceOf(options: PairOptions, side: Side): [Turns, BackOff] {
  const { clock, onFault } = options;
  const { connections } = options[side].capabilities;
  const width = options.width(connections);
  const connectorWait = options.connectorWaits?.[side];
  const onHeldUp = () => width.refused(clock.monotonic(), clock.monotonic());
  const backOff = new BackOff({
    clock,
    onHeldUp,
    ...(connectorWait && { connectorWait }),
    ...(onFault && { onFault }),
  });
  const place = options.places?.[side] ?? new SharedTurns(clock).join(options.source.identity);
  return [new Turns({ clock, width, backOff, place }), backOff];
}
