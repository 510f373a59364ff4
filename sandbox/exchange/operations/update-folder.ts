import type { Operation } from '../call';
import { EwsError, schemaFault } from '../errors';
import { extendedValue, parseExtendedUri } from '../properties/extended';
import { renderFolder } from '../properties/render-folder';
import { ID_ONLY } from '../properties/shape';
import type { Folder, Mailbox } from '../store/mailbox';
import type { FolderRecord } from '../store/records';
import type { Element } from '../xml/element';
import { child, children } from '../xml/element';
import { checkName } from './create-folder';
import { resolveFolder } from './resolve';
import { respondEach } from './respond';
import { checkSequence } from './schema-check';

/** @see MS-OXWSFOLD 3.1.4.8 UpdateFolder */
export const updateFolder: Operation = async (call, request, answer) => {
  checkSequence(request, ['FolderChanges'], ['FolderChanges']);
  await respondEach(
    call,
    answer,
    'UpdateFolder',
    children(child(request, 'FolderChanges'), 'FolderChange'),
    'm:Folders',
    (change) => {
      const { mailbox, folder } = resolveFolder(call, change.children[0] ?? change);
      let record: Partial<FolderRecord> = {};
      for (const update of child(change, 'Updates')?.children ?? [])
        record = { ...record, ...changeOf(mailbox, folder, { ...folder.record, ...record }, update) };
      mailbox.changeFolder(folder.record, record);
      return () => {
        answer.open('m:Folders');
        renderFolder(answer, mailbox, folder, ID_ONLY);
        answer.close('m:Folders');
      };
    },
  );
};

function changeOf(
  mailbox: Mailbox,
  folder: Folder,
  record: FolderRecord,
  update: Element,
): Partial<FolderRecord> {
  const path = update.children[0];
  if (!path) throw schemaFault(`The element '${update.name}' has incomplete content.`);
  const property = update.children[1]?.children[0];
  if (path.name === 'ExtendedFieldURI') {
    const uri = parseExtendedUri(path);
    const ext = { ...record.ext };
    if (update.name === 'DeleteFolderField' || !property) delete ext[uri.key];
    else ext[uri.key] = extendedValue(property, uri);
    return { ext };
  }
  const field = path.attrs['FieldURI'];
  if (field === 'folder:DisplayName' && property) {
    if (record.distinguished)
      throw new EwsError('ErrorDistinguishedUserNotSupported', 'A distinguished folder cannot be renamed.');
    checkName(mailbox, record.parent, property.text, folder);
    return { displayName: property.text };
  }
  if (field === 'folder:FolderClass' && property) return { folderClass: property.text.trim() };
  if (field === 'folder:PermissionSet') return {};
  throw new EwsError('ErrorInvalidPropertySet', 'Set action is invalid for property.', {
    Property: field ?? path.name,
  });
}
