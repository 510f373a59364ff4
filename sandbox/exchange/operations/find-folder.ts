import type { Operation } from '../call';
import { renderFolder } from '../properties/render-folder';
import { folderMatcher } from '../properties/restriction';
import { parseShape } from '../properties/shape';
import type { Folder, Mailbox } from '../store/mailbox';
import { child } from '../xml/element';
import { pageOf, parsePaging } from './paging';
import { resolveFolder } from './resolve';
import { respondEach } from './respond';
import { checkSequence, enumAttribute } from './schema-check';

const FIND_LIMIT = 1000;

/** @see MS-OXWSFOLD 3.1.4.5 FindFolder */
export const findFolder: Operation = async (call, request, answer) => {
  checkSequence(
    request,
    ['FolderShape', 'IndexedPageFolderView', 'FractionalPageFolderView', 'Restriction', 'ParentFolderIds'],
    ['FolderShape', 'ParentFolderIds'],
  );
  const traversal = enumAttribute(request, 'Traversal', ['Shallow', 'Deep', 'SoftDeleted'] as const);
  const shape = parseShape(child(request, 'FolderShape'));
  const matches = folderMatcher(child(request, 'Restriction'));
  await respondEach(
    call,
    answer,
    'FindFolder',
    child(request, 'ParentFolderIds')?.children ?? [],
    undefined,
    (element) => {
      const { mailbox, folder } = resolveFolder(call, element);
      const found =
        traversal === 'SoftDeleted'
          ? []
          : below(mailbox, folder, traversal === 'Deep').filter((each) => matches(mailbox, each));
      const page = pageOf(found, parsePaging(request, found.length, FIND_LIMIT));
      return async () => {
        answer.open('m:RootFolder', {
          IndexedPagingOffset: String(page.nextOffset),
          TotalItemsInView: String(found.length),
          IncludesLastItemInRange: String(page.last),
        });
        answer.open('t:Folders');
        for (const each of page.entries) {
          renderFolder(answer, mailbox, each, shape);
          await answer.relieve();
        }
        answer.close('t:Folders');
        answer.close('m:RootFolder');
      };
    },
  );
};

/** Folders below another: only its children, or all of them, parents before children. */
export function below(mailbox: Mailbox, folder: Folder, deep: boolean): Folder[] {
  const children = mailbox.childrenOf(folder.record.counter);
  return deep ? children.flatMap((each) => [each, ...below(mailbox, each, true)]) : children;
}
