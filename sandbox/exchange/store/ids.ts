/**
 * The opaque ids of EWS, built as Exchange builds them: base64 of a small frame around mailbox GUID and MAPI entry id.
 * A folder's id has 120 characters, an item's 152; the letter's case matters; ids of two mailboxes never meet.
 * @see MS-OXCDATA 2.2.4 (folder and message EntryIDs)
 */

export interface StoreIdentity {
  /** The mailbox GUID in its usual text form; the same for the life of the mailbox, whatever its address. */
  readonly mailboxGuid: string;
  /** GUID of the mailbox's replica, hex of 16 bytes. */
  readonly replicaGuid: string;
}

export interface ParsedId {
  readonly mailboxGuid: string;
  readonly folder: number;
  readonly item?: number;
  /** Hex of the 16 bytes that name an attachment within its item. */
  readonly attachment?: string;
}

const FOLDER_ENTRY_BYTES = 46;
const ITEM_ENTRY_BYTES = 70;
const ATTACHMENT_BYTES = 16;
const FRAME_BYTES = 43;

/** GUID text to the 16 bytes in which Windows keeps it (first three groups little-endian). */
export function guidBytes(guid: string): Buffer {
  const hex = Buffer.from(guid.replace(/-/g, ''), 'hex');
  const swapped = [3, 2, 1, 0, 5, 4, 7, 6].map((index) => hex[index] ?? 0);
  return Buffer.concat([Buffer.from(swapped), hex.subarray(8)]);
}

export function folderEntryId(store: StoreIdentity, folder: number): Buffer {
  const bytes = Buffer.alloc(FOLDER_ENTRY_BYTES);
  guidBytes(store.mailboxGuid).copy(bytes, 4);
  bytes.writeUInt16LE(0x0001, 20);
  Buffer.from(store.replicaGuid, 'hex').copy(bytes, 22);
  bytes.writeUIntBE(folder, 38, 6);
  return bytes;
}

export function itemEntryId(store: StoreIdentity, folder: number, item: number): Buffer {
  const bytes = Buffer.alloc(ITEM_ENTRY_BYTES);
  folderEntryId(store, folder).copy(bytes);
  bytes.writeUInt16LE(0x0007, 20);
  Buffer.from(store.replicaGuid, 'hex').copy(bytes, 46);
  bytes.writeUIntBE(item, 62, 6);
  return bytes;
}

/** The 22 bytes of PR_SOURCE_KEY. */
export function sourceKey(store: StoreIdentity, counter: number): Buffer {
  const bytes = Buffer.alloc(22);
  Buffer.from(store.replicaGuid, 'hex').copy(bytes);
  bytes.writeUIntBE(counter, 16, 6);
  return bytes;
}

function frame(mailboxGuid: string, entryId: Buffer, attachment?: string): string {
  const head = Buffer.alloc(FRAME_BYTES);
  head.writeUInt8(3, 1);
  head.writeUInt16LE(36, 2);
  head.write(mailboxGuid, 4, 'latin1');
  head.writeUInt16LE(entryId.length, 41);
  const tail = attachment
    ? Buffer.concat([Buffer.from([1, ATTACHMENT_BYTES, 0]), Buffer.from(attachment, 'hex')])
    : Buffer.alloc(0);
  return Buffer.concat([head, entryId, tail]).toString('base64');
}

export function folderId(store: StoreIdentity, folder: number): string {
  return frame(store.mailboxGuid, folderEntryId(store, folder));
}

export function itemId(store: StoreIdentity, folder: number, item: number): string {
  return frame(store.mailboxGuid, itemEntryId(store, folder, item));
}

export function attachmentId(store: StoreIdentity, folder: number, item: number, attachment: string): string {
  return frame(store.mailboxGuid, itemEntryId(store, folder, item), attachment);
}

/** An EWS id around an entry id that came from elsewhere. */
export function frameEntryId(mailboxGuid: string, entryId: Buffer): string {
  return frame(mailboxGuid, entryId);
}

/** The entry id within an EWS id; undefined where the id is malformed. */
export function entryIdOf(id: string): Buffer | undefined {
  const bytes = Buffer.from(id, 'base64');
  if (
    bytes.length < FRAME_BYTES ||
    bytes.toString('base64') !== id ||
    bytes[1] !== 3 ||
    bytes.readUInt16LE(2) !== 36
  )
    return undefined;
  const length = bytes.readUInt16LE(41);
  if (bytes.length < FRAME_BYTES + length) return undefined;
  return bytes.subarray(FRAME_BYTES, FRAME_BYTES + length);
}

/** Undefined where the id is malformed. Whether what it names exists is for the store to say. */
export function parseId(id: string): ParsedId | undefined {
  const entry = entryIdOf(id);
  if (!entry || (entry.length !== FOLDER_ENTRY_BYTES && entry.length !== ITEM_ENTRY_BYTES)) return undefined;
  const bytes = Buffer.from(id, 'base64');
  const mailboxGuid = bytes.toString('latin1', 4, 40);
  const folder = entry.readUIntBE(38, 6);
  if (entry.length === FOLDER_ENTRY_BYTES) return { mailboxGuid, folder };
  const item = entry.readUIntBE(62, 6);
  const tail = bytes.subarray(FRAME_BYTES + ITEM_ENTRY_BYTES);
  if (tail.length === 0) return { mailboxGuid, folder, item };
  return tail.length === ATTACHMENT_BYTES + 3
    ? { mailboxGuid, folder, item, attachment: tail.toString('hex', 3) }
    : undefined;
}

/** Id of one occurrence of a recurring master: the master's id with the occurrence's number behind it. */
export function occurrenceId(masterId: string, index: number): string {
  const tail = Buffer.alloc(5);
  tail.writeUInt8(2);
  tail.writeUInt32LE(index, 1);
  return Buffer.concat([Buffer.from(masterId, 'base64'), tail]).toString('base64');
}

export function parseOccurrenceId(id: string): { masterId: string; index: number } | undefined {
  const bytes = Buffer.from(id, 'base64');
  if (bytes.length !== FRAME_BYTES + ITEM_ENTRY_BYTES + 5 || bytes[bytes.length - 5] !== 2) return undefined;
  return { masterId: bytes.subarray(0, -5).toString('base64'), index: bytes.readUInt32LE(bytes.length - 4) };
}

const CHANGE_KEY_KINDS: Readonly<Record<string, number>> = {
  Folder: 1,
  Message: 9,
  CalendarItem: 15,
  Contact: 17,
  Task: 19,
};

/** Changes with every change of what it belongs to. */
export function changeKey(store: StoreIdentity, kind: string, modSeq: number): string {
  const bytes = Buffer.alloc(30);
  bytes.writeUInt32LE(CHANGE_KEY_KINDS[kind] ?? 9);
  bytes.writeUInt32LE(22, 4);
  Buffer.from(store.replicaGuid, 'hex').copy(bytes, 8);
  bytes.writeUIntBE(modSeq, 24, 6);
  return bytes.toString('base64');
}

/** The change number within a change key; undefined where the key is malformed. */
export function changeNumber(key: string): number | undefined {
  const bytes = Buffer.from(key, 'base64');
  return bytes.length === 30 && bytes.readUInt32LE(4) === 22 ? bytes.readUIntBE(24, 6) : undefined;
}
