import type { SourceMailbox, TargetMailbox } from '../../src/connectors/connector';
import type { WellKnownFolder } from '../../src/domain/mailbox';

/** What a test says of an item it makes; the back end gives it whatever else an item of that class needs. */
export interface SeededItem {
  /** `IPM.Note` unless said otherwise. */
  itemClass?: string;
  /** Plain text that the item carries and that `targetItems` finds again. */
  text: string;
  /** The item is at least this large, with `text` in it somewhere. */
  sizeBytes?: number;
  read?: boolean;
  /** The item is there, but the server cannot give it. */
  unreadable?: boolean;
  /** The server is busy whenever it is asked for this item. */
  busy?: boolean;
}

/** What stands in a target folder, read back past the connector where the server allows it. */
export interface TargetItem {
  text: string;
  itemClass: string;
  read: boolean;
}

/**
 * One pair of empty mailboxes on a real server of a kind, and what its users and administrators do to them. Keys and ids are those the
 * connector itself gives out. What a back end cannot do is absent, and its cases are skipped.
 */
export interface ConnectorHarness {
  /** Opens the mailboxes anew; several may be open at once. The suite closes what it opens. */
  openSource(): Promise<SourceMailbox>;
  openTarget(): Promise<TargetMailbox>;
  /** Another mailbox on the same server. */
  openOtherTarget(): Promise<TargetMailbox>;

  source: {
    /** @returns the folder key */
    addFolder(folder: { name: string; parentKey?: string }): Promise<string>;
    /** The key of a folder every mailbox has. */
    wellKnown(folder: WellKnownFolder): Promise<string>;
    renameFolder(folderKey: string, name: string): Promise<void>;
    /** @returns the source key */
    addItem(folderKey: string, item: SeededItem): Promise<string>;
    changeItem(folderKey: string, sourceKey: string, text: string): Promise<void>;
    setRead(folderKey: string, sourceKey: string, read: boolean): Promise<void>;
    removeItem(folderKey: string, sourceKey: string): Promise<void>;
    /** @returns the item's key in its new folder */
    moveItem(folderKey: string, sourceKey: string, toFolderKey: string): Promise<string>;
    /** From now on no source state that was given out holds. */
    expireStates?(): Promise<void>;
  };
  target: {
    /** @returns the folder's id */
    addFolder(folder: { name: string; parentId?: string }): Promise<string>;
    wellKnown(folder: WellKnownFolder): Promise<string>;
    folderName(folderId: string): Promise<string>;
    parentOf(folderId: string): Promise<string | undefined>;
    /** Puts an item of the user's own. @returns its id */
    addItem(folderId: string, item: SeededItem): Promise<string>;
    changeItem(folderId: string, targetId: string, text: string): Promise<void>;
    removeItem(folderId: string, targetId: string): Promise<void>;
    items(folderId: string): Promise<TargetItem[]>;
    expireStates?(): Promise<void>;
    /** The server takes no request of more than so many bytes. */
    limitRequests?(bytes: number): Promise<void>;
  };
  end(): Promise<void>;
}
