import type { SourceFolder } from '../connectors/connector';
import type { Fault } from '../domain/faults';
import { isMuchSmaller } from '../domain/shrunk-source';
import { note } from './copy-works';
import { FencedOut } from './folder-session';
import { GoneItems, type GoneItem } from './gone-items';
import type { FolderDocument, PairDocument } from './ledger';
import { sourceFolders } from './list-source';
import { isOfFolder } from './list-target';
import type { MailboxPair } from './mailbox-pair';
import { isOnlyMended } from './mend';
import { nothingCame } from './nothing-came';
import { PairSession } from './pair-session';
import { removeGone } from './remove-gone';
import { distrustIfSetBack, fearSetBack } from './set-back';
import { refuseEmptied, stopped } from './source-guards';
import { TakenFolders } from './taken-folders';
import { noteVanished } from './vanished';
import { bare } from './works';

export interface FollowOrder {
  /** Higher than any given to this pair before. */
  fence: number;
  /** Whether what was deleted at the source is removed from the target. What was moved is followed in any case. */
  followDeletions: boolean;
  /**
   * An administrator has looked after a source that was empty or much smaller: what it lacks is taken for deleted, and stays in the
   * target.
   */
  sourceChecked: boolean;
  /**
   * Whether the last sweep told no change. Else what was told to be gone from one folder may have come to another that has not told it:
   * what is judged now is judged again in the next pass, and what seems deleted stays until then.
   */
  quiet: boolean;
}

export type FollowResult =
  | {
      kind: 'followed';
      /** Target items removed, because theirs was moved at the source and is there under its new key, or was deleted. */
      moved: number;
      deleted: number;
      /** What is gone from the source, or was moved to where the filter leaves it out, and stays in the target. */
      kept: number;
    }
  /** The ledger knows nothing of the pair: it was lost. Call `planFolders` again. */
  | { kind: 'unplanned' }
  /** Another attempt holds the pair or a folder under this higher (or the same) fence: go above it. */
  | { kind: 'fenced'; by: number };

/**
 * Follows what is no longer where it was at the source, once all that came was copied: the target item of what was moved is removed,
 * one for one that came; what was deleted is removed only where that was asked for, and only what was seen at the source by this
 * ledger; what its user has changed in the target is left, and said. To be called after the sweeps of a pass, when no folder of the
 * pair is being copied. Repeatable: what is removed is in the ledger, and what is judged is not judged again.
 *
 * @throws Fault of the mailbox; `fatal` with `checkSourceMailbox` where the mailbox lists as empty or so much is gone that it was hardly
 *   meant (`shrunk-source.ts`)
 */
export async function followGone(
  pair: MailboxPair,
  order: FollowOrder,
  signal: AbortSignal,
): Promise<FollowResult> {
  await fearSetBack(pair, order.fence);
  const taken = await pair.ledger.takePair(pair.id, order.fence);
  if (taken.kind === 'refused') return { kind: 'fenced', by: taken.by };
  if (!taken.document.adopted) return { kind: 'unplanned' };
  const session = new PairSession(pair, taken.document);
  try {
    return await follow(pair, session, order, signal);
  } catch (fault) {
    const failure = session.failure ?? fault;
    if (!(failure instanceof FencedOut)) throw failure;
    await distrustIfSetBack(pair, order.fence, failure);
    return { kind: 'fenced', by: failure.by };
  }
}

async function follow(
  pair: MailboxPair,
  session: PairSession,
  { fence, followDeletions, sourceChecked, quiet }: FollowOrder,
  signal: AbortSignal,
): Promise<FollowResult> {
  const { document } = session;
  const taken = new TakenFolders(pair, fence);
  const vanished = await settleAndNote(pair, taken, signal);
  const folders = await holdUnjudged(pair, taken, document);
  const gone = new GoneItems(pair, document, folders);
  const count = await gone.count();
  const shrunk = await shrinkage(gone, count, signal);
  if (shrunk && !sourceChecked) throw muchSmaller(shrunk);
  const listed = count > 0 ? await lookAgain(pair, folders, sourceChecked, signal) : [];
  const isEmptied = listed.every(({ itemCount }) => itemCount === 0);
  const isTold =
    quiet && !isAnyBack(listed, folders) && (!vanished || (await nothingCame(pair, folders, signal)));
  // What was moved to a folder that is refused is not known to be there.
  const isRefused = folders.some(({ plan }) => plan.refused && !isOnlyMended(plan));
  const stays = !followDeletions || !isTold || isRefused || shrunk !== undefined || isEmptied;
  const result = { kind: 'followed' as const, moved: 0, deleted: 0, kept: 0 };
  const open: GoneItem[] = [];
  for await (const verdicts of gone.verdicts(count)) {
    open.push(...verdicts.open, ...verdicts.leftOut);
    result.moved += await removeGone(pair, taken, verdicts.moved, true, signal);
    const followed = verdicts.deleted.filter(({ entry }) => !stays && wasSeen(entry));
    result.deleted += await removeGone(pair, taken, followed, false, signal);
    result.kept += verdicts.leftOut.length + verdicts.deleted.length - followed.length;
  }
  if (((isTold && !isRefused) || sourceChecked) && folders.every(({ pending }) => pending.length === 0))
    await close(pair, session, taken, folders, open);
  return result;
}

