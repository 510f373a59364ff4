import type { Folder, Mailbox } from './mailbox';
import type { Item, Tombstone } from './records';
import type { SyncState } from './sync-state';

export type Change =
  | { readonly kind: 'Create' | 'Update' | 'ReadFlagChange'; readonly at: number; readonly item: Item }
  | { readonly kind: 'Delete'; readonly at: number; readonly gone: Tombstone };

export type FolderChange =
  | { readonly kind: 'Create' | 'Update'; readonly at: number; readonly folder: Folder }
  | { readonly kind: 'Delete'; readonly at: number; readonly gone: Tombstone };

export interface ChangePage<T> {
  readonly changes: readonly T[];
  readonly state: SyncState;
  readonly last: boolean;
}

export function firstState(mailbox: Mailbox, folder: number): SyncState {
  return {
    mailbox: mailbox.settings.mailboxGuid,
    folder,
    base: 0,
    top: mailbox.seq,
    phase: 'created',
    cursor: 0,
  };
}

/** A state at the end of its round begins the next one. */
function begun(mailbox: Mailbox, state: SyncState): SyncState {
  const ended = state.phase === 'changed' && state.cursor >= state.top;
  return ended ? { ...state, base: state.top, top: mailbox.seq, phase: 'created', cursor: state.top } : state;
}

/** The next page of changes of a folder's items. */
export function itemChanges(
  mailbox: Mailbox,
  folder: Folder,
  from: SyncState,
  max: number,
  associated: boolean,
): ChangePage<Change> {
  const state = begun(mailbox, from);
  const items = [...folder.items.values()].filter((item) => associated || !item.associated);
  const created: Change[] = items
    .filter((item) => item.createSeq > state.base && item.createSeq <= state.top)
    .map((item) => ({ kind: 'Create', at: item.createSeq, item }));
  const changed: Change[] = items
    .filter((item) => item.createSeq <= state.base && item.modSeq > state.base && item.modSeq <= state.top)
    .map((item) => ({
      kind: item.contentSeq <= state.base ? 'ReadFlagChange' : 'Update',
      at: item.modSeq,
      item,
    }));
  const gone: Change[] = folder.tombstones
    .filter((each) => each.createSeq <= state.base && each.seq > state.base && each.seq <= state.top)
    .map((each) => ({ kind: 'Delete', at: each.seq, gone: each }));
  return cut(state, created, [...changed, ...gone], max);
}

/** The next page of changes of the folders below another. */
export function folderChanges(mailbox: Mailbox, from: SyncState, max: number): ChangePage<FolderChange> {
  const state = begun(mailbox, from);
  const inside = (folder: Folder): boolean => {
    for (
      let parent = folder.record.parent;
      parent !== 0;
      parent = mailbox.folders.get(parent)?.record.parent ?? 0
    )
      if (parent === state.folder) return true;
    return false;
  };
  const folders = [...mailbox.folders.values()].filter(inside);
  const created: FolderChange[] = folders
    .filter(({ record }) => record.createSeq > state.base && record.createSeq <= state.top)
    .map((folder) => ({ kind: 'Create', at: folder.record.createSeq, folder }));
  const changed: FolderChange[] = folders
    .filter(
      ({ record }) =>
        record.createSeq <= state.base && record.modSeq > state.base && record.modSeq <= state.top,
    )
    .map((folder) => ({ kind: 'Update', at: folder.record.modSeq, folder }));
  const gone: FolderChange[] = mailbox.folderTombstones
    .filter((each) => each.createSeq <= state.base && each.seq > state.base && each.seq <= state.top)
    .map((each) => ({ kind: 'Delete', at: each.seq, gone: each }));
  return cut(state, created, [...changed, ...gone], max);
}

function cut<T extends { at: number }>(
  state: SyncState,
  created: T[],
  changed: T[],
  max: number,
): ChangePage<T> {
  const after = (list: T[], cursor: number): T[] =>
    list.filter((each) => each.at > cursor).sort((a, b) => a.at - b.at);
  const first = state.phase === 'created' ? after(created, state.cursor) : [];
  if (first.length > max) {
    const changes = first.slice(0, max);
    return { changes, state: { ...state, cursor: changes.at(-1)?.at ?? state.cursor }, last: false };
  }
  const second = after(changed, state.phase === 'changed' ? state.cursor : state.base);
  const room = max - first.length;
  const changes = [...first, ...second.slice(0, room)];
  if (second.length > room) {
    const cursor = room > 0 ? (changes.at(-1)?.at ?? state.base) : state.base;
    return { changes, state: { ...state, phase: 'changed', cursor }, last: false };
  }
  return { changes, state: { ...state, phase: 'changed', cursor: state.top }, last: true };
}
