import { randomUUID } from 'node:crypto';
import { counted, type Step } from './folder-counters';
import type {
  FolderDocument,
  FolderPatch,
  FolderPlan,
  PendingEntry,
  PendingParcel,
  Watermark,
} from './ledger';
import type { MailboxPair } from './mailbox-pair';
import { FencedSendWindow } from './send-window';

/** Another attempt has taken over, or the ledger was lost or set back; this one stops without a further write. */
export class FencedOut extends Error {
  override readonly name = 'FencedOut';

  /** @param by the fence that stands there; one that is not above the attempt's own, and 0, tell of a ledger that was set back or lost */
  constructor(readonly by: number) {
    super(`another attempt holds fence ${by}`);
  }
}

type OwnField =
  | 'goneSeq'
  | 'relisted'
  | 'closed'
  | 'busy'
  | 'refusedTogether'
  | 'refusedKeys'
  | 'busyTurns'
  | 'retrySeq'
  | 'retryName';

/**
 * A folder's document in the hands of the attempt that holds its fence. Memory runs ahead of the database, never the other way:
 * `save` writes all of it as absolute values, one write after another, and several callers share the next one.
 * After one failed write every further one fails: what it did is not known, and the next attempt reads it.
 */
export class FolderSession {
  readonly window: FencedSendWindow;
  private tail: Promise<void> = Promise.resolve();
  private next?: Promise<void>;
  private changed = false;
  private planChanged = false;
  private mendedRepairs = false;
  private broken?: unknown;

  constructor(
    private readonly pair: Pick<MailboxPair, 'ledger' | 'clock' | 'sendWindowMs' | 'saw'>,
    readonly document: FolderDocument,
  ) {
    this.window = new FencedSendWindow(pair.clock, pair.sendWindowMs, () => this.save());
  }

  /** Why this session can write no more; absent while it can. */
  get failure(): unknown {
    return this.broken;
  }

  /** Draws the next seq for a parcel that may be put once this is saved. */
  begin(entries: PendingEntry[]): PendingParcel {
    const { document } = this;
    document.seq += 1;
    const parcel = { parcelId: parcelId(document.seq), seq: document.seq, entries };
    document.pending = [...document.pending, parcel];
    this.changed = true;
    return parcel;
  }

  /** The parcel is in the ledger with these steps, or surely was not put (no steps). */
  finish(parcelId: string, steps: readonly Step[]): void {
    const { document } = this;
    document.pending = document.pending.filter((parcel) => parcel.parcelId !== parcelId);
    document.counters = counted(document.counters, steps);
    this.changed = true;
  }

  /**
   * @param seq every seq up to this was given out, by whomever. Where the document did not know, the ledger was lost or set back, and that
   *   an older parcel is not in it proves nothing
   */
  raiseSeq(seq: number): void {
    if (seq <= this.document.seq) return;
    this.document.seq = this.document.completeSince = seq;
    this.changed = true;
  }

  set(change: Partial<Pick<FolderDocument, OwnField>>): void {
    Object.assign(this.document, change);
    this.changed = true;
  }

  /** What `verifyPass` noted is done. */
  mended(): void {
    delete this.document.repairs;
    this.mendedRepairs = true;
    this.changed = true;
  }

  setPlan(change: Partial<FolderPlan>): void {
    this.document.plan = { ...this.document.plan, ...change };
    this.planChanged = true;
    this.changed = true;
  }

  setWatermark(change: Partial<Watermark>): void {
    this.document.watermark = { filter: '', ...this.document.watermark, ...change };
    this.changed = true;
  }

  /** Writes what has changed, or proves the fence. Rejects with `FencedOut` where the fence is lost. */
  save(): Promise<void> {
    if (this.next) return this.next;
    const next = this.tail.then(() => {
      this.next = undefined;
      return this.write();
    });
    this.next = next;
    this.tail = next.catch(() => undefined);
    return next;
  }

  /** Writes what has changed, if anything. */
  async saveChanges(): Promise<void> {
    if (this.changed || this.next) await this.save();
  }

  private async write(): Promise<void> {
    if (this.broken) throw this.broken as Error;
    const { document, pair } = this;
    const { folderKey, seq } = document;
    const patch = this.patch();
    const sentAt = pair.clock.monotonic();
    try {
      if (!(await pair.ledger.writeFolder(document, document, patch))) throw await this.fencedOut();
      document.writes += 1;
      // A seq that was drawn and not written may be drawn again: that the ledger does not know it says nothing.
      pair.saw({ folderKey, seq });
    } catch (failure) {
      this.broken = failure;
      throw failure;
    }
    this.window.wrote(sentAt);
  }

  /** Everything that is this attempt's alone, and what others write too only where it was changed here. */
  private patch(): FolderPatch {
    if (!this.changed) return {};
    const { plan, watermark, pending, seq, completeSince, counters, ...more } = this.document;
    const { goneSeq, relisted, closed, retrySeq, retryName } = more;
    const { busy, refusedTogether, refusedKeys, busyTurns } = more;
    const own = { pending, seq, completeSince, counters, goneSeq, relisted, closed, retrySeq, retryName };
    const refusals = { busy, refusedTogether, refusedKeys, busyTurns };
    const patch: FolderPatch = { ...own, ...refusals, watermark: watermark ?? null };
    if (this.planChanged) patch.plan = plan;
    if (this.mendedRepairs) patch.repairs = null;
    this.changed = this.planChanged = this.mendedRepairs = false;
    return patch;
  }

  private async fencedOut(): Promise<FencedOut> {
    return new FencedOut((await this.pair.ledger.folder(this.document))?.fence ?? 0);
  }
}

/** Parcel ids begin with their seq, so that a stamp tells when its parcel was drawn. */
function parcelId(seq: number): string {
  return `${seq}.${randomUUID()}`;
}

/** @returns 0 for what is no id of ours */
export function seqOf(parcelId: string): number {
  const seq = Number.parseInt(parcelId, 10);
  return Number.isSafeInteger(seq) && seq > 0 ? seq : 0;
}
