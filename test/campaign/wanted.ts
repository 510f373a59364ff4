import type { Filter, ItemKind, Journey } from './journey';
import type { CountedFolder, CountedItem, Wanted } from './oracle';

/** What a journey takes of a mailbox, by the words of the batch's form alone. */
export function wantedBy({ filter, followDeletions }: Journey, folders: readonly CountedFolder[]): Wanted {
  const classes = new Map(folders.map(({ path, folderClass }) => [path, folderClass]));
  return {
    followDeletions,
    takes: (item) => {
      if (!takesFolder(filter, item.path, classes.get(item.path) ?? '')) return 'no';
      return takesItem(filter, item);
    },
  };
}

/** Whether the filter takes anything of a folder. */
export function takesFolder(filter: Filter, path: string, folderClass: string): boolean {
  const isUnder = (top: string) => path === top || path.startsWith(`${top}/`);
  if (!filter.deletedItems && isUnder('/Deleted Items')) return false;
  if (!filter.junkEmail && isUnder('/Junk Email')) return false;
  if (filter.folderLeftOut !== undefined && isUnder(`/${filter.folderLeftOut}`)) return false;
  return path === '/Deleted Items' || takesKind(filter, folderKind(folderClass));
}

function takesItem(filter: Filter, { facts }: CountedItem): ReturnType<Wanted['takes']> {
  if (facts === undefined) return 'either';
  const kind = kindOf(facts.itemClass);
  if (!takesKind(filter, kind)) return 'no';
  const { greatestMegabytes, fromDate, toDate } = filter;
  if (greatestMegabytes !== undefined && facts.sizeBytes === null) return 'either';
  if (greatestMegabytes !== undefined && (facts.sizeBytes ?? 0) > Math.round(greatestMegabytes * 1_000_000))
    return 'no';
  const hasAge = kind === 'mail' || kind === 'calendar' || kind === 'other';
  if (!hasAge || facts.date === null || (fromDate === undefined && toDate === undefined)) return 'yes';
  // When the last occurrence of a series is, this oracle does not reckon.
  if (facts.isSeries) return 'either';
  const day = facts.date.slice(0, 10);
  return day >= (fromDate ?? '') && (toDate === undefined || day <= toDate) ? 'yes' : 'no';
}

function takesKind({ kinds }: Filter, kind: ItemKind): boolean {
  return kinds.length === 0 || kinds.includes(kind);
}

const folderKinds: readonly [RegExp, ItemKind][] = [
  [/^(IPF\.Note(\..*)?)?$/i, 'mail'],
  [/^IPF\.Appointment/i, 'calendar'],
  [/^IPF\.Contact/i, 'contacts'],
  [/^IPF\.Task/i, 'tasks'],
  [/^IPF\.StickyNote/i, 'notes'],
];
const itemKindsByClass: readonly [RegExp, ItemKind][] = [
  [/^IPM\.Appointment(\.|$)/i, 'calendar'],
  [/^IPM\.(Contact|DistList)(\.|$)/i, 'contacts'],
  [/^IPM\.Task(\.|$)/i, 'tasks'],
  [/^IPM\.StickyNote(\.|$)/i, 'notes'],
  [/^(IPM\.(Note|Schedule|Post)|REPORT)(\.|$)/i, 'mail'],
];

const folderKind = (folderClass: string) => firstOf(folderKinds, folderClass);
const kindOf = (itemClass: string) => firstOf(itemKindsByClass, itemClass);

function firstOf(kinds: readonly [RegExp, ItemKind][], name: string): ItemKind {
  return kinds.find(([pattern]) => pattern.test(name))?.[1] ?? 'other';
}
