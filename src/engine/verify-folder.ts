import type { PutChange } from '../connectors/connector';
import { Fault } from '../domain/faults';
import { noCounters } from '../domain/item-counts';
import type { ItemFilter } from '../domain/item-filter';
import { counted } from './folder-counters';
import { judgeTarget, questionsAtOnce, type Account, type Accounts } from './judge-keys';
import type { FolderDocument, NamedDifference } from './ledger';
import { listSource } from './list-source';
import { listAll } from './list-target';
import type { MailboxPair } from './mailbox-pair';
import { isOnlyMended } from './mend';
import { sliceOf } from './newest-entries';
import { nameOf, noVerdict, report, type FolderVerdict } from './verify-findings';

/** Most items of a folder held in memory at once. */
const itemsAtOnce = 50_000;

export function keyOf(folderKey: string, sourceKey: string): string {
  return JSON.stringify([folderKey, sourceKey]);
}

/** Compares one folder. */
export async function verifyFolder(
  pair: MailboxPair,
  folder: FolderDocument,
  filter: ItemFilter,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<FolderVerdict> {
  const verdict = noVerdict();
  const slices = Math.max(1, Math.ceil(Math.max(folder.plan.itemCount, folder.counters.found) / itemsAtOnce));
  let counters = noCounters;
  try {
    for (let slice = 0; slice < slices; slice += 1) {
      const mine = (sourceKey: string) => sliceOf(sourceKey, slices) === slice;
      const accounts: Accounts = new Map();
      await readLedger(pair, folder, mine, accounts);
      counters = counted(
        counters,
        [...accounts.values()].flatMap(({ newest }) => (newest ? { after: newest } : [])),
      );
      const held = await readTarget(pair, folder, mine, accounts, verdict, signal, onProgress);
      if (slice === 0) verdict.targetCount = held;
      if (!isOnlyMended(folder.plan))
        await readSource(pair, folder, filter, mine, accounts, verdict, signal, onProgress);
      await judgeTarget(pair, folder, accounts, verdict);
    }
    if (folder.pending.length === 0) verdict.counters = counters;
  } catch (fault) {
    if (!(fault instanceof Fault) || fault.details.kind !== 'folder') throw fault;
    // Its copy finds out what is to be done about a folder that is not there any more, if anything is.
    verdict.repairs.relistSource = !isOnlyMended(folder.plan);
  }
  return verdict;
}

type Mine = (sourceKey: string) => boolean;

function account(accounts: Accounts, sourceKey: string): Account {
  const known = accounts.get(sourceKey);
  if (known) return known;
  const made = { older: new Map<string, string>(), there: [] };
  accounts.set(sourceKey, made);
  return made;
}

async function readLedger(
  pair: MailboxPair,
  folder: FolderDocument,
  mine: Mine,
  accounts: Accounts,
): Promise<void> {
  for await (const { parcelId, seq, adopted, entries } of pair.ledger.stream(folder)) {
    for (const entry of entries) {
      if (!mine(entry.sourceKey)) continue;
      const known = account(accounts, entry.sourceKey);
      const before = known.newest?.outcome;
      // What was only found in the target may be a copy its user made.
      if (before?.kind === 'copied' && !known.newest?.adopted)
        known.older.set(before.targetId, before.targetChangeKey);
      known.newest = { ...entry, parcelId, seq, adopted };
      const { outcome } = entry;
      if (outcome.kind !== 'copied') continue;
      known.older.delete(outcome.targetId);
      // What was only noted of it wrote nothing.
      const isNote = before?.kind === 'copied' && before.targetChangeKey === outcome.targetChangeKey;
      if (!isNote) known.putBy = entry.putBy ?? parcelId;
    }
  }
}

async function readTarget(
  pair: MailboxPair,
  folder: FolderDocument,
  mine: Mine,
  accounts: Accounts,
  { repairs }: FolderVerdict,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<number> {
  let held = 0;
  for await (const { added } of listAll(pair, { id: folder.plan.targetId ?? '' }, signal)) {
    held += added.length;
    for (const item of added) {
      const { stamp } = item;
      if (!stamp || stamp.folderKey !== folder.folderKey || !mine(stamp.sourceKey)) continue;
      if (stamp.unfinished) repairs.relistTarget = true;
      else account(accounts, stamp.sourceKey).there.push({ ...item, stamp });
    }
    onProgress();
  }
  return held;
}

async function readSource(
  pair: MailboxPair,
  folder: FolderDocument,
  filter: ItemFilter,
  mine: Mine,
  accounts: Accounts,
  verdict: FolderVerdict,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<void> {
  const missing = new Map<string, NamedDifference>();
  for await (const change of listSource(pair, folder, undefined, signal)) {
    if (!mine(change.sourceKey) || !filter.accepts(change)) continue;
    const known = accounts.get(change.sourceKey);
    if (!isAccountedFor(known, change)) missing.set(change.sourceKey, nameOf('missing', change));
    onProgress();
  }
  if (missing.size === 0) return;
  const later = await changedSince(pair, folder, mine, signal);
  for (const [sourceKey, named] of missing) {
    if (later.has(sourceKey)) verdict.findings.arrivedSince += 1;
    else judgeMissing(sourceKey, named, accounts.get(sourceKey), verdict);
  }
}

function judgeMissing(
  sourceKey: string,
  named: NamedDifference,
  known: Account | undefined,
  verdict: FolderVerdict,
): void {
  if (known?.newest) {
    report(verdict, named);
    verdict.repairs.relistSource = true;
  } else if (known?.there.length) {
    // It is entered into the ledger as unrecorded.
  } else if (verdict.questions.length < questionsAtOnce) {
    verdict.questions.push({ kind: 'unknown', sourceKey, named });
  } else report(verdict, named);
}

function isAccountedFor(known: Account | undefined, change: PutChange): boolean {
  const newest = known?.newest;
  if (!newest) return false;
  const { outcome } = newest;
  if (outcome.kind === 'skipped' && outcome.keptTargetId) return true;
  if (outcome.kind === 'removed' || outcome.kind === 'filtered') return false;
  return newest.changeKey === change.changeKey;
}

/** Keys that the source tells of since the watermark; none where the watermark no longer holds. */
async function changedSince(pair: MailboxPair, folder: FolderDocument, mine: Mine, signal: AbortSignal) {
  const since = folder.watermark?.source;
  const keys = new Set<string>();
  if (since === undefined) return keys;
  for await (const change of listSource(pair, folder, since, signal))
    if (mine(change.sourceKey)) keys.add(change.sourceKey);
  return keys;
}
