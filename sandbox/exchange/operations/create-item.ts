import { randomBytes } from 'node:crypto';
import type { Call, Operation } from '../call';
import { EwsError, schemaFault } from '../errors';
import { readMessage } from '../mime/read-message';
import { parseCalendar } from '../mime/read-calendar';
import { setProperty, sizeOf } from '../properties/apply';
import type { Draft } from '../properties/apply';
import { CLASS_OF_ELEMENT, elementOfClass, isItemElement, orderOf } from '../properties/schema';
import { ID_ONLY } from '../properties/shape';
import { renderItem } from '../properties/render-item';
import type { Folder, Mailbox, NewItem } from '../store/mailbox';
import { fieldText } from '../store/fields';
import { now } from '../store/mailbox';
import type { Item, ItemElement, Stored } from '../store/records';
import type { Element } from '../xml/element';
import { child, childText } from '../xml/element';
import { onlyFolder } from './resolve';
import { respondEach } from './respond';
import { checkSequence, enumAttribute } from './schema-check';
import { noteSending } from './sending';
import { ZONES } from './zones';

/** @see MS-OXWSCORE 3.1.4.2 CreateItem */
export const createItem: Operation = async (call, request, answer) => {
  checkSequence(request, ['SavedItemFolderId', 'Items'], ['Items']);
  const items = child(request, 'Items')?.children ?? [];
  for (const element of items) checkItemElement(element);
  const disposition = enumAttribute(
    request,
    'MessageDisposition',
    ['SaveOnly', 'SendOnly', 'SendAndSaveCopy'] as const,
    'SaveOnly',
  );
  if (items.some((each) => each.name === 'Message') && request.attrs['MessageDisposition'] === undefined) {
    throw new EwsError('ErrorMessageDispositionRequired', 'Message disposition is required.');
  }
  const invitations = request.attrs['SendMeetingInvitations'];
  const saved = child(request, 'SavedItemFolderId');
  await respondEach(call, answer, 'CreateItem', items, 'm:Items', async (element) => {
    if (element.name === 'CalendarItem' && invitations === undefined) {
      throw new EwsError(
        'ErrorSendMeetingInvitationsRequired',
        'SendMeetingInvitations attribute is required.',
      );
    }
    const target = saved ? onlyFolder(call, saved) : defaultFolder(call, element, disposition);
    if (target.folder.record.readOnly)
      throw new EwsError('ErrorAccessDenied', 'Access is denied. Check credentials and try again.');
    const draft = await draftFrom(target.mailbox, element);
    checkLimits(call, target.mailbox, sizeOf(draft));
    const item = save(target.mailbox, target.folder, draft);
    noteSending(
      call,
      'CreateItem',
      item,
      disposition !== 'SaveOnly',
      invitations !== undefined && invitations !== 'SendToNone',
    );
    return async () => {
      answer.open('m:Items');
      await renderItem(answer, {
        mailbox: target.mailbox,
        item,
        shape: ID_ONLY,
        view: 'item',
        zoneOffsetMinutes: call.policy.zoneOffsetMinutes,
      });
      answer.close('m:Items');
    };
  });
};

/** @throws SoapFault where names or their order are not those of the schema */
export function checkItemElement(element: Element): void {
  if (!isItemElement(element.name))
    throw schemaFault(`The element 'Items' has invalid child element '${element.name}'.`);
  const order = orderOf(element.name);
  const names = [...order.keys()];
  checkSequence(element, names);
}

const DEFAULT_FOLDERS: Partial<Record<ItemElement, string>> = {
  CalendarItem: 'calendar',
  Contact: 'contacts',
  DistributionList: 'contacts',
  Task: 'tasks',
};

function defaultFolder(
  call: Call,
  element: Element,
  disposition: string,
): { mailbox: Mailbox; folder: Folder } {
  const byKind = isItemElement(element.name) ? DEFAULT_FOLDERS[element.name] : undefined;
  const folder = call.mailbox.folderByName(byKind ?? (disposition === 'SaveOnly' ? 'drafts' : 'sentitems'));
  if (!folder)
    throw new EwsError('ErrorFolderNotFound', 'The specified folder could not be found in the store.');
  return { mailbox: call.mailbox, folder };
}

/** The item that an element of a request describes; nothing is stored yet but its contents. */
export async function draftFrom(mailbox: Mailbox, element: Element): Promise<Draft> {
  const kind = element.name as ItemElement;
  const given = childText(element, 'ItemClass');
  const itemClass = given ?? CLASS_OF_ELEMENT[kind];
  if (given && kind !== 'Item' && elementOfClass(given) !== kind && !isGeneric(kind, given)) {
    throw new EwsError('ErrorObjectTypeChanged', 'Object type has been changed.');
  }
  const at = now();
  const draft: Draft = {
    element: elementOfClass(itemClass),
    itemClass,
    associated: false,
    read: true,
    draft: elementOfClass(itemClass) === 'Message',
    created: at,
    modified: at,
    received: at,
    fields: {},
    ext: {},
    attachments: [],
    sizeBytes: 0,
  };
  await applyMime(mailbox, draft, child(element, 'MimeContent'), given !== undefined, at);
  for (const property of element.children) setProperty(mailbox, draft, property, 'create');
  if (draft.draft && !draft.sent) delete draft.sent;
  else draft.sent ??= draft.received ?? at;
  complete(draft);
  return draft;
}

