import type { Migration } from './migration';

/** Waits, without slots, as long as a server asked for. */
export async function waitForServer(m: Migration): Promise<'ready' | 'continue'> {
  const { throttledUntil } = m.view;
  if (throttledUntil === undefined) return 'ready';
  const left = Date.parse(throttledUntil) - Date.now();
  if (left > 0) {
    m.row.setState('throttled');
    await m.wait(() => false, left);
    if (m.isFull) return 'continue';
  }
  delete m.view.throttledUntil;
  return 'ready';
}
