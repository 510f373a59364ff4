import { z } from 'zod';
import type { WellKnownFolder } from '../../domain/mailbox';
import type { PlannedFolder } from '../connector';
import { mailporterSet } from './item/stamp';
import { findFolders } from './operations/find-folder';
import { wellKnownFolders } from './operations/get-folder';
import type { Session } from './session';
import type { PropertyUri } from './soap/envelope';
import { propertyOf } from './soap/property';

/** Our mark on a target folder: whose copy it is, and what name and parent we gave it last. */
export interface FolderMark {
  /** The source folder's key. */
  k: string;
  /** The source's name and the target parent's id when we last followed the source. */
  n: string;
  p: string;
}

const markSchema = z.object({ k: z.string(), n: z.string(), p: z.string() });

export function folderMarkUri(pairId: string): PropertyUri {
  return { guid: mailporterSet, name: folderMarkName(pairId), type: 'String' };
}

export function folderMarkName(pairId: string): string {
  return `folder ${pairId}`;
}

export interface IndexedFolder {
  id: string;
  parentId: string;
  name: string;
  folderClass: string;
  isSearch: boolean;
  wellKnown?: WellKnownFolder;
  mark?: FolderMark;
}

/** The target's folders as they were listed, kept up to date with what is made since. */
export interface FolderIndex {
  rootId: string;
  folders: Map<string, IndexedFolder>;
}

export async function readFolderIndex(
  session: Session,
  rootId: string,
  pairId: string,
  signal: AbortSignal,
): Promise<FolderIndex> {
  const uri = folderMarkUri(pairId);
  const known = await wellKnownFolders(session, signal);
  const folders = new Map<string, IndexedFolder>();
  for (const each of await findFolders(session, [uri], signal)) {
    const { id, parentId, name, folderClass, isSearch } = each;
    const wellKnown = known.get(id);
    const mark = markOf(propertyOf(each.element, uri));
    folders.set(id, {
      ...{ id, parentId, name, folderClass, isSearch },
      ...(wellKnown ? { wellKnown } : {}),
      ...(mark ? { mark } : {}),
    });
  }
  return { rootId, folders };
}

function markOf(value: string | undefined): FolderMark | undefined {
  if (value === undefined) return undefined;
  try {
    return markSchema.parse(JSON.parse(value));
  } catch {
    return undefined;
  }
}

/** The folder that already is the planned one's copy; of several (a user copied one) the well-known, then the first by id. */
export function markedFolder(index: FolderIndex, planned: PlannedFolder): IndexedFolder | undefined {
  const marked = marksOf(index, planned.sourceKey);
  if (marked.length === 0 && planned.replaces !== undefined) marked.push(...marksOf(index, planned.replaces));
  marked.sort(
    (a, b) => Number(b.wellKnown !== undefined) - Number(a.wellKnown !== undefined) || (a.id < b.id ? -1 : 1),
  );
  return marked[0];
}

function marksOf(index: FolderIndex, sourceKey: string): IndexedFolder[] {
  return [...index.folders.values()].filter((each) => each.mark?.k === sourceKey);
}

/** A folder nobody's copy yet that may become the planned one's: by role, then by name under its parent. */
export function matchingFolder(index: FolderIndex, planned: PlannedFolder): IndexedFolder | undefined {
  const free = [...index.folders.values()].filter((each) => !each.mark && !each.isSearch);
  const byRole = planned.wellKnown && free.find((each) => each.wellKnown === planned.wellKnown);
  if (byRole) return byRole;
  const parentId = planned.parent?.id ?? index.rootId;
  return free.find(
    (each) =>
      each.parentId === parentId &&
      sameName(each.name, planned.name) &&
      family(each.folderClass) === family(planned.folderClass),
  );
}

/** Exchange compares names of folders without regard to letter case. */
function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** What a folder is for; a folder without a class is for mail. */
export function family(folderClass: string): string {
  return folderClass.toUpperCase().split('.')[1] ?? 'NOTE';
}

const longestName = 250;

/** The planned name, or where it is taken under the parent, the first free one with a number behind it. */
export function freeName(index: FolderIndex, planned: PlannedFolder): string {
  const parentId = planned.parent?.id ?? index.rootId;
  const taken = new Set(
    [...index.folders.values()]
      .filter((each) => each.parentId === parentId)
      .map((each) => each.name.toLowerCase()),
  );
  const wanted = planned.name.trim().slice(0, longestName) || 'Untitled';
  let name = wanted;
  for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${wanted} (${number})`;
  return name;
}
