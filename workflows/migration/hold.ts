import type { Migration } from './migration';

/** **Paused**: without slots, until it is resumed. Then it goes on with the phase it was in. */
export async function hold(m: Migration): Promise<'resumed' | 'continue'> {
  const { carry, view } = m;
  await m.releaseSlot();
  const { pausedBy } = view;
  m.row.setState('paused', pausedBy === undefined ? {} : { by: pausedBy });
  await m.wait(() => view.pausedBy === undefined);
  if (view.pausedBy !== undefined) return 'continue';
  m.row.setState(carry.phase === 'upToDate' ? 'upToDate' : 'scheduled', m.resumedBy && { by: m.resumedBy });
  return 'resumed';
}
