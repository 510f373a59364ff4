import type { Random } from '../../sandbox/exchange/random';
import { drawChanges, type SourceChange } from './changes';

/** The kinds of items, as the batch's form names them. */
export const itemKinds = ['mail', 'calendar', 'contacts', 'tasks', 'notes', 'other'] as const;
export type ItemKind = (typeof itemKinds)[number];

/** What a batch leaves out. */
export interface Filter {
  kinds: ItemKind[];
  deletedItems: boolean;
  junkEmail: boolean;
  /** Days; absent: no limit. */
  fromDate?: string;
  toDate?: string;
  greatestMegabytes?: number;
  /** A path as the form takes it. */
  folderLeftOut?: string;
}

/** How a mailbox is moved: in one pass or in several, with what its user does between them. */
export interface Journey {
  filter: Filter;
  followDeletions: boolean;
  /** The first pass takes only what is older than this day. */
  prestageOlderThan?: string;
  /** A delta pass follows each of these; then the cut-over. Absent: one pass. */
  between?: SourceChange[][];
}

export const everything: Filter = { kinds: [...itemKinds], deletedItems: true, junkEmail: true };

/** Half of the mailboxes are moved as a batch that nobody has edited: everything, in one pass. */
export function drawJourney(random: Random): Journey {
  if (random.chance(0.5)) return { filter: everything, followDeletions: false };
  const filter = random.chance(0.5) ? drawFilter(random) : everything;
  if (random.chance(0.3)) return { filter, followDeletions: random.chance(0.5) };
  const { fromDate = '' } = filter;
  const day = drawDay(random);
  return {
    filter,
    followDeletions: random.chance(0.5),
    ...(random.chance(0.4) && day > fromDate ? { prestageOlderThan: day } : {}),
    between: Array.from({ length: random.int(1, 2) }, () => drawChanges(random, 8)),
  };
}

export function isPlain({ filter, followDeletions, between }: Journey): boolean {
  return JSON.stringify(filter) === JSON.stringify(everything) && !followDeletions && between === undefined;
}

/** Passes from the first to the cut-over. */
export function passesOf({ between }: Journey): number {
  return between === undefined ? 1 : 2 + between.length;
}

function drawFilter(random: Random): Filter {
  const from = random.chance(0.25) ? { fromDate: drawDay(random) } : {};
  const to = drawDay(random);
  return {
    kinds: random.chance(0.3) ? itemKinds.filter(() => random.chance(0.6)) : [...itemKinds],
    deletedItems: random.chance(0.7),
    junkEmail: random.chance(0.7),
    ...from,
    ...(random.chance(0.25) && to > (from.fromDate ?? '') ? { toDate: to } : {}),
    ...(random.chance(0.3) ? { greatestMegabytes: random.int(4, 200) / 1000 } : {}),
    ...(random.chance(0.25)
      ? {
          folderLeftOut: random.pick(['Projects', 'Archive', 'Inbox/Kunden', 'Posteingang', 'Team calendar']),
        }
      : {}),
  };
}

/** Of the years that a sample mailbox holds. */
function drawDay(random: Random): string {
  return `${random.int(2019, 2025)}-0${random.int(1, 9)}-1${random.int(0, 9)}`;
}

/** As the batch's form is filled in. */
export function formOf({
  filter,
  followDeletions,
  prestageOlderThan,
  between,
}: Journey): Record<string, string> {
  return {
    revision: '0',
    cutOver: between === undefined ? 'atOnce' : 'byHand',
    prestageOlderThan: prestageOlderThan ?? '',
    followDeletions: followDeletions ? '1' : '',
    kinds: (filter.kinds.length === 0 ? itemKinds : filter.kinds).join(' '),
    deletedItems: filter.deletedItems ? '1' : '',
    junkEmail: filter.junkEmail ? '1' : '',
    fromDate: filter.fromDate ?? '',
    toDate: filter.toDate ?? '',
    greatestSize: filter.greatestMegabytes === undefined ? '' : String(filter.greatestMegabytes),
    foldersLeftOut: filter.folderLeftOut ?? '',
  };
}