/** Sticky notes, journal entries and custom forms are made as messages. */
function isGeneric(kind: ItemElement, itemClass: string): boolean {
  return kind === 'Message' && elementOfClass(itemClass) === 'Message';
}

async function applyMime(
  mailbox: Mailbox,
  draft: Draft,
  mime: Element | undefined,
  classGiven: boolean,
  at: string,
): Promise<void> {
  if (!mime) return;
  if (draft.element === 'Contact' || draft.element === 'Task' || draft.element === 'DistributionList') {
    throw new EwsError(
      'ErrorUnsupportedMimeConversion',
      'The requested MIME conversion is not supported for this item type.',
    );
  }
  const spool = mime.spool;
  if (!spool || spool.sizeBytes === 0 || !spool.wellFormed)
    throw new EwsError('ErrorMimeContentInvalid', 'The MIME content is invalid.');
  const ref = mailbox.contents.take(spool);
  if (draft.element === 'CalendarItem') {
    Object.assign(draft.fields, parseCalendar(mailbox.contents.read(ref).toString('utf8')));
    return;
  }
  const { itemClass, fields, sent, ...rest } = await readMessage(mailbox.contents, ref, at);
  Object.assign(draft, rest);
  if (sent) draft.sent = sent;
  draft.fields = { ...fields };
  if (!classGiven) draft.itemClass = itemClass;
}

/** What the server adds of its own. */
function complete(draft: Draft): void {
  const put = (n: string, v: string, a?: Record<string, string>): void => {
    draft.fields[n] ??= a ? { n, a, v } : { n, v };
  };
  if (draft.element === 'CalendarItem') {
    put('UID', `040000008200E00074C5B7101A82E008${randomBytes(40).toString('hex').toUpperCase()}`);
    put('DateTimeStamp', draft.created);
    if (!draft.fields['Start'] || !draft.fields['End']) defaultTimes(draft, put);
    for (const name of ['StartTimeZone', 'EndTimeZone'])
      draft.fields[name] = zoneField(name, draft.fields[name]?.a?.['Id'] ?? 'UTC');
    put('ReminderIsSet', 'false');
  }
  if (draft.element === 'Contact') {
    const value = (name: string): string => fieldText(draft.fields, name) ?? '';
    put(
      'DisplayName',
      [value('GivenName'), value('Surname')].filter(Boolean).join(' ') || value('CompanyName'),
    );
    put('Subject', value('DisplayName'));
    put('FileAs', value('DisplayName'));
  }
  if (draft.element === 'DistributionList') put('Subject', fieldText(draft.fields, 'DisplayName') ?? '');
  const topic = draft.fields['Subject']?.v;
  if (draft.element === 'Message' && typeof topic === 'string')
    draft.fields['ConversationTopic'] ??= { n: 'ConversationTopic', v: topic.replace(/^(\w{1,3}: )+/, '') };
}

/** A time zone comes back with the name that the server knows it by. */
function zoneField(n: string, id: string): Stored {
  const name = ZONES.find((zone) => zone.id === id)?.name;
  return { n, a: { Id: id, ...(name ? { Name: name } : {}) }, v: '' };
}

function defaultTimes(draft: Draft, put: (n: string, v: string) => void): void {
  const start = Date.parse(fieldText(draft.fields, 'Start') ?? draft.created);
  put('Start', new Date(start).toISOString().replace(/\.\d+Z$/, 'Z'));
  put('End', new Date(start + 1_800_000).toISOString().replace(/\.\d+Z$/, 'Z'));
}

/** @throws EwsError ErrorQuotaExceeded, ErrorMessageSizeExceeded */
export function checkLimits(call: Call, mailbox: Mailbox, sizeBytes: number, addedBytes = sizeBytes): void {
  const { messageLimitBytes } = call.policy;
  if (messageLimitBytes !== undefined && sizeBytes > messageLimitBytes) {
    throw new EwsError('ErrorMessageSizeExceeded', 'The message exceeds the maximum supported size.');
  }
  const quota = mailbox.settings.quotaBytes;
  if (quota !== undefined && mailbox.usedBytes + addedBytes > quota) {
    throw new EwsError('ErrorQuotaExceeded', 'The mailbox is over its quota.');
  }
}

export function save(mailbox: Mailbox, folder: Folder, draft: Draft): Item {
  const fresh: NewItem = { ...draft, folder: folder.record.counter, sizeBytes: sizeOf(draft) };
  if (!mailbox.folders.has(folder.record.counter))
    throw new EwsError('ErrorFolderNotFound', 'The specified folder could not be found in the store.');
  return mailbox.addItem(fresh);
}
