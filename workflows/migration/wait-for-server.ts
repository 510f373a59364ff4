import type { Migration } from './migration';

/** Waits, without slots, as long as a server asked for, or until an administrator edits what may have it ask another one. */
export async function waitForServer(m: Migration): Promise<'ready' | 'continue'> {
  const { throttledUntil } = m.view;
  if (throttledUntil === undefined) return 'ready';
  const left = Date.parse(throttledUntil) - Date.now();
  if (left > 0) {
    m.row.setState('throttled');
    await m.wait(() => m.carry.isPlanStale, left);
    if (m.isFull) return 'continue';
  }
  delete m.view.throttledUntil;
  return 'ready';
}