/** @returns whether something was found to be gone that was not told */
async function settleAndNote(pair: MailboxPair, taken: TakenFolders, signal: AbortSignal): Promise<boolean> {
  let vanished = false;
  const folders = await foldersOf(pair);
  const back = await keysOfBack(pair, folders, signal);
  for (const folder of folders) {
    const isPending = folder.pending.length > 0 && folder.plan.targetId !== undefined;
    if (isPending) await taken.settle(folder.folderKey, signal);
    const isUntold = folder.plan.gone ? !folder.closed : folder.relisted && !folder.plan.leftOut;
    if (!isUntold) continue;
    const isDone =
      !back.has(folder.folderKey) &&
      (await unlessRefused(async () => {
        if (await noteVanished(pair, taken, folder, signal)) vanished = true;
      }));
    vanished ||= !isDone;
  }
  return vanished;
}

/** Of the folders that seem to have gone since the last pass, those that are listed all the same: nothing in them has gone for that. */
async function keysOfBack(
  pair: MailboxPair,
  folders: readonly FolderDocument[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const gone = new Set(
    folders.flatMap(({ folderKey, plan, closed }) => (plan.gone && !closed ? folderKey : [])),
  );
  if (gone.size === 0) return gone;
  return new Set((await sourceFolders(pair, signal)).flatMap(({ key }) => (gone.has(key) ? key : [])));
}

/** Takes each folder with something to be judged: no attempt of before adds to what it is judged by, or behind the mark. */
async function holdUnjudged(
  pair: MailboxPair,
  taken: TakenFolders,
  { judged = {} }: PairDocument,
): Promise<FolderDocument[]> {
  const folders: FolderDocument[] = [];
  for (const folder of await foldersOf(pair)) {
    const isJudged = folder.seq <= (judged[folder.plan.position] ?? 0);
    folders.push(isJudged ? folder : (await taken.open(folder.folderKey)).session.document);
  }
  return folders;
}

async function foldersOf(pair: MailboxPair): Promise<FolderDocument[]> {
  const folders: FolderDocument[] = [];
  for await (const folder of pair.ledger.folders(pair.id))
    folders.push({ ...folder, pending: folder.pending.map((parcel) => ({ ...parcel, entries: [] })) });
  return folders;
}

/** A folder that cannot be listed just now is looked at in the next pass. @returns whether it was looked at */
async function unlessRefused(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (fault) {
    if (!isOfFolder(fault)) throw fault;
    return false;
  }
}

/** @returns how many are gone of how many, where that is too much */
async function shrinkage(
  gone: GoneItems,
  count: number,
  signal: AbortSignal,
): Promise<[gone: number, known: number] | undefined> {
  if (!isMuchSmaller(count, 0)) return undefined;
  let deleted = 0;
  for await (const verdicts of gone.verdicts(count)) deleted += verdicts.deleted.length;
  const known = await gone.known(signal);
  return isMuchSmaller(deleted, known) ? [deleted, known] : undefined;
}

/**
 * Looks at a mailbox once more before anything is removed from the other: since it was planned it may have emptied, or a folder that was
 * gone be back.
 *
 * @throws Fault `fatal` with `checkSourceMailbox`, unless an administrator has looked after it
 */
async function lookAgain(
  pair: MailboxPair,
  folders: readonly FolderDocument[],
  sourceChecked: boolean,
  signal: AbortSignal,
): Promise<SourceFolder[]> {
  const listed = await sourceFolders(pair, signal);
  if (!sourceChecked) refuseEmptied(listed, new Map(folders.map((folder) => [folder.folderKey, folder])));
  return listed;
}

function isAnyBack(listed: readonly SourceFolder[], folders: readonly FolderDocument[]): boolean {
  const gone = new Set(folders.flatMap(({ folderKey, plan }) => (plan.gone ? folderKey : [])));
  return listed.some(({ key }) => gone.has(key));
}

function muchSmaller([gone, known]: [number, number]): Fault {
  const message = `${gone} of ${known} items that were copied are no longer listed by the source mailbox since the last pass.`;
  return stopped('SourceMuchSmaller', message);
}

/** What is known from the target alone may have been deleted at any time, before deletions were to be followed too. */
function wasSeen({ itemClass }: { itemClass: string }): boolean {
  return itemClass !== '';
}

/** Marks everything so far as judged, but for what is still open: that is noted again, behind the mark. */
async function close(
  pair: MailboxPair,
  session: PairSession,
  taken: TakenFolders,
  folders: readonly FolderDocument[],
  open: readonly GoneItem[],
): Promise<void> {
  const judged: Record<number, number> = {};
  for (const { folderKey, plan, seq } of folders) {
    judged[plan.position] = seq;
    const mine = open.filter((item) => item.folderKey === folderKey);
    if (mine.length === 0) continue;
    const { session: folder, keys } = await taken.open(folderKey);
    const steps = mine.map(({ entry }) => ({
      before: entry,
      after: { ...bare(entry), outcome: entry.outcome },
    }));
    await note({ pair, session: folder, keys, onProgress: () => {} }, steps);
    await folder.saveChanges();
  }
  await session.write({ judged });
}
