/** What is to be copied, as the workflow carries it. `everything` leaves nothing out. */
export interface FilterSpec {
  kind: 'everything';
}

/** What a listing says of an item. */
export interface FilteredItem {
  sizeBytes: number;
  itemClass: string;
  /** ISO 8601. */
  date?: string;
}

/** A filter at work. Where `hash` differs from that of the watermark the source is listed from the beginning. */
export interface ItemFilter {
  /** The same for filters that leave out the same. */
  readonly hash: string;
  accepts(item: FilteredItem): boolean;
}

export function itemFilter(spec: FilterSpec): ItemFilter {
  return { hash: spec.kind, accepts: () => true };
}
