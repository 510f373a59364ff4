import type { PlannedDocument } from './ensure-folders';
import type { FolderDocument } from './ledger';
import type { TakenFolders } from './taken-folders';

/** The filter of a watermark that was left behind: whoever comes back to the folder lists it from the beginning. */
const listAnew = 'left out';

/** Leaves the watermarks of folders that the filter leaves out behind. */
export async function noteLeftOut(
  taken: TakenFolders,
  folders: readonly PlannedDocument[],
  known: ReadonlyMap<string, FolderDocument>,
): Promise<void> {
  for (const { folderKey, plan } of folders) {
    if (!plan.leftOut || (known.get(folderKey)?.watermark?.filter ?? listAnew) === listAnew) continue;
    const { session } = await taken.open(folderKey);
    session.setWatermark({ filter: listAnew });
    await session.save();
  }
}
