import { kindOfFolderClass } from './folder-plan';
import type { FilterSpec } from './item-filter';
import type { WellKnownFolder } from './mailbox';

/** What a filter asks of a folder. */
export interface FilteredFolder {
  key: string;
  parentKey?: string;
  name: string;
  wellKnown?: WellKnownFolder;
  folderClass: string;
}

/**
 * - `copied`: its items are, as far as the item filter accepts them.
 * - `passage`: its items are left out; it is made in the target for the sake of a folder under it.
 * - `leftOut`: its items are left out, and it is not made in the target.
 */
export type FolderChoice = 'copied' | 'passage' | 'leftOut';

/**
 * What becomes of each folder of a mailbox under a filter, by key.
 *
 * A path names folders from the mailbox's root, joined by `/`, compared without regard to letter case, to Unicode form and to blanks
 * around the names; `\/` stands for a slash in a name and `\\` for a backslash. Its first name may be that of the folder, in whatever
 * language, or the English one of its role, such as `Inbox` or `Sent Items`. A path chooses the folder and what is under it.
 */
export function chooseFolders(
  spec: FilterSpec,
  folders: readonly FilteredFolder[],
): Map<string, FolderChoice> {
  const byKey = new Map(folders.map((folder) => [folder.key, folder]));
  const accepts = acceptance(spec);
  const choices = new Map<string, FolderChoice>(folders.map(({ key }) => [key, 'leftOut']));
  for (const folder of folders) {
    const line = lineOf(folder, byKey);
    if (!accepts(line)) continue;
    choices.set(folder.key, 'copied');
    for (const { key } of line) if (choices.get(key) === 'leftOut') choices.set(key, 'passage');
  }
  return choices;
}

/** @returns whether a folder's items are looked at, given it with those it lies in, from the root down */
function acceptance(spec: FilterSpec): (line: readonly FilteredFolder[]) => boolean {
  const only = pathsOf(spec.onlyFolders);
  const leftOut = pathsOf(spec.leaveOutFolders);
  const kinds = spec.kinds?.length ? spec.kinds : undefined;
  return (line) => {
    const folder = line.at(-1);
    if (folder === undefined) return false;
    const isUnder = (role: WellKnownFolder) => line.some(({ wellKnown }) => wellKnown === role);
    if (!spec.deletedItems && isUnder('deletedItems')) return false;
    if (!spec.junkEmail && isUnder('junkEmail')) return false;
    if (leftOut.some((names) => begins(line, names))) return false;
    if (only.length > 0 && !only.some((names) => begins(line, names))) return false;
    const holdsAnything = folder.wellKnown === 'deletedItems';
    return kinds === undefined || holdsAnything || kinds.includes(kindOfFolderClass(folder.folderClass));
  };
}

/** A folder with all it lies in, from the root down; a parent that is not listed, or its own ancestor, ends the line. */
function lineOf(folder: FilteredFolder, byKey: ReadonlyMap<string, FilteredFolder>): FilteredFolder[] {
  const line: FilteredFolder[] = [];
  for (let at: FilteredFolder | undefined = folder; at && !line.includes(at);) {
    line.unshift(at);
    at = at.parentKey === undefined ? undefined : byKey.get(at.parentKey);
  }
  return line;
}

function pathsOf(paths: readonly string[] = []): string[][] {
  return paths.map(namesOf).filter((names) => names.length > 0);
}

/** The names of a path; blank ones, as before a leading slash, are left away. */
function namesOf(path: string): string[] {
  const names = (path.match(/(?:\\.|[^/\\]|\\$)+/gsu) ?? []).map((name) => name.replace(/\\(.)/gsu, '$1'));
  return names.map(comparable).filter((name) => name !== '');
}

function begins(line: readonly FilteredFolder[], names: readonly string[]): boolean {
  if (names.length > line.length) return false;
  return names.every((name, depth) => {
    const folder = line[depth];
    if (folder === undefined) return false;
    if (comparable(folder.name) === name) return true;
    return depth === 0 && folder.wellKnown !== undefined && roleNames[folder.wellKnown] === name;
  });
}

function comparable(name: string): string {
  return name.normalize('NFC').trim().toLowerCase();
}

const roleNames: Partial<Record<WellKnownFolder, string>> = {
  inbox: 'inbox',
  drafts: 'drafts',
  sentItems: 'sent items',
  deletedItems: 'deleted items',
  junkEmail: 'junk email',
  outbox: 'outbox',
  calendar: 'calendar',
  contacts: 'contacts',
  tasks: 'tasks',
  notes: 'notes',
  journal: 'journal',
  archive: 'archive',
};
