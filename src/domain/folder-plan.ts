import type { ItemKind } from './mailbox';

/**
 * Folders in an order in which each comes after its parent, otherwise as given. A parent that is not among them, or that is its own
 * ancestor, does not hold anybody up.
 */
export function parentsFirst<Folder extends { key: string; parentKey?: string }>(
  folders: readonly Folder[],
): Folder[] {
  const byKey = new Map(folders.map((folder) => [folder.key, folder]));
  const placed = new Set<string>();
  const ordered: Folder[] = [];
  for (const folder of folders) {
    const line: Folder[] = [];
    const inLine = new Set<string>();
    for (let next: Folder | undefined = folder; next && !placed.has(next.key) && !inLine.has(next.key);) {
      line.push(next);
      inLine.add(next.key);
      next = next.parentKey === undefined ? undefined : byKey.get(next.parentKey);
    }
    for (const one of line.reverse()) {
      placed.add(one.key);
      ordered.push(one);
    }
  }
  return ordered;
}

/**
 * What kind of items a folder is for.
 *
 * @param folderClass a MAPI container class such as `IPF.Note`; case-insensitive, empty means mail
 * @see MS-OXOSFLD 2.2.3
 */
export function kindOfFolderClass(folderClass: string): ItemKind {
  const upper = folderClass.toUpperCase();
  const is = (prefix: string) => upper === prefix || upper.startsWith(`${prefix}.`);
  if (upper === '' || is('IPF.NOTE')) return 'mail';
  if (is('IPF.APPOINTMENT')) return 'calendar';
  if (is('IPF.CONTACT')) return 'contacts';
  if (is('IPF.TASK')) return 'tasks';
  if (is('IPF.STICKYNOTE')) return 'notes';
  return 'other';
}
