import type { Operation } from '../call';
import { renderFolder } from '../properties/render-folder';
import { parseShape } from '../properties/shape';
import { child } from '../xml/element';
import { resolveFolder } from './resolve';
import { respondEach } from './respond';
import { checkSequence } from './schema-check';

/** @see MS-OXWSFOLD 3.1.4.6 GetFolder */
export const getFolder: Operation = async (call, request, answer) => {
  checkSequence(request, ['FolderShape', 'FolderIds'], ['FolderShape', 'FolderIds']);
  const shape = parseShape(child(request, 'FolderShape'));
  await respondEach(
    call,
    answer,
    'GetFolder',
    child(request, 'FolderIds')?.children ?? [],
    'm:Folders',
    (element) => {
      const { mailbox, folder } = resolveFolder(call, element);
      return () => {
        answer.open('m:Folders');
        renderFolder(answer, mailbox, folder, shape);
        answer.close('m:Folders');
      };
    },
  );
};
