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
  const copied = [...known.values()].reduce((sum, { counters }) => sum + inTarget(counters), 0);
  if (copied === 0 || listed.some(({ itemCount }) => itemCount > 0)) return;
  throw stopped(
    'SourceEmpty',
    `the source mailbox lists as empty, while ${copied} items were copied from it before`,
  );
}

/**
 * A mailbox whose Inbox is another folder than before was replaced or restored: all its items have new keys, and would be put again
 * beside those that were copied.
 *
 * @throws Fault `fatal` with `checkSourceMailbox`
 */
export function refuseReplaced(
  listed: readonly SourceFolder[],
  known: ReadonlyMap<string, FolderDocument>,
): void {
  const keys = new Set(listed.map(({ key }) => key));
  for (const { folderKey, plan, counters } of known.values()) {
    const { wellKnown } = plan;
    if (wellKnown === undefined || !lasting.includes(wellKnown) || inTarget(counters) === 0) continue;
    if (keys.has(folderKey) || !listed.some((folder) => folder.wellKnown === wellKnown)) continue;
    const what = `its ${wellKnown} is another folder than the one ${inTarget(counters)} items were copied from`;
    throw stopped('SourceReplaced', `the source mailbox was replaced or restored: ${what}`);
  }
}

/** Says that an administrator has to look after the source, with nothing done. */
export function stopped(code: string, message: string): Fault {
  return new Fault({ kind: 'fatal', side: 'source' }, { code, remedy: 'checkSourceMailbox', message }, true);
}
