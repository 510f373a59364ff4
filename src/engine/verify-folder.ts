import type { PutChange } from '../connectors/connector';
import { Fault } from '../domain/faults';
import { noCounters, type FolderCounters } from '../domain/item-counts';
import type { ItemFilter } from '../domain/item-filter';
import { addUpCounters } from './folder-counters';
import { judgeTarget, questionsAtOnce, type Account, type Accounts } from './judge-keys';
import { KeyComparison } from './compare-keys';
import type { KeyTable } from './key-table';
import type { FolderDocument, NamedDifference, StampedItem } from './ledger';
import { listSource } from './list-source';
import { listAll } from './list-target';
import type { MailboxPair } from './mailbox-pair';
import { isOnlyMended } from './mend';
import { mostKeys, sliceOf, slicesOf } from './newest-entries';
import { nameOf, noVerdict, report, type FolderVerdict } from './verify-findings';

/** Larger folders are compared in several slices, each of which lists both sides. */
const keysAtOnce = 100_000;
/** Keys that are more than compared: all that is known of them is held, and takes about so much each. */
const oddAtOnce = 5_000;
const bytesOfOdd = 2_000;

export function keyOf(folderKey: string, sourceKey: string): string {
  return JSON.stringify([folderKey, sourceKey]);
}

/** Compares one folder. Waits for its share of the memory that this process has for it. */
export async function verifyFolder(
  pair: MailboxPair,
  folder: FolderDocument,
  filter: ItemFilter,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<FolderVerdict> {
  const look: Look = { pair, folder, filter, verdict: noVerdict(), signal, onProgress };
  const keys = Math.max(folder.plan.itemCount, await mostKeys(pair.ledger, folder, keysAtOnce));
  const { slices, expected } = slicesOf(keys, keysAtOnce);
  let counters = noCounters;
  try {
    for (let slice = 0; slice < slices; slice += 1) {
      const mine = (sourceKey: string) => sliceOf(sourceKey, slices) === slice;
      const compared = await pair.keyMemory.hold(KeyComparison.bytes(expected), signal, () =>
        compareKeys(look, mine, expected),
      );
      counters = addUpCounters(counters, compared.counters);
      await judgeOdd(look, compared.odd);
    }
    if (folder.pending.length === 0) look.verdict.counters = counters;
  } catch (fault) {
    if (!(fault instanceof Fault) || fault.details.kind !== 'folder') throw fault;
    // Its copy finds out what is to be done about a folder that is not there any more, if anything is.
    look.verdict.repairs.relistSource = !isOnlyMended(folder.plan);
  }
  return look.verdict;
}

interface Look {
  readonly pair: MailboxPair;
  readonly folder: FolderDocument;
  readonly filter: ItemFilter;
  /** What is found is added to it. */
  readonly verdict: FolderVerdict;
  readonly signal: AbortSignal;
  readonly onProgress: () => void;
}

/** @returns the keys of which more must be known than whether both sides and the ledger agree, and the figures of all of them */
async function compareKeys(
  look: Look,
  mine: Mine,
  expected: number,
): Promise<{ odd: KeyTable; counters: FolderCounters }> {
  const { pair, folder, verdict, signal } = look;
  const comparison = new KeyComparison(expected);
  for await (const { entries } of pair.ledger.stream(folder))
    for (const entry of entries) if (mine(entry.sourceKey)) comparison.recorded(entry);
  verdict.targetCount = await readTarget(look, mine, (item) => comparison.stands(item));
  if (!isOnlyMended(folder.plan)) {
    await readSource(look, mine, (change) => comparison.listed(change));
    if (comparison.lacksAny) await readSince(look, mine, (sourceKey) => comparison.toldLater(sourceKey));
  }
  signal.throwIfAborted();
  return { odd: comparison.judge(verdict), counters: comparison.counters };
}

/** Looks again, with all that is known of these keys. */
async function judgeOdd(look: Look, odd: KeyTable): Promise<void> {
  const { pair, signal } = look;
  const { slices, expected } = slicesOf(odd.size, oddAtOnce);
  if (odd.size === 0) return;
  for (let slice = 0; slice < slices; slice += 1) {
    const mine = (sourceKey: string) =>
      sliceOf(sourceKey, slices) === slice && odd.find(sourceKey) !== undefined;
    await pair.keyMemory.hold(expected * bytesOfOdd, signal, () => judgeInFull(look, mine));
  }
}

async function judgeInFull(look: Look, mine: Mine): Promise<void> {
  const { pair, folder, verdict } = look;
  const accounts: Accounts = new Map();
  await readLedger(pair, folder, mine, accounts);
  await readTarget(look, mine, (item) => account(accounts, item.stamp.sourceKey).there.push(item));
  if (!isOnlyMended(folder.plan)) await findMissing(look, mine, accounts);
  await judgeTarget(pair, folder, accounts, verdict);
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

/** @returns how many items the folder holds, whoever put them there */
async function readTarget(
  { pair, folder, verdict, signal, onProgress }: Look,
  mine: Mine,
  onItem: (item: StampedItem) => void,
): Promise<number> {
  let held = 0;
  for await (const { added } of listAll(pair, { id: folder.plan.targetId ?? '' }, signal)) {
    held += added.length;
    for (const item of added) {
      const { stamp } = item;
      if (!stamp || stamp.folderKey !== folder.folderKey || !mine(stamp.sourceKey)) continue;
      if (stamp.unfinished) verdict.repairs.relistTarget = true;
      else onItem({ ...item, stamp });
    }
    onProgress();
  }
  return held;
}

async function readSource(
  { pair, folder, filter, signal, onProgress }: Look,
  mine: Mine,
  onItem: (change: PutChange) => void,
): Promise<void> {
  for await (const change of listSource(pair, folder, undefined, signal)) {
    if (mine(change.sourceKey) && filter.accepts(change)) onItem(change);
    onProgress();
  }
}

/** Keys that the source tells of since the watermark; none where the watermark no longer holds. */
async function readSince(
  { pair, folder, signal }: Look,
  mine: Mine,
  onKey: (sourceKey: string) => void,
): Promise<void> {
  const since = folder.watermark?.source;
  if (since === undefined) return;
  for await (const { sourceKey } of listSource(pair, folder, since, signal))
    if (mine(sourceKey)) onKey(sourceKey);
}

async function findMissing(look: Look, mine: Mine, accounts: Accounts): Promise<void> {
  const { verdict } = look;
  const missing = new Map<string, NamedDifference>();
  await readSource(look, mine, (change) => {
    const known = accounts.get(change.sourceKey);
    if (!isAccountedFor(known, change)) missing.set(change.sourceKey, nameOf('missing', change));
  });
  if (missing.size === 0) return;
  const later = new Set<string>();
  await readSince(look, mine, (sourceKey) => later.add(sourceKey));
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
