import type { ItemFilter } from '../domain/item-filter';
import type { FolderDocument, Repairs } from './ledger';
import { listAll, targetFolders } from './list-target';
import type { MailboxPair } from './mailbox-pair';
import { noFindings, type FolderVerdict, type Suspect, type VerifyFindings } from './verify-findings';
import { keyOf, verifyFolder } from './verify-folder';

export interface VerifyResult {
  findings: VerifyFindings;
  /** Positions whose folder needs another `copyFolder`, which mends what was found; then verify again. */
  repair: number[];
}

/**
 * Compares the source at its watermarks with the ledger, and the ledger with a fresh listing of the target. It only finds and notes
 * (in the folder documents); `copyFolder` of the folders in `repair` mends. To be called when no folder of the pair is being copied.
 * Folder by folder, and large folders in slices of their keys' hashes, so that memory is bounded whatever the mailbox.
 *
 * @param onProgress called as folders are dealt with
 * @throws Fault of the mailbox
 */
export async function verifyPass(
  pair: MailboxPair,
  { filter }: { filter: ItemFilter },
  signal: AbortSignal,
  onProgress: () => void = () => {},
): Promise<VerifyResult> {
  const verdicts = new Map<number, { folder: FolderDocument; verdict: FolderVerdict }>();
  const findings = noFindings();
  for await (const folder of pair.ledger.folders(pair.id)) {
    if (folder.plan.gone || folder.plan.refused || folder.plan.targetId === undefined) continue;
    const verdict = await verifyFolder(pair, folder, filter, signal, onProgress);
    if (needsMending(verdict.repairs) || verdict.suspects.length > 0) {
      verdicts.set(folder.plan.position, { folder, verdict });
    }
    sumUp(findings, verdict.findings);
    onProgress();
  }
  await judgeSuspects(pair, [...verdicts.values()], findings, signal, onProgress);
  const repair: number[] = [];
  for (const [position, { folder, verdict }] of verdicts) {
    if (!needsMending(verdict.repairs)) continue;
    await pair.ledger.noteRepairs(folder, verdict.repairs);
    repair.push(position);
  }
  return { findings, repair };
}

function sumUp(sum: VerifyFindings, more: VerifyFindings): void {
  sum.missing += more.missing;
  sum.unrecorded += more.unrecorded;
  sum.doubled += more.doubled;
  sum.copies += more.copies;
  sum.changedByUser += more.changedByUser;
  sum.arrivedSince += more.arrivedSince;
}

function needsMending({ relistSource, relistTarget, remove }: Repairs): boolean {
  return relistSource || relistTarget || remove.length > 0;
}

/**
 * A late put of an item whose own target item is not in the folder is a double only if its user has moved that one to another folder;
 * else it is the only one there is, and stays.
 */
async function judgeSuspects(
  pair: MailboxPair,
  verdicts: readonly { folder: FolderDocument; verdict: FolderVerdict }[],
  findings: VerifyFindings,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<void> {
  const wanted = new Map<string, { suspect: Suspect; repairs: Repairs; ownFolder: string }>();
  for (const { folder, verdict } of verdicts) {
    for (const suspect of verdict.suspects) {
      const ownFolder = folder.plan.targetId ?? '';
      wanted.set(keyOf(folder.folderKey, suspect.sourceKey), {
        suspect,
        repairs: verdict.repairs,
        ownFolder,
      });
    }
  }
  if (wanted.size === 0) return;
  for (const target of await targetFolders(pair, planned(verdicts), signal)) {
    for await (const { added } of listAll(pair, target, signal)) {
      for (const { stamp } of added) {
        const found = stamp && wanted.get(keyOf(stamp.folderKey, stamp.sourceKey));
        if (!found || found.ownFolder === target.id || found.suspect.parcelId !== stamp.parcelId) continue;
        for (const late of found.suspect.late)
          found.repairs.remove.push({ sourceKey: stamp.sourceKey, target: late });
        findings.doubled += found.suspect.late.length;
        wanted.delete(keyOf(stamp.folderKey, stamp.sourceKey));
      }
      onProgress();
    }
  }
}

function planned(verdicts: readonly { folder: FolderDocument }[]): string[] {
  return verdicts.flatMap(({ folder }) => folder.plan.targetId ?? []);
}
