import type { MailboxCounters } from '../src/domain/migration';
import type { ThroughputMinute } from '../src/models/throughput';

const minuteMs = 60_000;
/** How often a minute that goes on is written. */
const writeEveryMs = 15_000;

type Copied = Pick<MailboxCounters, 'copied' | 'copiedBytes'>;
type Minute = Omit<ThroughputMinute, '_id'>;

/** Sums up what the mailboxes of this process copy, minute by minute, for the chart of the overview. */
export class ThroughputMeter {
  private minute: Minute | undefined;
  private writtenAtMs = 0;

  constructor(private readonly write: (minute: Minute) => Promise<void>) {}

  /** Counts what one mailbox has copied between two looks at its counters. Never rejects: a chart is not worth a fault. */
  async add(before: Copied, after: Copied, now: Date): Promise<void> {
    const at = new Date(Math.floor(now.getTime() / minuteMs) * minuteMs);
    const last = this.minute;
    const isNew = last?.at.getTime() !== at.getTime();
    const minute = isNew ? { at, items: 0, sizeBytes: 0 } : last;
    // Counters are set anew from the ledger when a mailbox is opened; what they lose then was not copied backwards.
    minute.items += Math.max(0, after.copied - before.copied);
    minute.sizeBytes += Math.max(0, after.copiedBytes - before.copiedBytes);
    this.minute = minute;
    if (isNew && last !== undefined) await this.tell(last);
    if (isNew || now.getTime() - this.writtenAtMs < writeEveryMs) return;
    this.writtenAtMs = now.getTime();
    await this.tell(minute);
  }

  /** Writes what is not written yet. */
  async flush(): Promise<void> {
    if (this.minute !== undefined) await this.tell(this.minute);
  }

  private async tell(minute: Minute): Promise<void> {
    if (minute.items === 0 && minute.sizeBytes === 0) return;
    await this.write({ ...minute }).catch(() => undefined);
  }
}
