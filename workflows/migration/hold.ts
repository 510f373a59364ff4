import { patched } from '@temporalio/workflow';
import type { Migration } from './migration';

/** **Paused**: without slots, until it is resumed. Then it goes on with the phase it was in, and asks for its slots again where that copies. */
export async function hold(m: Migration): Promise<'resumed' | 'continue'> {
  const { carry, view } = m;
  await m.releaseSlot();
  // It came while the run before handed over, in mid-copy.
  if (carry.phase === 'copy' && patched('copy-resumed-with-slots')) carry.phase = 'slot';
  const { pausedBy } = view;
  m.row.setState('paused', pausedBy === undefined ? {} : { by: pausedBy });
  await m.wait(() => view.pausedBy === undefined);
  if (view.pausedBy !== undefined) return 'continue';
  m.row.setState(carry.phase === 'upToDate' ? 'upToDate' : 'scheduled', m.resumedBy && { by: m.resumedBy });
  return 'resumed';
}
