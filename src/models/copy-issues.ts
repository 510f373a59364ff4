import type { mongo } from 'mongoose';
import type { ItemReason } from '../domain/faults';
import { fateOf } from '../domain/item-counts';
import type { KnownEntry, LedgerParcel, NamedDifference } from '../engine/ledger';
import type { FolderReport } from './copy-report';
import { MongoLedgerStore } from './ledger-store';
import { MailUsers } from './mail-users';

/** Something that is not in the target as it should be; never its subject. */
export interface IssueReport extends ItemReason {
  folder: string;
  /** `folder`: everything in it that is not accounted for. The last three were found by comparing both mailboxes. */
  kind: 'skipped' | 'failed' | 'folder' | NamedDifference['kind'];
  /** How many items: 1 except for a folder, of which it is at least so many. */
  count: number;
  /** Absent for a folder. */
  itemClass?: string;
  sizeBytes?: number;
  /** ISO 8601; absent where the server gave none. */
  date?: string;
}

/** Everything of a pair that is not in the target as it should be, by folder; a few items in memory at a time. */
export async function* issuesOfCopy(
  pairId: string,
  folders: readonly FolderReport[],
): AsyncGenerator<IssueReport> {
  for (const folder of folders) {
    const { path, state, failed, skipped, refused, verified } = folder;
    let itemized = 0;
    if (failed + skipped > 0)
      for await (const issue of itemsOf(pairId, folder)) {
        itemized += 1;
        yield issue;
      }
    if (refused !== undefined && state !== 'gone') {
      const { code, remedy, message } = refused;
      const count = Math.max(0, failed + skipped - itemized);
      yield { folder: path, kind: 'folder', count, code, remedy, message };
    }
    for (const named of verified?.named ?? [])
      yield { folder: path, count: 1, ...named, ...words[named.kind] };
  }
}

/** What a comparison says of an item, for whoever must act. */
const words: Record<NamedDifference['kind'], ItemReason> = {
  missing: {
    code: 'MissingInTarget',
    remedy: 'askSupport',
    message: 'When both mailboxes were compared the item was in the source and not in the target.',
  },
  doubled: {
    code: 'TwiceInTarget',
    remedy: 'askSupport',
    message: 'When both mailboxes were compared the item was more than once in the target.',
  },
  different: {
    code: 'OtherVersionInTarget',
    remedy: 'askSupport',
    message: 'When both mailboxes were compared the target held another version than was written.',
  },
};

const itemsAtOnce = 500;
const bad = ['skipped', 'failed'];

type Candidate = Pick<LedgerParcel, 'parcelId' | 'entries'>;

/**
 * A key may have been bad in several parcels, and good in a later one: it is named where its newest entry stands, so that it is named
 * once and only where that is still true.
 */
async function* itemsOf(pairId: string, { folderKey, path }: FolderReport): AsyncGenerator<IssueReport> {
  let batch: { parcelId: string; sourceKey: string }[] = [];
  for await (const { parcelId, entries } of badParcels(pairId, folderKey)) {
    for (const { sourceKey, outcome } of entries)
      if (bad.includes(outcome.kind)) batch.push({ parcelId, sourceKey });
    if (batch.length < itemsAtOnce) continue;
    yield* stillBad(pairId, folderKey, path, batch);
    batch = [];
  }
  yield* stillBad(pairId, folderKey, path, batch);
}

async function* badParcels(pairId: string, folderKey: string): AsyncGenerator<Candidate> {
  const folders = MailUsers.db.collection<{ _id: string } & mongo.Document>('folders');
  const folder = await folders.findOne({ pairId, folderKey }, { projection: { _id: 1 } });
  if (folder === null) return;
  const parcels = MailUsers.db.collection<Candidate & mongo.Document>('parcels');
  yield* parcels
    .find(
      { folder: folder._id, 'entries.outcome.kind': { $in: bad } },
      { projection: { parcelId: 1, 'entries.sourceKey': 1, 'entries.outcome.kind': 1 } },
    )
    .batchSize(100);
}

async function* stillBad(
  pairId: string,
  folderKey: string,
  folder: string,
  batch: readonly { parcelId: string; sourceKey: string }[],
): AsyncGenerator<IssueReport> {
  if (batch.length === 0) return;
  const keys = batch.map(({ sourceKey }) => sourceKey);
  const known = await new MongoLedgerStore().lookUp({ pairId, folderKey }, keys);
  for (const { parcelId, sourceKey } of batch) {
    const newest = known.get(sourceKey)?.at(-1);
    const issue = newest?.parcelId === parcelId ? issueOf(folder, newest) : undefined;
    if (issue !== undefined) yield issue;
  }
}

function issueOf(
  folder: string,
  { outcome, itemClass, sizeBytes, date }: KnownEntry,
): IssueReport | undefined {
  const kind = fateOf(outcome);
  if ((kind !== 'skipped' && kind !== 'failed') || !('reason' in outcome)) return undefined;
  const { code, remedy, message } = outcome.reason;
  const item = { itemClass, sizeBytes, ...(date === undefined ? {} : { date }) };
  return { folder, kind, count: 1, ...item, code, remedy, message };
}
