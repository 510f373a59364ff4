import { gzipSync, gunzipSync } from 'node:zlib';

/**
 * What is behind the opaque SyncState. A round covers the changes after `base` up to `top`: first what came into the
 * folder, in that order, then changes and deletions of what the client has known. Whatever changes meanwhile belongs to the
 * next round, so that nothing is missed however the pages are cut.
 */
export interface SyncState {
  readonly mailbox: string;
  /** Counter of the folder; of the root for the hierarchy. */
  readonly folder: number;
  readonly base: number;
  readonly top: number;
  readonly phase: 'created' | 'changed';
  /** Change number of the last entry that was given in this phase. */
  readonly cursor: number;
}

const MARK = 'S1';

export function writeSyncState(state: SyncState): string {
  const fields = [MARK, state.mailbox, state.folder, state.base, state.top, state.phase, state.cursor].join(
    '|',
  );
  return gzipSync(fields).toString('base64');
}

/** Undefined where the text is no sync state. */
export function readSyncState(text: string): SyncState | undefined {
  try {
    const [mark, mailbox = '', folder, base, top, phase, cursor] = gunzipSync(Buffer.from(text, 'base64'))
      .toString()
      .split('|');
    const numbers = [folder, base, top, cursor].map(Number);
    if (mark !== MARK || numbers.some(Number.isNaN) || (phase !== 'created' && phase !== 'changed'))
      return undefined;
    return {
      mailbox,
      folder: Number(folder),
      base: Number(base),
      top: Number(top),
      phase,
      cursor: Number(cursor),
    };
  } catch {
    return undefined;
  }
}
