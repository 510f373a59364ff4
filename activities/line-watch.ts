import type { SlotDocument } from '../src/models/slots';

/** Whoever is on his way to a worker that has room begins well within this. */
const comesWithinMs = 60_000;
/** Between two looks of one process of many, room may have come free for a moment and gone to somebody else. */
const leastLooks = 5;

/**
 * Tells those in line who are on their way to a worker from those who are not: whose workflow stands still, or whose opening broke off
 * before it had begun. They are known by not coming while there is room at each look, by this process's own clock.
 */
export class LineWatch {
  /** Since when each could have begun, ms, and at how many looks; for one who did not come: {@link absent}. */
  private seen = new Map<string, Seen>();

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** How many are on their way. To be asked at each look. @param free how many mailboxes workers have room for */
  count(line: readonly SlotDocument[], free: number): number {
    const now = this.nowMs();
    const before = this.seen;
    const seenOf = (key: string): Seen => {
      const last = before.get(key);
      if (last === absent) return absent;
      // Without room nobody can come.
      if (last === undefined || free <= 0) return { since: now, looks: 1 };
      const { since, looks } = last;
      return now - since >= comesWithinMs && looks + 1 >= leastLooks ? absent : { since, looks: looks + 1 };
    };
    this.seen = new Map(line.map(keyOf).map((key) => [key, seenOf(key)]));
    return [...this.seen.values()].filter((seen) => seen !== absent).length;
  }
}

type Seen = { since: number; looks: number } | typeof absent;

const absent = 'absent';

/** Whoever asks for a worker again takes his slot again. */
const keyOf = ({ _id, ticket, takenAt }: SlotDocument): string => `${_id} ${ticket} ${takenAt?.getTime()}`;
