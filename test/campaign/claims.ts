import type { Filter } from './journey';
import type { CountedFolder, CountedItem, Verdict } from './oracle';
import { takesFolder } from './wanted';

/** What the report of a mail user says, as far as an oracle can count it too: `docs/reports.md`. */
export interface Told {
  sums: Record<'found' | 'copied' | 'alreadyThere' | 'filtered' | 'skipped' | 'failed' | 'remaining', number>;
  migration: { verified?: Record<string, number> };
}

/** Where the figures of the report are not what was counted from outside. */
export function falseFigures(
  { sums, migration }: Told,
  verdict: Verdict,
  target: readonly CountedItem[],
  named: ReadonlySet<string>,
): string[] {
  const keys = new Set(target.flatMap(({ key }) => (key === null || named.has(key) ? [] : [key])));
  const { copied, alreadyThere, filtered, skipped, failed, found, remaining } = sums;
  const counted: [string, number, number][] = [
    ['in the target', copied + alreadyThere, keys.size + verdict.removed.length],
    ['left out', filtered, verdict.filtered.length],
    ['skipped or failed', skipped + failed, named.size],
    ['found', found, copied + alreadyThere + filtered + skipped + failed],
    ['still to do', remaining, 0],
    ...['missing', 'unrecorded', 'doubled', 'different'].map((word): [string, number, number] => [
      word,
      migration.verified?.[word] ?? 0,
      0,
    ]),
  ];
  return counted.flatMap(([what, told, truth]) =>
    told === truth ? [] : [`${what}: the report says ${told}, it is ${truth}`],
  );
}

export interface Trees {
  source: readonly CountedFolder[];
  target: readonly CountedFolder[];
  /** Paths that a mailbox has before anything is copied to it. */
  fresh: ReadonlySet<string>;
  filter: Filter;
  /**
   * Whether folders of the target were deleted meanwhile: those that nothing was put into since may be away, and one whose parent was
   * away when something was put into it is made under the root.
   */
  isPruned: boolean;
}

/** Folders that the target lacks, has of another kind, or has beside those of the source. */
export function wrongFolders({ source, target, fresh, filter, isPruned }: Trees): string[] {
  const there = new Map(target.map(({ path, folderClass }) => [path, folderClass]));
  const known = new Set(source.map(({ path }) => path));
  const wanted = source.filter(({ path, folderClass }) => takesFolder(filter, path, folderClass));
  const missing = isPruned ? [] : wanted.filter(({ path }) => !there.has(path));
  const other = wanted.filter(({ path, folderClass }) => there.has(path) && there.get(path) !== folderClass);
  const isOrphan = (path: string) => isPruned && [...known].some((wanted) => wanted.endsWith(path));
  const extra = target.filter(({ path }) => !known.has(path) && !fresh.has(path) && !isOrphan(path));
  return [
    ...missing.map(({ path }) => `the target lacks the folder ${path}`),
    ...other.map(({ path }) => `the folder ${path} is of another kind`),
    ...extra.map(({ path }) => `the target has a folder ${path}`),
  ];
}
