import type { PutChange, SourceFolder } from '../connectors/connector';
import type { FolderDocument } from './ledger';
import type { MailboxPair } from './mailbox-pair';

/** All folders of the source as it lists them now. */
export function sourceFolders(pair: MailboxPair, signal: AbortSignal): Promise<SourceFolder[]> {
  return pair.sourceBackOff.repeat(signal, () =>
    pair.sourceTurns.run(signal, () => pair.source.listFolders(signal)),
  );
}

/** Items put or changed at the source since a state, all without one; nothing where the state no longer holds. */
export async function* listSource(
  pair: MailboxPair,
  { folderKey }: Pick<FolderDocument, 'folderKey'>,
  from: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<PutChange> {
  let since = from;
  for (let more = true; more;) {
    const page = await pair.sourceBackOff.repeat(signal, () =>
      pair.sourceTurns.run(signal, () => pair.source.listChanges(folderKey, since, signal)),
    );
    if (page.reset && from !== undefined) return;
    for (const change of page.changes) if (change.kind === 'put') yield change;
    more = page.more && page.state !== since;
    since = page.state;
  }
}
