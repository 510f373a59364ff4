import type { Folder, Mailbox } from '../store/mailbox';
import type { Answer } from '../xml/answer';
import type { ItemShape } from './shape';
import { folderExtended } from './system-tags';

const ORDER = [
  'FolderId',
  'ParentFolderId',
  'FolderClass',
  'DisplayName',
  'TotalCount',
  'ChildFolderCount',
  'ExtendedProperty',
  'EffectiveRights',
  'DistinguishedFolderId',
  'PermissionSet',
  'UnreadCount',
];
const DEFAULT = new Set(['FolderId', 'DisplayName', 'TotalCount', 'ChildFolderCount', 'UnreadCount']);
const ALL = new Set(ORDER.filter((name) => name !== 'PermissionSet' && name !== 'ExtendedProperty'));
const IDS = new Set(['FolderId']);

/** Writes one folder element with the properties of the shape, in the order of the schema. */
export function renderFolder(answer: Answer, mailbox: Mailbox, folder: Folder, shape: ItemShape): void {
  const element = `t:${folder.record.element}`;
  const base = shape.base === 'AllProperties' ? ALL : shape.base === 'Default' ? DEFAULT : IDS;
  answer.open(element);
  for (const name of ORDER) {
    if (name === 'ExtendedProperty') renderExtended(answer, mailbox, folder, shape);
    else if (base.has(name) || shape.names.has(name)) renderProperty(answer, mailbox, folder, name);
  }
  answer.close(element);
}

function renderProperty(answer: Answer, mailbox: Mailbox, folder: Folder, name: string): void {
  const { record } = folder;
  switch (name) {
    case 'FolderId':
      return renderId(answer, 't:FolderId', mailbox, folder);
    case 'ParentFolderId': {
      const parent = mailbox.folders.get(record.parent);
      if (parent) renderId(answer, 't:ParentFolderId', mailbox, parent);
      return;
    }
    case 'FolderClass':
      if (record.folderClass) answer.element('t:FolderClass', record.folderClass);
      return;
    case 'DisplayName':
      return answer.element('t:DisplayName', record.displayName);
    case 'TotalCount':
      return answer.element('t:TotalCount', String(count(folder, (item) => !item.associated)));
    case 'UnreadCount':
      if (record.element !== 'CalendarFolder' && record.element !== 'ContactsFolder')
        answer.element('t:UnreadCount', String(count(folder, (item) => !item.read && !item.associated)));
      return;
    case 'ChildFolderCount':
      return answer.element('t:ChildFolderCount', String(mailbox.childrenOf(record.counter).length));
    case 'DistinguishedFolderId':
      if (record.distinguished) answer.element('t:DistinguishedFolderId', record.distinguished);
      return;
    case 'EffectiveRights':
      answer.open('t:EffectiveRights');
      for (const right of [
        'CreateAssociated',
        'CreateContents',
        'CreateHierarchy',
        'Delete',
        'Modify',
        'Read',
        'ViewPrivateItems',
      ])
        answer.element(`t:${right}`, String(right !== 'CreateContents' || !record.readOnly));
      return answer.close('t:EffectiveRights');
    case 'PermissionSet':
      return answer.raw('<t:PermissionSet><t:Permissions/></t:PermissionSet>');
    default:
      return;
  }
}

function count(folder: Folder, which: (item: { associated: boolean; read: boolean }) => boolean): number {
  let found = 0;
  for (const item of folder.items.values()) if (which(item)) found++;
  return found;
}

export function renderId(answer: Answer, element: string, mailbox: Mailbox, folder: Folder): void {
  const { id, changeKey } = mailbox.folderIdOf(folder.record);
  answer.empty(element, { Id: id, ChangeKey: changeKey });
}

function renderExtended(answer: Answer, mailbox: Mailbox, folder: Folder, shape: ItemShape): void {
  for (const uri of shape.extended) {
    const value = folderExtended(mailbox, folder.record, uri);
    if (value === undefined) continue;
    answer.open('t:ExtendedProperty');
    answer.empty('t:ExtendedFieldURI', uri.attrs);
    if (typeof value === 'string') answer.element('t:Value', value);
    else {
      answer.open('t:Values');
      for (const each of value) answer.element('t:Value', each);
      answer.close('t:Values');
    }
    answer.close('t:ExtendedProperty');
  }
}
