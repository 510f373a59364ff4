import { createHash } from 'node:crypto';
import { Fault } from '../../domain/faults';
import type { Side } from '../../domain/mailbox';
import type { Credential } from '../connector';
import { microsoftText } from './faults';
import { guarded } from './guard';
import { defaultTimeouts, type Timeouts } from './http';
import { entryId } from './item/properties';
import { getFolder } from './operations/get-folder';
import { Session } from './session';
import { endpointOf, isMicrosoft365, type ExchangeSettings } from './settings';
import { idOf } from './soap/message';
import { propertyOf } from './soap/property';

export interface Opened {
  session: Session;
  identity: string;
  /** Id of the folder that all the user's folders are below. */
  rootId: string;
}

/** Signs in and finds out which mailbox it is, with one request. @throws Fault */
export async function openSession(
  settings: ExchangeSettings,
  address: string,
  credential: Credential,
  side: Side,
  timeouts: Timeouts | undefined,
  signal: AbortSignal,
): Promise<Opened> {
  return guarded({ side, about: 'open' }, signal, async () => {
    // Microsoft would count a try that cannot succeed.
    if (isMicrosoft365(endpointOf(settings.serverName)))
      throw new Fault({ kind: 'fatal', side }, microsoftText, true);
    const session = new Session({
      settings,
      address,
      credential,
      side,
      timeouts: timeouts ?? defaultTimeouts,
    });
    try {
      const root = await getFolder(session, undefined, { properties: [entryId] }, signal);
      const rootId = idOf(root)?.id ?? '';
      session.markOpened();
      return { session, rootId, identity: identityOf(propertyOf(root, entryId), rootId) };
    } catch (error) {
      await session.close();
      throw error;
    }
  });
}

const folderEntryBytes = 46;

/**
 * The mailbox GUID, which a folder's entry id holds as its provider: it stays with the mailbox through renames and moves between
 * databases, whoever opens it. Where a server gives no such entry id, the id of the top folder, which is as unique.
 * @see MS-OXCDATA 2.2.4.1 Folder EntryID structure
 */
export function identityOf(rootEntryId: string | undefined, rootId: string): string {
  const bytes = Buffer.from(rootEntryId ?? '', 'base64');
  if (bytes.length === folderEntryBytes) return `exchange:${bytes.toString('hex', 4, 20)}`;
  return `exchange:${createHash('sha256').update(rootId).digest('hex').slice(0, 32)}`;
}
