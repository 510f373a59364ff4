import { Types } from 'mongoose';
import type { FaultText } from '../domain/faults';
import { countersOf, isAccountedFor, isListed, unaccounted, type ItemCounts } from '../domain/item-counts';
import type { WellKnownFolder } from '../domain/mailbox';
import type { FolderDocument, VerifiedFolder } from '../engine/ledger';
import { releasePair } from './ledger-purge';
import { MongoLedgerStore } from './ledger-store';
import { MailUsers, type MailUser } from './mail-users';

/**
 * Notes which pair of mailboxes a row has turned out to be, so that pages find what was copied. Where it was another before, as its target
 * was replaced, that one's ledger is released.
 * @param targetIdentity hash of the target's identity: with another target it is another pair
 */
export async function notePair(
  mailUserId: string,
  pairId: string,
  now: Date,
  targetIdentity?: string,
): Promise<void> {
  const _id = new Types.ObjectId(mailUserId);
  const before = await MailUsers.findById(_id, { pairId: 1 }).lean<Pick<MailUser, 'pairId'>>();
  if (before?.pairId !== pairId) await releasePair(before?.pairId, now);
  const noted = { pairId, ...(targetIdentity === undefined ? {} : { targetIdentity }) };
  await MailUsers.updateOne({ _id }, { $set: noted });
}

/** One folder of a copy, as pages show it. */
export interface FolderReport extends ItemCounts {
  folderKey: string;
  /** Its place in the plan, from 0. */
  position: number;
  /** Its name under those of its parents, `Inbox / Projects`. */
  path: string;
  wellKnown?: WellKnownFolder;
  /** What the source says it holds beyond `found`; 0 once it was gone through. */
  remaining: number;
  /** `done`: all changes up to a point are in the target. */
  state: 'waiting' | 'copying' | 'done' | 'leftOut' | 'refused' | 'gone';
  refused?: FaultText;
  /** Absent until both mailboxes were compared. */
  verified?: VerifiedFolder;
}

/**
 * What became of each folder of a pair, as a tree: each behind its parent, those of one parent in the order of the plan.
 * @param isWhole whether a pass has gone through all of them, so that what they lack has come since
 */
export async function foldersOfCopy(pairId: string, isWhole: boolean): Promise<FolderReport[]> {
  const folders: FolderDocument[] = [];
  for await (const folder of new MongoLedgerStore().folders(pairId)) folders.push(folder);
  folders.sort((a, b) => a.plan.position - b.plan.position);
  const byKey = new Map(folders.map((folder) => [folder.folderKey, folder]));
  const reports = folders.map((folder) => {
    const line = lineOf(folder, byKey);
    return { report: reportOf(folder, line, isWhole), places: line.map(({ plan }) => plan.position) };
  });
  return reports.sort((a, b) => comparePlaces(a.places, b.places)).map(({ report }) => report);
}

function reportOf(folder: FolderDocument, line: readonly FolderDocument[], isWhole: boolean): FolderReport {
  const { folderKey, plan, verified } = folder;
  const { found, copied, alreadyThere, filtered, skipped, failed } = countersOf(plan, folder.counters);
  const state = stateOf(folder, isWhole);
  return {
    folderKey,
    position: plan.position,
    path: line.map(({ plan: { name } }) => name).join(' / '),
    ...(plan.wellKnown === undefined ? {} : { wellKnown: plan.wellKnown }),
    ...{ found, copied, alreadyThere, filtered, skipped, failed },
    remaining: isAhead(state) ? unaccounted(folder.counters, plan.itemCount) : 0,
    state,
    ...(plan.refused === undefined ? {} : { refused: plan.refused }),
    ...(verified === undefined ? {} : { verified }),
  };
}

/** From the top down to the folder itself. Parents may be missing, and a server may name a folder its own parent. */
function lineOf(folder: FolderDocument, byKey: ReadonlyMap<string, FolderDocument>): FolderDocument[] {
  const line: FolderDocument[] = [];
  const seen = new Set<string>();
  let at: FolderDocument | undefined = folder;
  while (at !== undefined && !seen.has(at.folderKey)) {
    seen.add(at.folderKey);
    line.unshift(at);
    at = at.plan.parentKey === undefined ? undefined : byKey.get(at.plan.parentKey);
  }
  return line;
}

function comparePlaces(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((place, depth) => place !== b[depth]);
  return at === -1 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1);
}

function stateOf(folder: FolderDocument, isWhole: boolean): FolderReport['state'] {
  const { plan, pending, seq } = folder;
  if (plan.gone) return 'gone';
  if (plan.refused !== undefined) return 'refused';
  if (plan.leftOut) return 'leftOut';
  if (isListed(folder) && (isWhole || isAccountedFor(folder))) return 'done';
  return seq > 0 || pending.length > 0 ? 'copying' : 'waiting';
}

/** Of what is not listed to its end, only the source's own count is known. */
function isAhead(state: FolderReport['state']): boolean {
  return state === 'waiting' || state === 'copying';
}
