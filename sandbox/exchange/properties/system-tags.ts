import { folderEntryId, guidBytes, itemEntryId, sourceKey } from '../store/ids';
import { fieldChildren, fieldText, partText } from '../store/fields';
import type { Mailbox } from '../store/mailbox';
import type { ExtendedValue, FolderRecord, Item } from '../store/records';
import type { ExtendedUri } from './extended';
import { APPOINTMENT, KEYWORDS } from './extended';

/** MAPI properties that are views of what an item is. @see MS-OXPROPS */

const IMPORTANCE = ['Low', 'Normal', 'High'];
const SENSITIVITY = ['Normal', 'Personal', 'Private', 'Confidential'];

export function enumText(name: 'Importance' | 'Sensitivity', value: string): string {
  return (name === 'Importance' ? IMPORTANCE : SENSITIVITY)[Number(value)] ?? 'Normal';
}

/** The value of an extended property of an item; undefined where it has none. */
export function itemExtended(mailbox: Mailbox, item: Item, uri: ExtendedUri): ExtendedValue | undefined {
  if (uri.key === KEYWORDS) return categories(item);
  const read = ITEM_VIEWS[uri.key];
  return read ? (read(item, mailbox) ?? item.ext[uri.key]) : item.ext[uri.key];
}

export function categories(item: Pick<Item, 'fields'>): string[] | undefined {
  const names = fieldChildren(item.fields, 'Categories').flatMap((each) =>
    typeof each.v === 'string' ? [each.v] : [],
  );
  return names.length > 0 ? names : undefined;
}

const text = (item: Item, name: string): string | undefined => fieldText(item.fields, name);

/** A part of the first mailbox of a property such as From. */
function person(item: Item, field: string, part: string): string | undefined {
  return partText(fieldChildren(item.fields, field)[0], part);
}

function messageFlags(item: Item): number {
  return (
    (item.read ? 1 : 0) |
    (item.draft ? 8 : 0) |
    (item.attachments.length > 0 ? 0x10 : 0) |
    (item.associated ? 0x40 : 0)
  );
}

const base64 = (bytes: Buffer): string => bytes.toString('base64');

type ItemReader = (item: Item, mailbox: Mailbox) => ExtendedValue | undefined;

/** By {@link ExtendedUri.key}. */
const ITEM_VIEWS: Readonly<Record<string, ItemReader>> = {
  '0x001a:String': (item) => item.itemClass,
  '0x0037:String': (item) => text(item, 'Subject'),
  '0x0e1d:String': (item) => text(item, 'Subject')?.replace(/^.{1,3}: /, ''),
  '0x0070:String': (item) => text(item, 'ConversationTopic') ?? text(item, 'Subject'),
  '0x0017:Integer': (item) => String(Math.max(0, IMPORTANCE.indexOf(text(item, 'Importance') ?? 'Normal'))),
  '0x0036:Integer': (item) => String(Math.max(0, SENSITIVITY.indexOf(text(item, 'Sensitivity') ?? 'Normal'))),
  '0x0e06:SystemTime': (item) => item.received,
  '0x0039:SystemTime': (item) => item.sent,
  '0x3007:SystemTime': (item) => item.created,
  '0x3008:SystemTime': (item) => item.modified,
  '0x0e07:Integer': (item) => String(messageFlags(item)),
  '0x0e08:Integer': (item) => String(item.sizeBytes),
  '0x0e1b:Boolean': (item) => String(item.attachments.some((each) => !each.inline)),
  '0x1035:String': (item) => text(item, 'InternetMessageId'),
  '0x1042:String': (item) => text(item, 'InReplyTo'),
  '0x1039:String': (item) => text(item, 'References'),
  '0x0c1a:String': (item) => person(item, 'Sender', 'Name'),
  '0x0c1f:String': (item) => person(item, 'Sender', 'EmailAddress'),
  '0x0042:String': (item) => person(item, 'From', 'Name'),
  '0x0065:String': (item) => person(item, 'From', 'EmailAddress'),
  '0x300b:Binary': (item) => base64(Buffer.from(item.searchKey, 'hex')),
  '0x0fff:Binary': (item, mailbox) => base64(itemEntryId(mailbox.identity, item.folder, item.counter)),
  '0x0ff9:Binary': (item, mailbox) => base64(itemEntryId(mailbox.identity, item.folder, item.counter)),
  '0x0e09:Binary': (item, mailbox) => base64(folderEntryId(mailbox.identity, item.folder)),
  '0x65e0:Binary': (item, mailbox) => base64(sourceKey(mailbox.identity, item.counter)),
  '0x65e1:Binary': (item, mailbox) => base64(sourceKey(mailbox.identity, item.folder)),
  '0x65e2:Binary': (item, mailbox) => base64(sourceKey(mailbox.identity, item.modSeq)),
  '0x0ffa:Binary': (_, mailbox) => storeRecordKey(mailbox),
  '0x0ffb:Binary': (_, mailbox) => storeEntryId(mailbox),
  // PidLidAppointmentStartWhole and PidLidAppointmentEndWhole.
  [`${APPOINTMENT}/0x820d:SystemTime`]: (item) => text(item, 'Start'),
  [`${APPOINTMENT}/0x820e:SystemTime`]: (item) => text(item, 'End'),
};

