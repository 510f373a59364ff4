import type { SourceFolder } from '../connectors/connector';
import { Fault } from '../domain/faults';
import { inTarget } from '../domain/item-counts';
import type { WellKnownFolder } from '../domain/mailbox';
import type { FolderDocument } from './ledger';

/** Folders that every mailbox has for as long as it lives; nobody can remove them or give their role to another. */
const lasting: readonly WellKnownFolder[] = ['inbox', 'calendar', 'contacts'];

/**
 * A mailbox that was full and lists as empty was not emptied by its user while he moves it.
 *
 * @throws Fault `fatal` with `checkSourceMailbox`
 */
export function refuseEmptied(
  listed: readonly SourceFolder[],
  known: ReadonlyMap<string, FolderDocument>,
): void {
  const copied = copiedFrom(known.values());
  if (copied === 0 || listed.some(({ itemCount }) => itemCount > 0)) return;
  throw stopped(
    'SourceEmpty',
    `The source mailbox lists as empty, while ${copied} items were copied from it before.`,
  );
}

/** A source whose lasting folders are others than before. */
export interface Replacement {
  /** The folder that is the Inbox (or the next of `lasting` that is another) now: another replacement has another. */
  key: string;
  /** `fatal` with `acceptSourceMailbox`. */
  fault: Fault;
}

/**
 * A mailbox whose Inbox is another folder than before was replaced or restored: all its items have new keys, and are put again
 * beside those that were copied until `followGone` has matched them. Somebody has to say first that it is the right one.
 *
 * @returns absent too where nothing was copied yet, and once the mailbox was planned as it is now and nothing that was copied from a
 *   lasting folder of before is left
 */
export function replacementOf(
  listed: readonly SourceFolder[],
  known: ReadonlyMap<string, FolderDocument>,
): Replacement | undefined {
  const copied = copiedFrom(known.values());
  const keys = new Set(listed.map(({ key }) => key));
  const unlisted = [...known.values()].filter(({ folderKey }) => !keys.has(folderKey));
  const replaced = lasting.flatMap((role) => {
    const now = listed.find(({ wellKnown }) => wellKnown === role);
    const before = unlisted.filter(({ plan }) => plan.wellKnown === role);
    return now !== undefined && before.length > 0 ? { role, key: now.key, before } : [];
  });
  const [first] = replaced;
  const isOpen = ({ plan, counters }: FolderDocument) => inTarget(counters) > 0 || !plan.gone;
  if (first === undefined || copied === 0 || !replaced.some(({ before }) => before.some(isOpen)))
    return undefined;
  const what = `its ${first.role} is another folder than before, and ${copied} items of the mailbox were copied`;
  const message = `The source mailbox was replaced or restored: ${what}.`;
  return { key: first.key, fault: stopped('SourceReplaced', message, 'acceptSourceMailbox') };
}

function copiedFrom(folders: Iterable<FolderDocument>): number {
  return [...folders].reduce((sum, { counters }) => sum + inTarget(counters), 0);
}

/**
 * Which folder that went each listed folder of a replaced mailbox takes the place of: that of its role, else of its name under the same
 * parent. A folder without one is new.
 *
 * @param listed parents before children
 */
export function successorsOf(
  listed: readonly SourceFolder[],
  known: ReadonlyMap<string, FolderDocument>,
): Map<string, string> {
  const keys = new Set(listed.map(({ key }) => key));
  const gone = [...known.values()].filter(({ folderKey }) => !keys.has(folderKey));
  const successors = new Map<string, string>();
  const taken = new Set<string>();
  for (const { key, name, parentKey, wellKnown } of listed.filter((folder) => !known.has(folder.key))) {
    const parent = parentKey === undefined ? undefined : (successors.get(parentKey) ?? parentKey);
    const isBefore = ({ folderKey, plan }: FolderDocument) =>
      !taken.has(folderKey) &&
      (wellKnown === undefined
        ? plan.wellKnown === undefined && plan.name === name && plan.parentKey === parent
        : plan.wellKnown === wellKnown);
    const before = gone.find(isBefore);
    if (before === undefined) continue;
    taken.add(before.folderKey);
    successors.set(key, before.folderKey);
  }
  return successors;
}

/** Says that an administrator has to look after the source, with nothing done. */
export function stopped(
  code: string,
  message: string,
  remedy: 'checkSourceMailbox' | 'acceptSourceMailbox' = 'checkSourceMailbox',
): Fault {
  return new Fault({ kind: 'fatal', side: 'source' }, { code, remedy, message }, true);
}
