import type { WellKnownFolder } from '../../../domain/mailbox';
import { child, textOf, type Element } from '../soap/element';
import { folderIdXml, shapeXml, type ShapeOptions } from '../soap/envelope';
import { contents, idOf, isTrue, refusalOf } from '../soap/message';
import type { Session } from '../session';
import { matched, UnevenAnswer } from './get-item';

/** One folder; the top of the user's folders where no id is given. @see MS-OXWSFOLD GetFolder */
export async function getFolder(
  session: Session,
  id: string | undefined,
  shape: ShapeOptions,
  signal: AbortSignal,
): Promise<Element> {
  const which = id === undefined ? session.distinguished('msgfolderroot') : folderIdXml(id);
  const [message] = await session.messages(getFolderXml(shape, which), signal);
  const refusal = message && refusalOf(message);
  if (refusal) throw refusal;
  const folder = message && contents(message)[0];
  if (!folder) throw new UnevenAnswer();
  return folder;
}

/** Whether the one who signed in may put items into a folder. @see MS-OXWSCDATA EffectiveRightsType */
export async function mayPutInto(session: Session, id: string, signal: AbortSignal): Promise<boolean> {
  const folder = await getFolder(session, id, { fields: ['folder:EffectiveRights'] }, signal);
  return isTrue(textOf(child(folder, 'EffectiveRights'), 'CreateContents'));
}

/** Distinguished names that every schema from Exchange 2013 on knows; `archive` came later and is found by its name. */
const distinguishedNames: readonly (readonly [WellKnownFolder, string])[] = [
  ['inbox', 'inbox'],
  ['drafts', 'drafts'],
  ['sentItems', 'sentitems'],
  ['deletedItems', 'deleteditems'],
  ['junkEmail', 'junkemail'],
  ['outbox', 'outbox'],
  ['calendar', 'calendar'],
  ['contacts', 'contacts'],
  ['tasks', 'tasks'],
  ['notes', 'notes'],
  ['journal', 'journal'],
];

/** Ids of the folders every mailbox may have; absent where this one has none. */
export async function wellKnownFolders(
  session: Session,
  signal: AbortSignal,
): Promise<Map<string, WellKnownFolder>> {
  const which = distinguishedNames.map(([, name]) => session.distinguished(name)).join('');
  const messages = matched(
    await session.messages(getFolderXml({}, which), signal),
    distinguishedNames.length,
  );
  const found = new Map<string, WellKnownFolder>();
  messages.forEach((message, index) => {
    const refusal = refusalOf(message);
    if (refusal && refusal.code !== 'ErrorFolderNotFound' && refusal.code !== 'ErrorItemNotFound')
      throw refusal;
    const folder = idOf(contents(message)[0]);
    const known = distinguishedNames[index]?.[0];
    if (folder && known) found.set(folder.id, known);
  });
  return found;
}

function getFolderXml(shape: ShapeOptions, ids: string): string {
  return `<m:GetFolder>${shapeXml('FolderShape', shape)}<m:FolderIds>${ids}</m:FolderIds></m:GetFolder>`;
}
