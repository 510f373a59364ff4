import type { Readable } from 'node:stream';
import type { Fault, ItemReason, Remedy } from '../domain/faults';
import type { WellKnownFolder } from '../domain/mailbox';

/**
 * The port between the engine and a kind of server. Types only.
 *
 * Words: a *folder key* names a source folder and survives renames; a *source key* names an item in its folder; a *change key*
 * names one version of an item; *state* is the server's opaque position in its changes; a *stamp* is our mark on a target item.
 *
 * Errors: every method rejects with a `Fault` (`domain/faults.ts`) and nothing else, except that an aborted `signal` rejects with
 * the signal's reason. One item's misfortune is a returned outcome, never thrown. Reads may be repeated freely.
 */

/** How an item travels. `fts`: MAPI FastTransfer; `exchange`: EWS item XML with everything inline; `mime`: RFC 5322. */
export type ItemFormat = 'fts' | 'exchange' | 'mime' | 'memory';

export interface Capabilities {
  /** Formats this side can give (source) or take (target), best first. The engine uses the first both have. */
  formats: readonly ItemFormat[];
  /** Kinds of change a source tells in `listChanges` beyond *put*; moves are told apart by `moveKey`. */
  delta: readonly ('flags' | 'gone' | 'move')[];
  /** Most items in one `readItems` or `putItems`; 1 or more. */
  itemsPerRequest: number;
  /** Most bytes of item content in one request of several items; a single larger item goes alone. */
  bytesPerRequest: number;
  /** Greatest item the side is known to take; absent where only trying tells. */
  greatestItemBytes?: number;
  /** Most requests at once. */
  connections: number;
  /** After its last byte was sent a request has taken effect within this time, or never will. */
  settleMs: number;
}

export interface Mailbox {
  /** The same for the same mailbox whatever connector, sign-in or address reached it; another for another. */
  readonly identity: string;
  readonly capabilities: Capabilities;
  /** Gives connections back. Repeating it is harmless; running requests reject. */
  close(): Promise<void>;
}

export interface SourceFolder {
  key: string;
  /** Absent for a folder directly under the mailbox's root. */
  parentKey?: string;
  name: string;
  wellKnown?: WellKnownFolder;
  /** MAPI container class such as `IPF.Note`; empty where the server has none. */
  folderClass: string;
  /** The server's own count, a hint for progress only. */
  itemCount: number;
  /** The server's own size, where it says one. */
  sizeBytes?: number;
}

/** One version of one source item. */
export interface ItemRef {
  sourceKey: string;
  changeKey: string;
}

export interface PutChange extends ItemRef {
  kind: 'put';
  /** The server's statement; what is read may differ. */
  sizeBytes: number;
  itemClass: string;
  /** When the item was received or begins; ISO 8601, absent where it has none. */
  date?: string;
  /** When the last occurrence of a series ends, far in the future where it has no end; ISO 8601, absent for what happens once. */
  lastDate?: string;
  /** Stays with an item that moves to another folder; absent where the server has no such thing. */
  moveKey?: string;
}
export interface FlagsChange extends ItemRef {
  kind: 'flags';
  flags: ItemFlags;
}
export interface GoneChange {
  kind: 'gone';
  sourceKey: string;
}
export type Change = PutChange | FlagsChange | GoneChange;

export interface ItemFlags {
  read: boolean;
}

export type SourceState = string;
export type TargetState = string;

export interface ChangePage {
  /** In the server's order; a source key at most once, its newest change. */
  changes: Change[];
  /** Where to go on after this page. */
  state: SourceState;
  /** True where more is known to follow at once. */
  more: boolean;
  /** True where `since` no longer held and the list began anew with this page. */
  reset: boolean;
}

