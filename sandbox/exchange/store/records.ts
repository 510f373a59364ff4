import type { ContentRef } from '../content/content-store';

/** A property as it came in and goes out: an element of the types namespace with attributes and text or children. */
export interface Stored {
  readonly n: string;
  readonly a?: Readonly<Record<string, string>>;
  readonly v: string | readonly Stored[];
}

export type ExtendedValue = string | readonly string[];

export type ItemElement =
  | 'Message'
  | 'CalendarItem'
  | 'Contact'
  | 'DistributionList'
  | 'Task'
  | 'PostItem'
  | 'MeetingRequest'
  | 'MeetingResponse'
  | 'MeetingCancellation'
  | 'Item';

export type Encoding = 'none' | 'base64' | 'quoted-printable';

/** Encoded bytes on disk; `charset` only for text. */
export interface EncodedContent {
  readonly content: ContentRef;
  readonly encoding: Encoding;
  readonly charset?: string;
}

export interface Attachment {
  /** Hex of 16 bytes, unique within the mailbox. */
  readonly key: string;
  readonly name: string;
  readonly contentType?: string;
  readonly contentId?: string;
  readonly contentLocation?: string;
  readonly inline: boolean;
  readonly photo?: boolean;
  /** Decoded size. */
  readonly sizeBytes: number;
  readonly modified: string;
  readonly data?: EncodedContent;
  /** An attached item; `data` then is its MIME where it has one. */
  readonly item?: Embedded;
}

export interface Embedded {
  readonly element: ItemElement;
  readonly itemClass: string;
  readonly fields: Readonly<Record<string, Stored>>;
  readonly body?: Body;
}

export interface Body extends EncodedContent {
  readonly html: boolean;
}

/** A changed or deleted occurrence of a recurring master. */
export interface Occurrence {
  /** 1 is the first of the series. */
  readonly index: number;
  readonly originalStart: string;
  readonly deleted: boolean;
  readonly modSeq: number;
  readonly fields: Readonly<Record<string, Stored>>;
  readonly body?: Body;
}

export interface Item {
  readonly counter: number;
  readonly folder: number;
  /** When it came into this folder; never changes there. */
  readonly createSeq: number;
  readonly modSeq: number;
  /** Last change other than of the read flag. */
  readonly contentSeq: number;
  readonly element: ItemElement;
  readonly itemClass: string;
  readonly associated: boolean;
  readonly read: boolean;
  readonly draft: boolean;
  /** ISO 8601 in UTC, whole seconds, as all dates here. */
  readonly created: string;
  readonly modified: string;
  readonly received?: string;
  readonly sent?: string;
  readonly fields: Readonly<Record<string, Stored>>;
  readonly ext: Readonly<Record<string, ExtendedValue>>;
  readonly searchKey: string;
  /** The MIME it was made of; absent where its MIME has to be composed. */
  readonly mime?: ContentRef;
  /** Bytes of the header block at the start of `mime`. */
  readonly mimeHeaderBytes?: number;
  readonly body?: Body;
  readonly plainBody?: Body;
  readonly attachments: readonly Attachment[];
  readonly occurrences?: readonly Occurrence[];
  readonly sizeBytes: number;
}

export type FolderElement = 'Folder' | 'CalendarFolder' | 'ContactsFolder' | 'TasksFolder' | 'SearchFolder';

export interface FolderRecord {
  readonly counter: number;
  /** 0 for the root. */
  readonly parent: number;
  readonly displayName: string;
  readonly folderClass: string;
  readonly element: FolderElement;
  readonly distinguished?: string;
  /** Whether nobody may put an item into it. */
  readonly readOnly?: boolean;
  readonly ext: Readonly<Record<string, ExtendedValue>>;
  readonly createSeq: number;
  readonly modSeq: number;
  readonly created: string;
}

export interface Tombstone {
  readonly counter: number;
  readonly folder: number;
  readonly createSeq: number;
  readonly seq: number;
}

/** What the journal holds; one line is one transaction. */
export type StoreRecord =
  | { readonly t: 'folder'; readonly folder: FolderRecord }
  | { readonly t: 'folderGone'; readonly gone: Tombstone }
  | { readonly t: 'item'; readonly item: Item }
  | { readonly t: 'itemGone'; readonly gone: Tombstone };