/** PR_STORE_RECORD_KEY: the mailbox GUID, the same for the life of the mailbox. */
function storeRecordKey(mailbox: Mailbox): string {
  return base64(guidBytes(mailbox.settings.mailboxGuid));
}

/** PR_STORE_ENTRYID as the mailbox store provider forms it. @see MS-OXCDATA 2.2.4.3 */
function storeEntryId(mailbox: Mailbox): string {
  const wrapper = Buffer.from('0000000038a1bb1005e5101aa1bb08002b2a56c20000', 'hex');
  const provider = Buffer.from('EMSMDB.DLL\0\0\0\0', 'latin1');
  const inner = Buffer.from('000000001b55fa20aa6611cd9bc800aa002fc45a0c000000', 'hex');
  const guid = mailbox.settings.mailboxGuid;
  const names = Buffer.from(
    `${guid}@sandbox\0/o=Sandbox/ou=Exchange Administrative Group/cn=Recipients/cn=${guid}\0`,
    'latin1',
  );
  return base64(Buffer.concat([wrapper, provider, inner, names]));
}

/** The value of an extended property of a folder; undefined where it has none. */
export function folderExtended(
  mailbox: Mailbox,
  folder: FolderRecord,
  uri: ExtendedUri,
): ExtendedValue | undefined {
  const key = uri.tag ? `${uri.tag}:${uri.type}` : '';
  const entry = (): string => base64(folderEntryId(mailbox.identity, folder.counter));
  switch (key) {
    case '0x3001:String':
      return folder.displayName;
    case '0x3613:String':
      return folder.folderClass;
    case '0x3007:SystemTime':
      return folder.created;
    case '0x0fff:Binary':
    case '0x0ff9:Binary':
      return entry();
    case '0x0e09:Binary':
      return base64(folderEntryId(mailbox.identity, folder.parent));
    case '0x65e0:Binary':
      return base64(sourceKey(mailbox.identity, folder.counter));
    case '0x0ffa:Binary':
      return storeRecordKey(mailbox);
    case '0x0ffb:Binary':
      return storeEntryId(mailbox);
    case '0x3601:Integer':
      return folder.element === 'SearchFolder' ? '2' : folder.parent === 0 ? '0' : '1';
    case '0x10f4:Boolean':
      return folder.ext[uri.key] ?? 'false';
    case '0x3602:Integer':
      return String(mailbox.folders.get(folder.counter)?.items.size ?? 0);
    case '0x0e08:Integer':
    case '0x0e08:Long':
      return String(
        [...(mailbox.folders.get(folder.counter)?.items.values() ?? [])].reduce(
          (sum, item) => sum + item.sizeBytes,
          0,
        ),
      );
    default:
      return folder.ext[uri.key];
  }
}
