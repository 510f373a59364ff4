import type { PutChange, TargetRef } from '../connectors/connector';
import { Fault } from '../domain/faults';
import type { ItemFilter } from '../domain/item-filter';
import { seqOf } from './folder-session';
import type { FolderDocument, KnownEntry, LedgerEntry, NamedDifference, StampedItem } from './ledger';
import { listSource } from './list-source';
import { listAll } from './list-target';
import type { MailboxPair } from './mailbox-pair';
import { isOnlyMended } from './mend';
import { sliceOf } from './newest-entries';
import { nameOf, noVerdict, report, type FolderVerdict } from './verify-findings';

/** Most items of a folder held in memory at once. */
const itemsAtOnce = 50_000;
/** Doubles noted in one go; the next verifying finds the rest. */
export const doublesAtOnce = 1_000;
/** Keys noted that are to be looked for in the whole target; what is beyond them is for the next verifying. */
const questionsAtOnce = 50_000;

export function keyOf(folderKey: string, sourceKey: string): string {
  return JSON.stringify([folderKey, sourceKey]);
}

/** What ledger and target say of one key. */
interface Account {
  newest?: KnownEntry;
  /** Target items that were replaced, with the change key we last wrote. */
  older: Map<string, string>;
  /** What stands in the folder with this key's stamp. */
  there: StampedItem[];
  listed?: boolean;
}
type Accounts = Map<string, Account>;

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
  try {
    for (let slice = 0; slice < slices; slice += 1) {
      const mine = (sourceKey: string) => sliceOf(sourceKey, slices) === slice;
      const accounts: Accounts = new Map();
      await readLedger(pair, folder, mine, accounts);
      const held = await readTarget(pair, folder, mine, accounts, verdict, signal, onProgress);
      if (slice === 0) verdict.targetCount = held;
      if (!isOnlyMended(folder.plan))
        await readSource(pair, folder, filter, mine, accounts, verdict, signal, onProgress);
      await judgeTarget(pair, folder, accounts, verdict);
    }
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
      if (outcome.kind === 'copied') known.older.delete(outcome.targetId);
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

/** The ledger against what stands in the target. */
async function judgeTarget(
  pair: MailboxPair,
  folder: FolderDocument,
  accounts: Accounts,
  verdict: FolderVerdict,
) {
  const doubtful = [...accounts.values()].flatMap(({ newest, there }) =>
    newest && !(there.length === 1 && there[0]?.stamp.parcelId === newest.parcelId) ? there : [],
  );
  const recorded = await recordedPuts(pair, doubtful);
  for (const { newest } of accounts.values()) if (newest) recorded.add(putOf(newest));
  for (const [sourceKey, known] of accounts) judgeKey(folder, sourceKey, known, recorded, verdict);
}

/** A parcel may be in the ledger without some of its items, and these come late. */
function putOf({ parcelId, sourceKey }: { parcelId: string; sourceKey: string }): string {
  return `${parcelId} ${sourceKey}`;
}

/** Those of the items that the ledger names in the parcel that put them. */
async function recordedPuts(pair: MailboxPair, items: readonly StampedItem[]): Promise<Set<string>> {
  const ids = [...new Set(items.map(({ stamp }) => stamp.parcelId))];
  const asked = new Set(items.map(({ stamp }) => putOf(stamp)));
  const recorded = new Set<string>();
  for (let at = 0; at < ids.length; at += 100) {
    for (const { parcelId, entries } of await pair.ledger.parcels(ids.slice(at, at + 100))) {
      for (const { sourceKey } of entries) {
        const put = putOf({ parcelId, sourceKey });
        if (asked.has(put)) recorded.add(put);
      }
    }
  }
  return recorded;
}

function judgeKey(
  { completeSince }: FolderDocument,
  sourceKey: string,
  known: Account,
  recorded: ReadonlySet<string>,
  verdict: FolderVerdict,
): void {
  const { newest, older, there } = known;
  const { findings, repairs, questions } = verdict;
  if (!newest) {
    findings.unrecorded += there.length > 0 ? 1 : 0;
    repairs.relistTarget ||= there.length > 0;
    return;
  }
  const { outcome } = newest;
  if (outcome.kind === 'removed') return judgeRemoved(newest, known, recorded, completeSince, verdict);
  if (outcome.kind !== 'copied') return judgeUncopied(newest, there, recorded, verdict);
  const own = there.find(({ targetId }) => targetId === outcome.targetId);
  if (!own || own.targetChangeKey !== outcome.targetChangeKey) findings.changedByUser += 1;
  else if (own.stamp.changeKey !== newest.changeKey) report(verdict, nameOf('different', newest));
  const late: TargetRef[] = [];
  for (const { targetId, targetChangeKey, stamp } of there) {
    if (targetId === outcome.targetId) continue;
    const replaced = older.get(targetId) === targetChangeKey;
    const ofNoParcel = !recorded.has(putOf(stamp)) && seqOf(stamp.parcelId) > completeSince;
    // One parcel puts an item once: two with the very same stamp are a copy and its original.
    const sameStamp = own?.stamp.parcelId === stamp.parcelId;
    if (replaced || (ofNoParcel && !sameStamp)) late.push({ targetId, targetChangeKey });
    else findings.copies += 1;
  }
  if (late.length === 0) return;
  const named = nameOf('doubled', newest);
  if (!own) {
    const { parcelId } = newest;
    if (questions.length < questionsAtOnce)
      questions.push({ kind: 'late', sourceKey, parcelId, late, named });
  } else if (repairs.remove.length < doublesAtOnce) {
    report(verdict, named, late.length);
    repairs.remove.push(...late.map((target) => ({ sourceKey, target })));
  }
}

/** What was in the target and is to be there no more, because it was moved or deleted at the source: what came late goes too. */
function judgeRemoved(
  newest: KnownEntry,
  { older, there }: Account,
  recorded: ReadonlySet<string>,
  completeSince: number,
  verdict: FolderVerdict,
): void {
  const { outcome, seq, sourceKey } = newest;
  const wasCopied = older.size > 0 || (outcome.kind === 'removed' && outcome.moved === true);
  const late = there.filter(({ stamp }) => {
    const drawn = seqOf(stamp.parcelId);
    return wasCopied && !recorded.has(putOf(stamp)) && drawn > completeSince && drawn < seq;
  });
  if (late.length > 0 && verdict.repairs.remove.length < doublesAtOnce) {
    report(verdict, nameOf('doubled', newest), late.length);
    for (const { targetId, targetChangeKey } of late)
      verdict.repairs.remove.push({ sourceKey, target: { targetId, targetChangeKey } });
  }
  judgeUncopied(newest, there, recorded, verdict);
}

/** What the ledger knows as not copied, and the target has after all: an answer that was never seen. */
function judgeUncopied(
  newest: LedgerEntry & { seq: number },
  there: readonly StampedItem[],
  recorded: ReadonlySet<string>,
  { findings, repairs }: FolderVerdict,
): void {
  if (newest.outcome.kind === 'skipped' && newest.outcome.keptTargetId) {
    findings.changedByUser += 1;
    return;
  }
  const unseen = there.some(({ stamp }) => !recorded.has(putOf(stamp)) && seqOf(stamp.parcelId) > newest.seq);
  if (!unseen) return;
  findings.unrecorded += 1;
  repairs.relistTarget = true;
}
