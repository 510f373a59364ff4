import type { ChangePage } from '../connectors/connector';
import { Fault } from '../domain/faults';
import type { FolderDocument } from './ledger';
import { sourceFolders } from './list-source';
import type { MailboxPair } from './mailbox-pair';
import { isOnlyMended } from './mend';

/**
 * Whether the source has told of everything that came to its folders until now: none it is copied from tells of a put since its
 * watermark, and none is new, or back. False where that cannot be known.
 */
export async function nothingCame(
  pair: MailboxPair,
  folders: readonly FolderDocument[],
  signal: AbortSignal,
): Promise<boolean> {
  const known = new Set(folders.flatMap(({ folderKey, plan }) => (plan.gone ? [] : folderKey)));
  const listed = await sourceFolders(pair, signal);
  if (listed.some(({ key, itemCount }) => itemCount > 0 && !known.has(key))) return false;
  for (const folder of folders) {
    if (isOnlyMended(folder.plan)) continue;
    if (await toldMore(pair, folder, signal)) return false;
  }
  return true;
}

async function toldMore(
  pair: MailboxPair,
  { folderKey, watermark }: FolderDocument,
  signal: AbortSignal,
): Promise<boolean> {
  let since = watermark?.source;
  if (since === undefined) return true;
  for (let more = true; more;) {
    const from: string = since;
    try {
      const page: ChangePage = await pair.sourceBackOff.repeat(signal, () =>
        pair.sourceTurns.run(signal, () => pair.source.listChanges(folderKey, from, signal)),
      );
      if (page.reset || page.changes.some(({ kind }) => kind === 'put')) return true;
      more = page.more && page.state !== from;
      since = page.state;
    } catch (fault) {
      if (fault instanceof Fault && fault.details.kind === 'folder') return true;
      throw fault;
    }
  }
  return false;
}
