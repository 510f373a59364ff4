import type { Call } from '../call';
import { EwsError, folderNotFound, itemNotFound, schemaFault } from '../errors';
import { changeNumber, parseId, parseOccurrenceId } from '../store/ids';
import type { Folder, Mailbox } from '../store/mailbox';
import type { Attachment, Item } from '../store/records';
import { DISTINGUISHED_NAMES } from '../store/well-known';
import type { Element } from '../xml/element';
import { child, childText } from '../xml/element';

export interface FolderAt {
  readonly mailbox: Mailbox;
  readonly folder: Folder;
}

export interface ItemAt {
  readonly mailbox: Mailbox;
  readonly item: Item;
  /** The occurrence of the recurring master `item` that was named; absent for the item itself. */
  readonly occurrence?: number;
  /** The change number that the client holds. */
  readonly knownSeq?: number;
}

function mayOpen(call: Call, mailbox: Mailbox): boolean {
  const own = call.mailbox.settings.address.toLowerCase();
  return mailbox === call.mailbox || mailbox.settings.fullAccess.some((each) => each.toLowerCase() === own);
}

/** The folder that a FolderId or DistinguishedFolderId names. @throws EwsError as Exchange answers */
export function resolveFolder(call: Call, element: Element): FolderAt {
  if (element.name === 'DistinguishedFolderId') return resolveDistinguished(call, element);
  if (element.name !== 'FolderId' && element.name !== 'ParentFolderId')
    throw schemaFault(`The element '${element.name}' names no folder.`);
  const id = parseId(element.attrs['Id'] ?? '');
  if (!id) throw new EwsError('ErrorInvalidIdMalformed', 'Id is malformed.');
  const mailbox = mailboxOf(call, id.mailboxGuid);
  if (id.item !== undefined)
    throw new EwsError('ErrorCannotUseItemIdForFolderId', 'Item ID cannot be used for a folder.');
  const folder = mailbox.folders.get(id.folder);
  if (!folder || mailbox.folderIdOf(folder.record).id !== element.attrs['Id']) throw folderNotFound();
  return { mailbox, folder };
}

function resolveDistinguished(call: Call, element: Element): FolderAt {
  const name = element.attrs['Id'] ?? '';
  if (!DISTINGUISHED_NAMES.has(name))
    throw schemaFault(
      `The 'Id' attribute is invalid - The value '${name}' is invalid according to its datatype 'DistinguishedFolderIdNameType' - The Enumeration constraint failed.`,
    );
  const owner = child(element, 'Mailbox');
  const address = owner && childText(owner, 'EmailAddress');
  const mailbox = address === undefined ? call.mailbox : call.mailboxes.byMailAddress(address);
  if (!mailbox)
    throw new EwsError('ErrorNonExistentMailbox', 'The SMTP address has no mailbox associated with it.');
  if (!mayOpen(call, mailbox)) {
    if (name !== 'root' && name !== 'msgfolderroot') throw folderNotFound();
    throw new EwsError(
      'ErrorItemNotFound',
      'The specified object was not found in the store., The process failed to get the correct properties.',
    );
  }
  const folder = mailbox.folderByName(name);
  if (!folder) throw folderNotFound();
  return { mailbox, folder };
}

function mailboxOf(call: Call, guid: string): Mailbox {
  const mailbox = call.mailboxes.byMailboxGuid(guid);
  if (!mailbox) throw itemNotFound();
  if (!mayOpen(call, mailbox))
    throw new EwsError('ErrorAccessDenied', 'Access is denied. Check credentials and try again.');
  return mailbox;
}

/** The item that an ItemId, OccurrenceItemId or RecurringMasterItemId names. @throws EwsError */
export function resolveItem(call: Call, element: Element): ItemAt {
  if (element.name === 'OccurrenceItemId') {
    const master = itemById(call, element.attrs['RecurringMasterId'] ?? '', element.attrs['ChangeKey']);
    return { ...master, occurrence: Number(element.attrs['InstanceIndex'] ?? 0) };
  }
  if (element.name === 'RecurringMasterItemId') {
    const occurrence = parseOccurrenceId(element.attrs['OccurrenceId'] ?? '');
    if (!occurrence) throw new EwsError('ErrorInvalidIdMalformed', 'Id is malformed.');
    return itemById(call, occurrence.masterId, element.attrs['ChangeKey']);
  }
  const id = element.attrs['Id'] ?? '';
  const occurrence = parseOccurrenceId(id);
  if (!occurrence) return itemById(call, id, element.attrs['ChangeKey']);
  return { ...itemById(call, occurrence.masterId, element.attrs['ChangeKey']), occurrence: occurrence.index };
}

function itemById(call: Call, text: string, changeKey: string | undefined): ItemAt {
  if (text === '') throw new EwsError('ErrorInvalidIdEmpty', 'Id must be non-empty.');
  const id = parseId(text);
  if (!id || id.attachment !== undefined) throw new EwsError('ErrorInvalidIdMalformed', 'Id is malformed.');
  const mailbox = mailboxOf(call, id.mailboxGuid);
  if (id.item === undefined)
    throw new EwsError('ErrorCannotUseFolderIdForItemId', 'Folder ID cannot be used for an item.');
  const item = mailbox.item(id.item);
  if (!item || mailbox.itemIdOf(item).id !== text) throw itemNotFound();
  if (!changeKey) return { mailbox, item };
  const knownSeq = changeNumber(changeKey);
  if (knownSeq === undefined) throw new EwsError('ErrorInvalidChangeKey', 'The change key is invalid.');
  return { mailbox, item, knownSeq };
}

/** @throws EwsError ErrorInvalidAttachmentId, ErrorItemNotFound */
export function resolveAttachment(
  call: Call,
  text: string,
): { mailbox: Mailbox; item: Item; attachment: Attachment } {
  const id = parseId(text);
  if (!id?.attachment || id.item === undefined)
    throw new EwsError('ErrorInvalidAttachmentId', 'The attachment Id is not valid.');
  const mailbox = mailboxOf(call, id.mailboxGuid);
  const item = mailbox.item(id.item);
  const attachment =
    item?.folder === id.folder ? item.attachments.find((each) => each.key === id.attachment) : undefined;
  if (!item || !attachment) throw itemNotFound();
  return { mailbox, item, attachment };
}

/** The only folder reference within a wrapper such as ParentFolderId or ToFolderId. */
export function onlyFolder(call: Call, wrapper: Element | undefined): FolderAt {
  const element = wrapper?.children[0];
  if (!element) throw schemaFault(`The element '${wrapper?.name ?? 'FolderId'}' has incomplete content.`);
  return resolveFolder(call, element);
}
