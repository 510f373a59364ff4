import { kindOfItemClass, type ItemKind } from './mailbox';

/** What is to be copied, as forms make it and workflows carry it. What is absent leaves nothing out. */
export interface FilterSpec {
  /** Items dated on this day or later; `YYYY-MM-DD`, days begin at 00:00 UTC. What has no date is copied. */
  fromDate?: string;
  /** Items dated on this day or earlier. */
  toDate?: string;
  /** Only items of these kinds. */
  kinds?: ItemKind[];
  /** Only items up to this size as the source states it. */
  greatestSizeBytes?: number;
  /** Only these folders and what is under them: names from the mailbox's root, joined by `/`, compared without regard to case. */
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
}

/** A filter at work. Where `hash` differs from that of the watermark the source is listed from the beginning. */
export interface ItemFilter {
  /** The same for filters that leave out the same items. */
  readonly hash: string;
  accepts(item: FilteredItem): boolean;
}

export function itemFilter({ fromDate, toDate, kinds, greatestSizeBytes }: FilterSpec): ItemFilter {
  return {
    hash: hashOf([fromDate, toDate, kinds && [...kinds].sort().join(' '), greatestSizeBytes]),
    accepts: ({ date, itemClass, sizeBytes }) =>
      isWithin(date?.slice(0, 10), fromDate, toDate) &&
      (kinds === undefined || kinds.includes(kindOfItemClass(itemClass))) &&
      (greatestSizeBytes === undefined || sizeBytes <= greatestSizeBytes),
  };
}

function hashOf(parts: readonly (string | number | undefined)[]): string {
  return parts.every((part) => part === undefined) ? 'everything' : JSON.stringify(parts);
}

function isWithin(day: string | undefined, from: string | undefined, to: string | undefined): boolean {
  if (day === undefined) return true;
  return (from === undefined || day >= from) && (to === undefined || day <= to);
}
