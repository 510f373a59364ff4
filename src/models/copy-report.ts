import { Types, type mongo } from 'mongoose';
import type { ItemReason } from '../domain/faults';
import { countersOf } from '../domain/item-counts';
import type { FolderDocument } from '../engine/ledger';
import { MongoLedgerStore } from './ledger-store';
import { MailUsers } from './mail-users';

/** Notes which pair of mailboxes a row has turned out to be, so that pages find what was copied. */
export async function notePair(mailUserId: string, pairId: string): Promise<void> {
  await MailUsers.updateOne({ _id: new Types.ObjectId(mailUserId) }, { $set: { pairId } });
}

/** One folder of a copy, as pages show it. */
export interface FolderReport {
  folderKey: string;
  /** Its name under those of its parents, `Inbox / Projects`. */
  path: string;
  wellKnown?: string;
  /** Until it is done, at least what the source said it holds. */
  found: number;
  copied: number;
  skipped: number;
  failed: number;
  /** `done`: all changes up to a point are in the target. */
  state: 'waiting' | 'copying' | 'done' | 'refused' | 'gone';
  refused?: { code: string; message: string };
}

/** What became of each folder of a pair, in the order of the plan. */
export async function foldersOfCopy(pairId: string): Promise<FolderReport[]> {
  const folders: FolderDocument[] = [];
  for await (const folder of new MongoLedgerStore().folders(pairId)) folders.push(folder);
  folders.sort((a, b) => a.plan.position - b.plan.position);
  const byKey = new Map(folders.map((folder) => [folder.folderKey, folder]));
  return folders.map((folder) => {
    const { plan, counters, folderKey } = folder;
    const { found, copied, skipped, failed } = countersOf(plan, counters);
    const state = stateOf(folder);
    const { wellKnown, refused } = plan;
    return {
      folderKey,
      path: pathOf(folder, byKey),
      ...(wellKnown === undefined ? {} : { wellKnown }),
      found: Math.max(found, isAhead(state) ? plan.itemCount : 0),
      copied,
      skipped,
      failed,
      state,
      ...(refused === undefined ? {} : { refused: { code: refused.code, message: refused.message } }),
    };
  });
}

/** Parents may be missing, and a server may name a folder its own parent. */
function pathOf(folder: FolderDocument, byKey: ReadonlyMap<string, FolderDocument>): string {
  const names: string[] = [];
  const seen = new Set<string>();
  let at: FolderDocument | undefined = folder;
  while (at !== undefined && !seen.has(at.folderKey)) {
    seen.add(at.folderKey);
    names.unshift(at.plan.name);
    at = at.plan.parentKey === undefined ? undefined : byKey.get(at.plan.parentKey);
  }
  return names.join(' / ');
}

function stateOf({ plan, watermark, pending, seq }: FolderDocument): FolderReport['state'] {
  if (plan.gone) return 'gone';
  if (plan.refused !== undefined) return 'refused';
  if (watermark?.source !== undefined && pending.length === 0) return 'done';
  return seq > 0 || pending.length > 0 ? 'copying' : 'waiting';
}

/** Of what is not listed to its end, only the source's own count is known. */
function isAhead(state: FolderReport['state']): boolean {
  return state === 'waiting' || state === 'copying';
}

/** An item that is not in the target; never its subject. */
export interface IssueReport extends ItemReason {
  folder: string;
  kind: 'skipped' | 'failed';
  itemClass: string;
  sizeBytes: number;
  /** ISO 8601; absent where the server gave none. */
  date?: string;
}

/** The items of a pair that are not in the target, by folder; at most `limit`. */
export async function issuesOfCopy(
  pairId: string,
  folders: readonly FolderReport[],
  limit: number,
): Promise<IssueReport[]> {
  const ledger = new MongoLedgerStore();
  const issues: IssueReport[] = [];
  for (const { folderKey, path, skipped, failed } of folders) {
    if (skipped + failed === 0 || issues.length >= limit) continue;
    const keys = await keysWithIssues(pairId, folderKey, limit - issues.length);
    const known = await ledger.lookUp({ pairId, folderKey }, keys);
    for (const entries of known.values()) {
      // A later entry of the same item stands above: what was mended is no issue any more.
      const newest = entries.reduce((latest, entry) => (entry.seq >= latest.seq ? entry : latest));
      const { outcome, itemClass, sizeBytes, date } = newest;
      if (outcome.kind !== 'skipped' && outcome.kind !== 'failed') continue;
      const { code, remedy, message } = outcome.reason;
      const what = { folder: path, kind: outcome.kind, itemClass, sizeBytes, code, remedy, message };
      issues.push({ ...what, ...(date === undefined ? {} : { date }) });
    }
  }
  return issues.slice(0, limit);
}

interface EntryOfParcel {
  sourceKey: string;
  outcome: { kind: string };
}

async function keysWithIssues(pairId: string, folderKey: string, limit: number): Promise<string[]> {
  const folder = await MailUsers.db
    .collection<{ _id: string } & mongo.Document>('folders')
    .findOne({ pairId, folderKey }, { projection: { _id: 1 } });
  if (folder === null) return [];
  const parcels = MailUsers.db.collection<{ entries: EntryOfParcel[] } & mongo.Document>('parcels');
  const bad = ['skipped', 'failed'];
  const found = parcels
    .find({ folder: folder._id, 'entries.outcome.kind': { $in: bad } }, { projection: { entries: 1 } })
    .limit(limit);
  const keys = new Set<string>();
  for await (const { entries } of found)
    for (const { sourceKey, outcome } of entries) if (bad.includes(outcome.kind)) keys.add(sourceKey);
  return [...keys].slice(0, limit);
}
