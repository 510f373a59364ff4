import { kindOfItemClass, type ItemKind } from './mailbox';

/** What is to be copied, as forms make it and workflows carry it. What is absent, and an empty list, leaves nothing out. */
export interface FilterSpec {
  /**
   * Mail and appointments dated on this day or later; `YYYY-MM-DD`, days begin at 00:00 UTC. A series counts by its last occurrence.
   * Contacts, tasks and notes have no age, and what has no date is copied.
   */
  fromDate?: string;
  /** The same dated on this day or earlier; a series counts by its first occurrence. */
  toDate?: string;
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
  const { fromDate, toDate, greatestSizeBytes } = spec;
  const kinds = spec.kinds?.length ? spec.kinds : undefined;
  return {
    hash: hashOf([fromDate, toDate, kinds && [...kinds].sort().join(' '), greatestSizeBytes]),
    accepts: ({ date, lastDate = date, itemClass, sizeBytes }) => {
      const kind = kindOfItemClass(itemClass);
      return (
        (ageless.includes(kind) || isWithin(dayOf(date), dayOf(lastDate), fromDate, toDate)) &&
        (kinds === undefined || kinds.includes(kind)) &&
        (greatestSizeBytes === undefined || sizeBytes <= greatestSizeBytes)
      );
    },
  };
}

const ageless: readonly ItemKind[] = ['contacts', 'tasks', 'notes'];

function hashOf(parts: readonly (string | number | undefined)[]): string {
  return parts.every((part) => part === undefined) ? 'everything' : JSON.stringify(parts);
}

function dayOf(date: string | undefined): string | undefined {
  return date?.slice(0, 10);
}

function isWithin(first: string | undefined, last: string | undefined, from?: string, to?: string): boolean {
  const isLate = last !== undefined && from !== undefined && last < from;
  const isEarly = first !== undefined && to !== undefined && first > to;
  return !isLate && !isEarly;
}
