import type { Operation } from '../call';
import { EwsError } from '../errors';
import type { Folder, Mailbox } from '../store/mailbox';
import { child } from '../xml/element';
import { checkName } from './create-folder';
import { removeAs } from './delete-item';
import { below } from './find-folder';
import { renderFolder } from '../properties/render-folder';
import { ID_ONLY } from '../properties/shape';
import { onlyFolder, resolveFolder } from './resolve';
import { respondEach } from './respond';
import { checkSequence, enumAttribute } from './schema-check';

const TYPES = ['HardDelete', 'SoftDelete', 'MoveToDeletedItems'] as const;

/** @see MS-OXWSFOLD 3.1.4.3 DeleteFolder */
export const deleteFolder: Operation = async (call, request, answer) => {
  checkSequence(request, ['FolderIds'], ['FolderIds']);
  const type = enumAttribute(request, 'DeleteType', TYPES);
  await respondEach(
    call,
    answer,
    'DeleteFolder',
    child(request, 'FolderIds')?.children ?? [],
    undefined,
    (element) => {
      const { mailbox, folder } = resolveFolder(call, element);
      if (folder.record.distinguished)
        throw new EwsError('ErrorDeleteDistinguishedFolder', 'Distinguished folders cannot be deleted.');
      removeFolderAs(mailbox, folder, type);
      return () => undefined;
    },
  );
};

export function removeFolderAs(mailbox: Mailbox, folder: Folder, type: (typeof TYPES)[number]): void {
  const bin = mailbox.folderByName('deleteditems');
  if (type === 'MoveToDeletedItems' && bin && folder.record.parent !== bin.record.counter) {
    const taken = new Set(
      mailbox.childrenOf(bin.record.counter).map((each) => each.record.displayName.toLowerCase()),
    );
    let displayName = folder.record.displayName;
    for (let number = 1; taken.has(displayName.toLowerCase()); number++)
      displayName = `${folder.record.displayName}${number}`;
    mailbox.changeFolder(folder.record, { parent: bin.record.counter, displayName });
  } else mailbox.removeFolder(folder.record);
}

/** @see MS-OXWSFOLD 3.1.4.7 MoveFolder */
export const moveFolder: Operation = async (call, request, answer) => {
  checkSequence(request, ['ToFolderId', 'FolderIds'], ['ToFolderId', 'FolderIds']);
  const target = onlyFolder(call, child(request, 'ToFolderId'));
  await respondEach(
    call,
    answer,
    'MoveFolder',
    child(request, 'FolderIds')?.children ?? [],
    'm:Folders',
    (element) => {
      const { mailbox, folder } = resolveFolder(call, element);
      const inside = folder === target.folder || below(mailbox, folder, true).includes(target.folder);
      if (folder.record.distinguished || inside || mailbox !== target.mailbox)
        throw new EwsError('ErrorMoveCopyFailed', 'The folder cannot be moved there.');
      checkName(mailbox, target.folder.record.counter, folder.record.displayName, folder);
      mailbox.changeFolder(folder.record, { parent: target.folder.record.counter });
      return () => {
        answer.open('m:Folders');
        renderFolder(answer, mailbox, folder, ID_ONLY);
        answer.close('m:Folders');
      };
    },
  );
};

/** @see MS-OXWSFOLD 3.1.4.4 EmptyFolder */
export const emptyFolder: Operation = async (call, request, answer) => {
  checkSequence(request, ['FolderIds'], ['FolderIds']);
  const type = enumAttribute(request, 'DeleteType', TYPES);
  const deep = enumAttribute(request, 'DeleteSubFolders', ['true', 'false'] as const) === 'true';
  await respondEach(
    call,
    answer,
    'EmptyFolder',
    child(request, 'FolderIds')?.children ?? [],
    undefined,
    (element) => {
      const { mailbox, folder } = resolveFolder(call, element);
      for (const item of [...folder.items.values()]) removeAs(mailbox, item, type);
      for (const each of deep ? mailbox.childrenOf(folder.record.counter) : [])
        if (!each.record.distinguished) removeFolderAs(mailbox, each, type);
      return () => undefined;
    },
  );
};
