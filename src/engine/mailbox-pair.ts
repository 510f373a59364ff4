import type { SourceMailbox, TargetMailbox } from '../connectors/connector';
import type { Fault } from '../domain/faults';
import type { MailboxCounters } from '../domain/migration';
import { BackOff } from './back-off';
import { ByteBudget } from './byte-budget';
import type { Clock } from './clock';
import { CounterBoard } from './counter-board';
import type { FolderDocument, FolderId, LedgerStore } from './ledger';
import { pairId } from './pair-id';
import { Turns } from './turns';
import type { Width } from './width';

export interface PairOptions {
  source: SourceMailbox;
  target: TargetMailbox;
  ledger: LedgerStore;
  clock: Clock;
  width: Width;
  /** Most bytes of item content this mailbox holds in memory, whatever its items. */
  bytesInFlight: number;
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
  readonly width: Width;
  readonly budget: ByteBudget;
  readonly sendWindowMs: number;
  readonly sourceTurns: Turns;
  readonly targetTurns: Turns;
  readonly sourceBackOff: BackOff;
  readonly targetBackOff: BackOff;
  readonly board = new CounterBoard();
  /** Items the target has answered for in this opening. */
  successes = 0;
  private readonly places = new Map<number, FolderId>();

  constructor({ source, target, ledger, clock, width, bytesInFlight, sendWindowMs, onFault }: PairOptions) {
    this.id = pairId(source.identity, target.identity);
    this.source = source;
    this.target = target;
    this.ledger = ledger;
    this.clock = clock;
    this.width = width;
    this.sendWindowMs = sendWindowMs;
    this.budget = new ByteBudget(bytesInFlight);
    this.sourceTurns = new Turns(() => Math.min(width.requests, source.capabilities.connections));
    this.targetTurns = new Turns(() => Math.min(width.requests, target.capabilities.connections));
    this.sourceBackOff = new BackOff(clock, onFault);
    this.targetBackOff = new BackOff(clock, onFault);
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

  /** Sums over all planned folders, absolute; complete once `planFolders` or `readCounters` has run in this opening. */
  counters(): MailboxCounters {
    return this.board.sum();
  }

  /** Reads the counters that stand in the ledger's folder documents. */
  async readCounters(): Promise<MailboxCounters> {
    for await (const folder of this.ledger.folders(this.id)) this.learn(folder);
    return this.counters();
  }

  /** Takes note of a folder as it stands in the ledger. */
  learn(folder: FolderDocument): void {
    this.board.read(folder);
    this.places.set(folder.plan.position, { pairId: this.id, folderKey: folder.folderKey });
  }

  /** Closes both mailboxes; running requests reject. Repeating it is harmless. */
  async close(): Promise<void> {
    await Promise.all([this.source.close(), this.target.close()]);
  }
}