/** What `readItems` yields for one ref: the item, or why it cannot be read. */
export type ReadItem =
  | {
      ref: ItemRef;
      /** The version that was read, which may be newer than the one asked for. */
      changeKey: string;
      /** Best knowledge of the content's length; a hint. */
      sizeBytes: number;
      /** The content, once. It must be read to its end or destroyed before the next item is asked for. */
      open(): Readable;
    }
  | { ref: ItemRef; failed: ItemReason }
  /** No longer there: the item was deleted or moved since it was listed. */
  | { ref: ItemRef; gone: true }
  /** `throttled`: the server is busy for this item, and reads the others of the request. */
  | { ref: ItemRef; again: Fault };

export interface SourceMailbox extends Mailbox {
  /** All folders that hold a user's items, parents before children. Search folders and the root itself are left out. */
  listFolders(signal: AbortSignal): Promise<SourceFolder[]>;
  /** One page of changes; without `since` from the beginning. */
  listChanges(folderKey: string, since: SourceState | undefined, signal: AbortSignal): Promise<ChangePage>;
  /**
   * Reads `refs` (at most `itemsPerRequest`) in one request and yields one entry for each, in any order.
   * Breaking off the iteration ends the request.
   */
  readItems(
    folderKey: string,
    refs: readonly ItemRef[],
    format: ItemFormat,
    signal: AbortSignal,
  ): AsyncIterable<ReadItem>;
}

/** Our mark on a target item; travels in the put itself. The property's name carries `pairId`, its value the rest. */
export interface Stamp {
  pairId: string;
  folderKey: string;
  sourceKey: string;
  changeKey: string;
  parcelId: string;
  /** The source item's, where it has one: what was moved is known by it though the ledger is lost. */
  moveKey?: string;
  /** The target item with the version before, where this one was put beside it and that is to be removed. */
  replaces?: TargetRef;
  /** Set while an item that needs several requests is not complete; cleared by the last of them. */
  unfinished: boolean;
}

export interface PlannedFolder {
  pairId: string;
  /** The source folder this one is made for. */
  sourceKey: string;
  /** Absent directly under the root. */
  parent?: TargetFolder;
  name: string;
  wellKnown?: WellKnownFolder;
  folderClass: string;
  /** A source folder that is gone and whose place this one takes: a target folder with its mark is this one's from now on. */
  replaces?: string;
}

export interface TargetFolder {
  /** The target server's own id of the folder. */
  id: string;
}

/** A permission to send that lapses: see `engine/send-window.ts`. */
export interface SendWindow {
  /**
   * Resolves where bytes of a request that changes the target may leave now, renewing the permission under the fence where it is
   * about to lapse. To be asked before the first byte, before each further chunk and before the last byte.
   * Rejects where the fence is lost; then the socket must be destroyed at once.
   */
  hold(): Promise<void>;
}

export interface PutItem {
  stamp: Stamp;
  itemClass: string;
  sizeBytes: number;
  /** The content, once, in the format given to `putItems`. */
  open(): Readable;
}

export type PutOutcome =
  | { kind: 'copied'; targetId: string; targetChangeKey: string }
  | { kind: 'skipped'; reason: ItemReason }
  | { kind: 'failed'; reason: ItemReason }
  /** Surely not put; put it again. */
  | { kind: 'again'; fault: Fault };

export interface AddedItem {
  targetId: string;
  targetChangeKey: string;
  /** Our stamp of the pair that was asked for; absent on what others made. */
  stamp?: Stamp;
}

export interface AddedPage {
  /** Everything created or changed since, at most once per page. */
  added: AddedItem[];
  /** Ids of what is no longer there. */
  gone: string[];
  state: TargetState;
  more: boolean;
  /** True where `since` no longer held and the list began anew with this page. */
  reset: boolean;
}

/** A target item as we last wrote it. */
export interface TargetRef {
  targetId: string;
  targetChangeKey: string;
}

export type UpdateOutcome =
  | { kind: 'updated'; targetId: string; targetChangeKey: string }
  /** Somebody else changed or removed it since we wrote it. */
  | { kind: 'changedByOther' }
  | { kind: 'gone' }
  | { kind: 'failed'; reason: ItemReason }
  | { kind: 'again'; fault: Fault };

