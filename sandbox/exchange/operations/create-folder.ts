import type { Operation } from '../call';
import { EwsError, schemaFault } from '../errors';
import { extendedValue, parseExtendedUri } from '../properties/extended';
import { renderFolder } from '../properties/render-folder';
import { ID_ONLY } from '../properties/shape';
import type { Folder, Mailbox } from '../store/mailbox';
import type { ExtendedValue, FolderElement } from '../store/records';
import type { Element } from '../xml/element';
import { child, childText, children } from '../xml/element';
import { onlyFolder } from './resolve';
import { respondEach } from './respond';
import { checkSequence } from './schema-check';

const CLASS_OF: Readonly<Record<FolderElement, string>> = {
  Folder: 'IPF.Note',
  CalendarFolder: 'IPF.Appointment',
  ContactsFolder: 'IPF.Contact',
  TasksFolder: 'IPF.Task',
  SearchFolder: 'IPF.Note',
};
const CHILDREN = [
  'FolderId',
  'ParentFolderId',
  'FolderClass',
  'DisplayName',
  'TotalCount',
  'ChildFolderCount',
  'ExtendedProperty',
  'ManagedFolderInformation',
  'EffectiveRights',
  'DistinguishedFolderId',
  'PolicyTag',
  'ArchiveTag',
  'PermissionSet',
  'UnreadCount',
];

export function isFolderElement(name: string): name is FolderElement {
  return name in CLASS_OF;
}

/** @see MS-OXWSFOLD 3.1.4.2 CreateFolder */
export const createFolder: Operation = async (call, request, answer) => {
  checkSequence(request, ['ParentFolderId', 'Folders'], ['ParentFolderId', 'Folders']);
  const folders = child(request, 'Folders')?.children ?? [];
  for (const element of folders) {
    if (!isFolderElement(element.name))
      throw schemaFault(`The element 'Folders' has invalid child element '${element.name}'.`);
    checkSequence(element, CHILDREN);
  }
  await respondEach(call, answer, 'CreateFolder', folders, 'm:Folders', (element) => {
    const { mailbox, folder } = onlyFolder(call, child(request, 'ParentFolderId'));
    const displayName = childText(element, 'DisplayName') ?? '';
    checkName(mailbox, folder.record.counter, displayName);
    const kind = isFolderElement(element.name) ? element.name : 'Folder';
    const folderClass = childText(element, 'FolderClass') ?? CLASS_OF[kind];
    const made = mailbox.addFolder({
      parent: folder.record.counter,
      displayName,
      folderClass,
      ext: extendedOf(element),
      ...(kind === 'SearchFolder' ? { element: kind } : {}),
    });
    return () => {
      answer.open('m:Folders');
      const fresh = mailbox.folders.get(made.counter);
      if (fresh) renderFolder(answer, mailbox, fresh, ID_ONLY);
      answer.close('m:Folders');
    };
  });
};

/** @throws EwsError ErrorFolderExists, ErrorFolderSave */
export function checkName(mailbox: Mailbox, parent: number, displayName: string, except?: Folder): void {
  if (displayName === '' || displayName.length > 255) {
    throw new EwsError(
      'ErrorFolderSave',
      'Folder save failed: the display name must have 1 to 255 characters.',
    );
  }
  const wanted = displayName.toLowerCase();
  const taken = mailbox
    .childrenOf(parent)
    .find((each) => each !== except && each.record.displayName.toLowerCase() === wanted);
  if (!taken) return;
  throw new EwsError(
    'ErrorFolderExists',
    `A folder with the specified name already exists., Could not create folder ${displayName}.`,
  );
}

export function extendedOf(element: Element): Record<string, ExtendedValue> {
  const ext: Record<string, ExtendedValue> = {};
  for (const property of children(element, 'ExtendedProperty')) {
    const wrapper = child(property, 'ExtendedFieldURI');
    if (!wrapper) continue;
    const uri = parseExtendedUri(wrapper);
    ext[uri.key] = extendedValue(property, uri);
  }
  return ext;
}
