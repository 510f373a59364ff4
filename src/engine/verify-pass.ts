import { isDeepStrictEqual } from 'node:util';
import { chooseFolders } from '../domain/folder-filter';
import { noCounters, unaccounted, type FolderCounters } from '../domain/item-counts';
import { itemFilter, type FilterSpec } from '../domain/item-filter';
import type { VerifyCounts } from '../domain/migration';
import { foldersInTurn } from './folders-in-turn';
import { doublesAtOnce } from './judge-keys';
import type { FolderDocument } from './ledger';
import { sourceFolders } from './list-source';
import { listAny, targetFolders } from './list-target';
import type { MailboxPair } from './mailbox-pair';
import {
  addUp,
  needsMending,
  noFindings,
  report,
  type FolderVerdict,
  type Question,
} from './verify-findings';
import { keyOf, verifyFolder } from './verify-folder';

export interface VerifyOrder {
  filter: FilterSpec;
  /** Higher than any given to this pair before; absent for a pass of 0.1.0. */
  fence?: number;
  /** When the comparison begins, as reports state it; ISO 8601. */
  at: string;
}

export interface VerifyResult {
  /** Counts over the whole mailbox. */
  findings: VerifyCounts;
  /** Positions whose folder needs another `copyFolder`, which mends what was found; then verify again. */
  repair: number[];
}

interface Compared {
  folder: FolderDocument;
  verdict: FolderVerdict;
}

/**
 * Compares the source at its watermarks with the ledger, and the ledger with a fresh listing of the target. It only finds and notes
 * (in the folder documents), and sets their figures to what their parcels say; `copyFolder` of the folders in `repair` mends. To be called when no folder of the pair is being copied.
 *
 * Keys are first looked for in their own folder, large folders in slices of their keys' hashes; what is not explained there is looked
 * for by its stamp in the whole target. So one listing of both sides does as a rule, and memory is bounded whatever the mailbox.
 *
 * What listings state cheaply and comparably is compared: which source version the stamp names, and whether the target item is as it
 * was written. Sizes are not: no two servers state the same for an item.
 *
 * @param onProgress called as folders are dealt with
 * @throws Fault of the mailbox
 */
export async function verifyPass(
  pair: MailboxPair,
  { filter, ...noting }: VerifyOrder,
  signal: AbortSignal,
  onProgress: () => void = () => {},
): Promise<VerifyResult> {
  const findings = noFindings();
  findings.arrivedSince += await inNewFolders(pair, filter, signal);
  const open: Compared[] = [];
  const repair: number[] = [];
  const accepts = itemFilter(filter);
  for await (const folder of foldersInTurn(pair.ledger, pair.id)) {
    if (folder.plan.refused || folder.plan.targetId === undefined) continue;
    const one = {
      folder: withoutPending(folder),
      verdict: await verifyFolder(pair, folder, accepts, signal, onProgress),
    };
    if (one.verdict.questions.length > 0) open.push(one);
    else await conclude(pair, one, noting, findings, repair);
    onProgress();
  }
  await answer(pair, open, signal, onProgress);
  for (const one of open) await conclude(pair, one, noting, findings, repair);
  return { findings, repair };
}

/** Notes what was found in a folder. */
async function conclude(
  pair: MailboxPair,
  { folder, verdict }: Compared,
  { at, fence }: Omit<VerifyOrder, 'filter'>,
  findings: VerifyCounts,
  repair: number[],
): Promise<void> {
  const { targetCount, named, repairs } = verdict;
  addUp(findings, verdict.findings);
  const verified = { at, targetCount, findings: verdict.findings, named };
  const isToMend = needsMending(repairs);
  await recount(pair, folder, verdict);
  await pair.ledger.noteVerified(folder, fence, { verified, ...(isToMend && { repairs }) });
  if (isToMend) repair.push(folder.plan.position);
}

/**
 * A folder's figures are kept beside its parcels, and are those of another moment where a database was restored from a dump that was
 * taken while it was written. They are left where anybody has written the document since.
 */
async function recount(
  { ledger, board }: MailboxPair,
  folder: FolderDocument,
  { counters }: FolderVerdict,
): Promise<void> {
  if (counters === undefined || isDeepStrictEqual(counters, folder.counters)) return;
  if (await ledger.writeFolder(folder, folder, { counters })) board.set({ ...folder, counters }, true);
}

/** What is kept of a folder until all were compared. */
function withoutPending(folder: FolderDocument): FolderDocument {
  return { ...folder, pending: [] };
}

/** Items of source folders that came, or came back, after the mailbox was planned. */
async function inNewFolders(pair: MailboxPair, filter: FilterSpec, signal: AbortSignal): Promise<number> {
  const known = new Map<string, FolderCounters | 'planned'>();
  for await (const { folderKey, plan, counters } of pair.ledger.folders(pair.id))
    known.set(folderKey, plan.gone ? counters : 'planned');
  const listed = await sourceFolders(pair, signal);
  const choices = chooseFolders(filter, listed);
  return listed.reduce((sum, { key, itemCount }) => {
    const counters = known.get(key) ?? noCounters;
    if (counters === 'planned' || choices.get(key) !== 'copied') return sum;
    return sum + unaccounted(counters, itemCount);
  }, 0);
}

interface Wanted extends Compared {
  question: Question;
}

/** Looks in the whole target for what was not found in its own folder. */
async function answer(
  pair: MailboxPair,
  open: readonly Compared[],
  signal: AbortSignal,
  onProgress: () => void,
): Promise<void> {
  const wanted = new Map<string, Wanted>();
  for (const { folder, verdict } of open)
    for (const question of verdict.questions)
      wanted.set(keyOf(folder.folderKey, question.sourceKey), { folder, verdict, question });
  if (wanted.size === 0) return;
  const known = open.flatMap(({ folder }) => folder.plan.targetId ?? []);
  for (const target of await targetFolders(pair, known, signal)) {
    for await (const { added } of listAny(pair, target, signal)) {
      for (const item of added) {
        const { stamp } = item;
        if (!stamp || stamp.unfinished) continue;
        const key = keyOf(stamp.folderKey, stamp.sourceKey);
        const found = wanted.get(key);
        if (!found || found.folder.plan.targetId === target.id) continue;
        if (judgeElsewhere(found, { ...item, stamp })) wanted.delete(key);
      }
      onProgress();
    }
  }
  for (const { verdict, question } of wanted.values()) {
    // A late item whose own one is nowhere is the only one there is, and stays.
    if (question.kind === 'late') continue;
    report(verdict, question.named);
    verdict.repairs.relistSource = true;
  }
}

/** @returns whether the item in another folder is the one that was looked for */
function judgeElsewhere(
  { question, verdict }: Wanted,
  item: FolderVerdict['repairs']['adopt'][number],
): boolean {
  if (question.kind === 'unknown') {
    verdict.findings.unrecorded += 1;
    if (verdict.repairs.adopt.length < doublesAtOnce) verdict.repairs.adopt.push(item);
    return true;
  }
  if (question.parcelId !== item.stamp.parcelId) return false;
  report(verdict, question.named, question.late.length);
  const { sourceKey } = question;
  verdict.repairs.remove.push(...question.late.map((target) => ({ sourceKey, target })));
  return true;
}
