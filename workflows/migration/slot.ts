import { uuid4 } from '@temporalio/workflow';
import { short } from '../proxies';
import type { Migration } from './migration';

/** Waits for a slot of both connectors. While it waits it says so again from time to time: a restored database learns of it. */
export async function awaitSlot(m: Migration): Promise<'granted' | 'continue'> {
  const { carry, mailUserId, times } = m;
  const ticket = (carry.ticket ??= uuid4());
  const since = (carry.queuedSince ??= m.now());
  const { sourceConnectorId, targetConnectorId } = carry.facts;
  m.row.setState('scheduled');
  // The gate passes over whoever's row is of another epoch.
  await m.row.flush();
  for (;;) {
    if (m.isFull) return 'continue';
    const asked = { mailUserId, epoch: carry.epoch, ticket, sourceConnectorId, targetConnectorId, since };
    const isGranted = await short.askForSlot(asked);
    if ((isGranted || m.granted === ticket) && (await short.takeSlot({ mailUserId, ticket })))
      return 'granted';
    delete m.granted;
    await m.wait(() => m.granted === ticket, times.scheduledRefreshMs);
    if (m.granted === ticket && (await short.takeSlot({ mailUserId, ticket }))) return 'granted';
  }
}
