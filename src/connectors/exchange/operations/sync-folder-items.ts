import { child, textOf, type Element } from '../soap/element';
import { folderIdXml, shapeXml, type ShapeOptions } from '../soap/envelope';
import { idOf, isTrue, refusalOf } from '../soap/message';
import { escapeText } from '../soap/text';
import { EwsRefusal } from '../refusal';
import type { Session } from '../session';
import { UnevenAnswer } from './get-item';

/** The greatest page the operation gives. @see MS-OXWSSYNC SyncFolderItems MaxChangesReturned, 1..512 */
export const greatestPage = 512;

export interface SyncedChange {
  kind: 'made' | 'changed' | 'gone' | 'readFlag';
  id: string;
  changeKey: string;
  /** Of `made` and `changed`: the item as the shape asked for it. */
  item?: Element;
  /** Of `readFlag`. */
  read?: boolean;
}

export interface SyncedPage {
  changes: SyncedChange[];
  state: string;
  more: boolean;
  /** True where the state given no longer held: this is the first page of a list begun anew. */
  reset: boolean;
}

/** One page of changes since a state; without one from the beginning. Begins anew where the server knows the state no longer. */
export async function syncFolderItems(
  session: Session,
  folderId: string,
  state: string | undefined,
  shape: ShapeOptions,
  signal: AbortSignal,
): Promise<SyncedPage> {
  try {
    return { ...(await page(session, folderId, state, shape, signal)), reset: false };
  } catch (error) {
    if (state === undefined || !(error instanceof EwsRefusal) || !lostState.has(error.code)) throw error;
    return { ...(await page(session, folderId, undefined, shape, signal)), reset: true };
  }
}

const lostState = new Set(['ErrorInvalidSyncStateData', 'ErrorSyncStateNotFound']);

async function page(
  session: Session,
  folderId: string,
  state: string | undefined,
  shape: ShapeOptions,
  signal: AbortSignal,
): Promise<Omit<SyncedPage, 'reset'>> {
  const operation =
    `<m:SyncFolderItems>${shapeXml('ItemShape', shape)}<m:SyncFolderId>${folderIdXml(folderId)}</m:SyncFolderId>` +
    (state === undefined ? '' : `<m:SyncState>${escapeText(state)}</m:SyncState>`) +
    `<m:MaxChangesReturned>${greatestPage}</m:MaxChangesReturned><m:SyncScope>NormalItems</m:SyncScope></m:SyncFolderItems>`;
  const [message] = await session.messages(operation, signal);
  const next = textOf(message, 'SyncState');
  const refusal = message && refusalOf(message);
  if (refusal) throw refusal;
  if (!message || next === undefined) throw new UnevenAnswer();
  const changes = (child(message, 'Changes')?.children ?? []).flatMap((each) => changeOf(each) ?? []);
  return {
    changes: newestEach(changes),
    state: next,
    more: !isTrue(textOf(message, 'IncludesLastItemInRange')),
  };
}

const kinds: Readonly<Record<string, SyncedChange['kind']>> = {
  Create: 'made',
  Update: 'changed',
  Delete: 'gone',
  ReadFlagChange: 'readFlag',
};

function changeOf(change: Element): SyncedChange | undefined {
  const kind = kinds[change.name];
  const item = kind === 'made' || kind === 'changed' ? change.children[0] : undefined;
  const found = idOf(item ?? change);
  if (!kind || !found) return undefined;
  return {
    kind,
    ...found,
    ...(item ? { item } : {}),
    ...(kind === 'readFlag' ? { read: isTrue(textOf(change, 'IsRead')) } : {}),
  };
}

/** An id once, with its newest change, at that change's place; a read flag set on what has changed besides is part of that. */
function newestEach(changes: SyncedChange[]): SyncedChange[] {
  const last = new Map<string, SyncedChange>();
  for (const change of changes) {
    const before = last.get(change.id);
    const isPart = change.kind === 'readFlag' && before?.item !== undefined;
    last.delete(change.id);
    last.set(change.id, isPart ? { ...before, changeKey: change.changeKey } : change);
  }
  return [...last.values()];
}
