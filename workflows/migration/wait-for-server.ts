import type { Migration } from './migration';
import { readPlan } from './plan';

/** Waits, without slots, as long as a server asked for, or until an administrator names another one. */
export async function waitForServer(m: Migration): Promise<'ready' | 'continue'> {
  const { throttledUntil } = m.view;
  if (throttledUntil === undefined) return 'ready';
  const left = () => Date.parse(throttledUntil) - Date.now();
  while (left() > 0 && !(await isAnother(m))) {
    m.row.setState('throttled');
    await m.wait(() => m.carry.isPlanStale, left());
    if (m.isFull) return 'continue';
  }
  delete m.view.throttledUntil;
  return 'ready';
}

/** Whether another server is to be asked than the one that wants to be left in peace; looked at where something was edited. */
async function isAnother(m: Migration): Promise<boolean> {
  if (!m.carry.isPlanStale) return false;
  const { servers } = m.carry;
  await readPlan(m);
  return servers !== undefined && m.carry.servers !== servers;
}
