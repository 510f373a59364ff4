import { descend, textOf, type Element } from '../soap/element';
import { shapeXml, type PropertyUri } from '../soap/envelope';
import { contents, idOf, isTrue, refusalOf } from '../soap/message';
import type { Session } from '../session';
import { UnevenAnswer } from './get-item';

const pageSize = 500;

/** A folder below the top of the user's folders, as the server lists it. */
export interface ListedFolder {
  id: string;
  changeKey: string;
  parentId: string;
  name: string;
  folderClass: string;
  itemCount: number;
  isSearch: boolean;
  element: Element;
}

/** All folders of the mailbox, in the server's order. @see MS-OXWSFOLD FindFolder, Traversal Deep */
export async function findFolders(
  session: Session,
  properties: readonly PropertyUri[],
  signal: AbortSignal,
): Promise<ListedFolder[]> {
  const found = new Map<string, ListedFolder>();
  for (let offset = 0; ;) {
    const [message] = await session.messages(findFolderXml(session, properties, offset), signal);
    const refusal = message && refusalOf(message);
    if (refusal) throw refusal;
    const root = descend(message, 'RootFolder');
    if (!root) throw new UnevenAnswer();
    const page = contents(root).flatMap((each) => listedFolder(each) ?? []);
    for (const each of page) found.set(each.id, each);
    const next = Number(root.attributes['IndexedPagingOffset'] ?? offset + page.length);
    // A server that names no further place would be asked for ever.
    if (isTrue(root.attributes['IncludesLastItemInRange'] ?? 'true') || !(next > offset))
      return [...found.values()];
    offset = next;
  }
}

function findFolderXml(session: Session, properties: readonly PropertyUri[], offset: number): string {
  const fields = ['folder:ParentFolderId', 'folder:DisplayName', 'folder:FolderClass', 'folder:TotalCount'];
  return (
    `<m:FindFolder Traversal="Deep">${shapeXml('FolderShape', { fields, properties })}` +
    `<m:IndexedPageFolderView MaxEntriesReturned="${pageSize}" Offset="${offset}" BasePoint="Beginning"/>` +
    `<m:ParentFolderIds>${session.distinguished('msgfolderroot')}</m:ParentFolderIds></m:FindFolder>`
  );
}

function listedFolder(element: Element): ListedFolder | undefined {
  const found = idOf(element);
  const parentId = element.children.find((each) => each.name === 'ParentFolderId')?.attributes['Id'];
  if (!found || parentId === undefined) return undefined;
  return {
    ...found,
    parentId,
    name: textOf(element, 'DisplayName') ?? '',
    folderClass: textOf(element, 'FolderClass') ?? '',
    itemCount: Math.max(0, Number(textOf(element, 'TotalCount') ?? 0) || 0),
    isSearch: element.name === 'SearchFolder',
    element,
  };
}
