import { kindOfItemClass, type ItemKind } from './mailbox';
import { momentOf } from './zoned-time';

/** What is to be copied, as forms make it and workflows carry it. What is absent, and an empty list, leaves nothing out. */
export interface FilterSpec {
  /**
   * Mail and appointments dated on this day or later; `YYYY-MM-DD`, a day of `timeZone`. A series counts by its last occurrence.
   * Contacts, tasks and notes have no age, and what has no date is copied.
   */
  fromDate?: string;
  /** The same dated on this day or earlier; a series counts by its first occurrence. */
  toDate?: string;
  /** Where days begin at 00:00; an IANA name. Absent, as in plans of before 0.2.0, UTC. */
  timeZone?: string;
  /** Only items of these kinds; folders meant for others are left out whole, except **Deleted Items**, where anything may lie. */
  kinds?: ItemKind[];
  /** Only items up to this size as the source states it. */
  greatestSizeBytes?: number;
  /** Only these folders and what is under them: paths as `folder-filter.ts` reads them. */
  onlyFolders?: string[];
  /** Not these folders nor what is under them; counts more than `onlyFolders`. */
  leaveOutFolders?: string[];
  /** Whether **Deleted Items** is copied, with what is under it. */
  deletedItems: boolean;
  /** Whether **Junk Email** is copied, with what is under it. */
  junkEmail: boolean;
}

export const everything: FilterSpec = { deletedItems: true, junkEmail: true };

/** What a listing says of an item. */
export interface FilteredItem {
  sizeBytes: number;
  itemClass: string;
  /** ISO 8601. */
  date?: string;
  /** When the last occurrence of a series ends; ISO 8601, absent for what happens once. */
  lastDate?: string;
}

/** A filter at work. Where `hash` differs from that of the watermark the source is listed from the beginning. */
export interface ItemFilter {
  /** The same for filters that leave out the same items of a folder. */
  readonly hash: string;
  accepts(item: FilteredItem): boolean;
}

export function itemFilter(spec: FilterSpec): ItemFilter {
  const { fromDate, toDate, timeZone = 'UTC', greatestSizeBytes } = spec;
  const kinds = spec.kinds?.length ? spec.kinds : undefined;
  const from = fromDate === undefined ? -Infinity : beginOf(fromDate, timeZone);
  const until = toDate === undefined ? Infinity : beginOf(toDate, timeZone, 1);
  return {
    hash: hashOf(
      [fromDate, toDate, kinds && [...kinds].sort().join(' '), greatestSizeBytes],
      fromDate === undefined && toDate === undefined ? 'UTC' : timeZone,
    ),
    accepts: ({ date, lastDate = date, itemClass, sizeBytes }) => {
      const kind = kindOfItemClass(itemClass);
      return (
        (ageless.includes(kind) || isWithin(date, lastDate, from, until)) &&
        (kinds === undefined || kinds.includes(kind)) &&
        (greatestSizeBytes === undefined || sizeBytes <= greatestSizeBytes)
      );
    },
  };
}

const ageless: readonly ItemKind[] = ['contacts', 'tasks', 'notes'];

/** Days of UTC are not named: a filter has the hash that it had when there were no others, and no source is listed anew. */
function hashOf(parts: readonly (string | number | undefined)[], timeZone: string): string {
  if (parts.every((part) => part === undefined)) return 'everything';
  return JSON.stringify(timeZone === 'UTC' ? parts : [...parts, timeZone]);
}

/** When a day, or one that is some days later, begins in a zone; ms. */
function beginOf(text: string, timeZone: string, daysLater = 0): number {
  const [year = NaN, month = NaN, day = NaN] = text.split('-').map(Number);
  return momentOf({ year, month, day: day + daysLater, hour: 0, minute: 0 }, timeZone).getTime();
}

/** What has no date that can be read is within any days. */
function isWithin(first: string | undefined, last: string | undefined, from: number, until: number): boolean {
  const isLate = last !== undefined && Date.parse(last) < from;
  const isEarly = first !== undefined && Date.parse(first) >= until;
  return !isLate && !isEarly;
}
