import type { FolderDocument, FolderId, LedgerStore } from './ledger';

/**
 * Every folder of the pair, each as it stands when its turn comes, however long that takes: a database gives up a walk over its documents
 * that is not gone on with for some minutes. For whoever asks servers or waits in between.
 */
export async function* foldersInTurn(ledger: LedgerStore, pairId: string): AsyncGenerator<FolderDocument> {
  const ids: FolderId[] = [];
  for await (const { folderKey } of ledger.folders(pairId)) ids.push({ pairId, folderKey });
  for (const id of ids) {
    const folder = await ledger.folder(id);
    if (folder) yield folder;
  }
}
