import type { SlotDocument } from '../src/models/slots';

/** Whoever is on his way to a worker that has room begins well within this. */
const comesWithinMs = 60_000;

/**
 * Tells those in line who are on their way to a worker from those who are not: whose workflow stands still, or whose opening broke off
 * before it had begun. They are known by not coming while there is room, by this process's own clock.
 */
export class LineWatch {
  /** Since when each could have begun, ms; for one who did not come: {@link absent}. */
  private since = new Map<string, number>();

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** How many are on their way. To be asked at each look. @param free how many mailboxes workers have room for */
  count(line: readonly SlotDocument[], free: number): number {
    const now = this.nowMs();
    const before = this.since;
    const sinceOf = (key: string): number => {
      const at = before.get(key);
      if (at === absent) return absent;
      // Without room nobody can come.
      if (at === undefined || free <= 0) return now;
      return now - at >= comesWithinMs ? absent : at;
    };
    this.since = new Map(line.map(keyOf).map((key) => [key, sinceOf(key)]));
    return [...this.since.values()].filter((at) => at !== absent).length;
  }
}

const absent = -Infinity;

/** Whoever asks for a worker again takes his slot again. */
const keyOf = ({ _id, ticket, takenAt }: SlotDocument): string => `${_id} ${ticket} ${takenAt?.getTime()}`;
