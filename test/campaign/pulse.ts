import type { Row } from './product';

const lookEveryMs = 5000;
/**
 * Longer than any wait that a server names, any fault lasts, and the product takes a task for lost: a sign-in that is being tried when its
 * worker dies is lost after three minutes, which no rehearsal shortens.
 */
const stuckAfterMs = 210_000;
/** Several times what the longest step of a mailbox of a run takes on a machine that is busy with other things. */
const circlesAfterMs = 240_000;
/** Who goes in circles asks the servers in so many looks at least: a few requests are those of somebody who waits. */
const leastBusyLooks = 12;

/** How a run stands still. */
export type Standstill =
  /** Nothing happens. */
  | 'stuck'
  /** Servers are asked on and on, and nothing comes of it. */
  | 'circles';

/** Whether anything goes on in a run: in one that is slow it does, in one that stands still it does not. */
export class Pulse {
  private seen = '';
  private seenAtMs = -Infinity;
  /** All that the rows ever were: who goes in circles comes back to it. */
  private readonly rows = new Set<string>();
  private newAtMs = -Infinity;
  private requestsSeen = 0;
  private busyLooks = 0;
  private lookedAtMs = -Infinity;

  /** @param requests that both simulators have seen so far; they serve this run alone */
  constructor(private readonly requests: () => Promise<number>) {}

  /**
   * To be asked every now and then.
   * @param rows of each mailbox of the run; absent where it was not read yet
   * @returns how it stands still; absent where it does not, or not for so long that it could not be slow
   */
  async standstill(rows: readonly (Row | undefined)[], nowMs: number): Promise<Standstill | undefined> {
    if (nowMs - this.lookedAtMs < lookEveryMs) return undefined;
    this.lookedAtMs = nowMs;
    const requests = await this.requests();
    this.note(rows, requests, nowMs);
    if (nowMs - this.seenAtMs >= stuckAfterMs) return 'stuck';
    const isBusy = this.busyLooks >= leastBusyLooks;
    return isBusy && nowMs - this.newAtMs >= circlesAfterMs ? 'circles' : undefined;
  }

  private note(rows: readonly (Row | undefined)[], requests: number, nowMs: number): void {
    const texts = rows.flatMap((row) => (row === undefined ? [] : [JSON.stringify(row)]));
    const seen = `${texts.join(' ')} ${requests}`;
    if (seen !== this.seen) this.seenAtMs = nowMs;
    this.seen = seen;
    if (requests !== this.requestsSeen) this.busyLooks += 1;
    this.requestsSeen = requests;
    const isNew = texts.some((row) => !this.rows.has(row));
    for (const row of texts) this.rows.add(row);
    // By a wait that a server named: what was before and comes after it is the same.
    const isHeldUp = rows.some((row) => row?.state === 'throttled');
    if (!isNew && !isHeldUp) return;
    this.newAtMs = nowMs;
    this.busyLooks = 0;
  }
}
