import { Fault } from '../../../domain/faults';
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

/**
 * All folders of the mailbox, in the server's order. Each page begins with the last folder of the one before: a folder that went between
 * two pages would shift another past the place, and who is not listed is taken for deleted.
 *
 * @throws Fault `retryable` where the list changed meanwhile, or the server names no place to go on from
 * @see MS-OXWSFOLD FindFolder, Traversal Deep
 */
export async function findFolders(
  session: Session,
  properties: readonly PropertyUri[],
  signal: AbortSignal,
): Promise<ListedFolder[]> {
  const found = new Map<string, ListedFolder>();
  let last: string | undefined;
  for (let offset = 0; ;) {
    const [message] = await session.messages(findFolderXml(session, properties, offset), signal);
    const refusal = message && refusalOf(message);
    if (refusal) throw refusal;
    const root = descend(message, 'RootFolder');
    if (!root) throw new UnevenAnswer();
    const page = contents(root);
    const [first] = page;
    if (last !== undefined && idOf(first)?.id !== last) throw changedWhileListed();
    for (const each of page.flatMap((one) => listedFolder(one) ?? [])) found.set(each.id, each);
    if (isTrue(root.attributes['IncludesLastItemInRange'] ?? 'true')) return [...found.values()];
    const next = Number(root.attributes['IndexedPagingOffset'] ?? offset + page.length) - 1;
    // A server that names no further place would be asked for ever.
    if (!(next > offset)) throw new UnevenAnswer();
    last = idOf(page.at(-1))?.id;
    offset = next;
  }
}

function changedWhileListed(): Fault {
  const message = 'The folders of the mailbox changed while they were listed.';
  return new Fault({ kind: 'retryable' }, { code: 'ChangedWhileListed', remedy: 'none', message });
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