export interface TargetMailbox extends Mailbox {
  /**
   * Finds the folder by our mark (pair id, source folder key), then by well-known identity, then by name under its parent; makes it
   * if there is none. Follows a rename or move at the source. Repeating it yields the same folder.
   */
  ensureFolder(planned: PlannedFolder, window: SendWindow, signal: AbortSignal): Promise<TargetFolder>;
  /**
   * All folders that may hold items, ours or not: where an item may have been moved to. Absent where the kind cannot tell; then only
   * the folders we made or found are asked for our stamps.
   */
  listFolders?(signal: AbortSignal): Promise<TargetFolder[]>;
  /**
   * Puts `items` (at most `itemsPerRequest`) with one request, or for one item the several it takes; never repeats one, never waits.
   * @returns one outcome per item, same order. A thrown fault leaves every item in doubt unless it says `notDone`.
   */
  putItems(
    folder: TargetFolder,
    items: readonly PutItem[],
    format: ItemFormat,
    window: SendWindow,
    signal: AbortSignal,
  ): Promise<PutOutcome[]>;
  /** One page of what was created, changed or removed in the folder; without `since` of everything in it. */
  listAdded(
    folder: TargetFolder,
    pairId: string,
    since: TargetState | undefined,
    signal: AbortSignal,
  ): Promise<AddedPage>;
  /**
   * Replaces content and stamp where the target still has the change key we last wrote; harmless when repeated.
   * Absent where the kind cannot: the engine then puts the new version and removes the old.
   */
  updateItems?(
    pairs: readonly { target: TargetRef; item: PutItem }[],
    format: ItemFormat,
    window: SendWindow,
    signal: AbortSignal,
  ): Promise<UpdateOutcome[]>;
  /** Sets flags under the same condition; one outcome per pair, same order; harmless when repeated. */
  setFlags(
    pairs: readonly { target: TargetRef; flags: ItemFlags; stamp: Stamp }[],
    window: SendWindow,
    signal: AbortSignal,
  ): Promise<UpdateOutcome[]>;
  /**
   * Removes for good, under the same condition; what is already gone counts as removed (`updated`).
   */
  removeItems(
    targets: readonly TargetRef[],
    window: SendWindow,
    signal: AbortSignal,
  ): Promise<UpdateOutcome[]>;
}

/** What a user or an administrator proved himself with; lives in memory only. */
export type Credential = { kind: 'password'; userName: string; password: string };

/** One step of **Test connection**. */
export interface CheckStep {
  step: 'name' | 'tls' | 'service' | 'signIns' | 'version' | 'mailbox' | 'write';
  result: 'green' | 'red' | 'grey';
  /** What was found, in plain words; never a secret. */
  detail: string;
  code?: string;
  remedy?: Remedy;
}

export interface CheckReport {
  steps: CheckStep[];
  /** Whether a sign-in that Mailporter can use was found; **Start** refuses while false. */
  usable: boolean;
}

/** A kind of server. One per folder of `src/connectors`; `registry.ts` is the only list. `Settings` is what its form holds. */
export interface Connector<Settings> {
  readonly kind: string;
  /**
   * Signs in and opens the mailbox of exactly `address`, whatever name signs in.
   * Costs at most one refused sign-in. Rejects with `credential` where it is refused and `fatal` where the mailbox cannot be had.
   */
  openSource(
    settings: Settings,
    address: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<SourceMailbox>;
  openTarget(
    settings: Settings,
    address: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<TargetMailbox>;
  /**
   * What can be known of the server; with `mailbox` also signs in, opens it and counts folders and, where `write` is set, makes and
   * removes one hidden item. What a server does is a red step; only where it asks everybody to wait nothing can be told of it, and it
   * rejects with `throttled` for the connector.
   */
  check(
    settings: Settings,
    mailbox: { address: string; credential: Credential; write: boolean } | undefined,
    signal: AbortSignal,
  ): Promise<CheckReport>;
}
