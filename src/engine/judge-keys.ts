import type { TargetRef } from '../connectors/connector';
import { seqOf } from './folder-session';
import type { FolderDocument, KnownEntry, LedgerEntry, StampedItem } from './ledger';
import type { MailboxPair } from './mailbox-pair';
import { nameOf, report, type FolderVerdict } from './verify-findings';
import { unknownVersion } from './works';

/** Doubles noted in one go; the next verifying finds the rest. */
export const doublesAtOnce = 1_000;
/** Keys noted that are to be looked for in the whole target; what is beyond them is for the next verifying. */
export const questionsAtOnce = 50_000;

/** What ledger and target say of one key. */
export interface Account {
  newest?: KnownEntry;
  /** The parcel that put or last wrote the newest target item that was ever entered. */
  putBy?: string;
  /** Target items that were replaced, with the change key we last wrote. */
  older: Map<string, string>;
  /** What stands in the folder with this key's stamp. */
  there: StampedItem[];
}
export type Accounts = Map<string, Account>;

/** The ledger against what stands in the target folder. */
export async function judgeTarget(
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
  for (const known of accounts.values()) judgeKey(folder, known, recorded, verdict);
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
  known: Account,
  recorded: ReadonlySet<string>,
  verdict: FolderVerdict,
): void {
  const { newest, there } = known;
  const { findings, repairs } = verdict;
  if (!newest) {
    findings.unrecorded += there.length > 0 ? 1 : 0;
    repairs.relistTarget ||= there.length > 0;
    return;
  }
  const { outcome } = newest;
  if (outcome.kind === 'removed') judgeRemoved(newest, known, recorded, completeSince, verdict);
  else if (outcome.kind === 'copied') {
    const own = there.find(({ targetId }) => targetId === outcome.targetId);
    if (!own || own.targetChangeKey !== outcome.targetChangeKey) findings.changedByUser += 1;
    else if (!isVersion(newest, own)) report(verdict, nameOf('different', newest));
    judgeOthers(newest, outcome.targetId, known, recorded, completeSince, verdict);
  } else if (outcome.kind === 'skipped' && outcome.keptTargetId !== undefined) {
    findings.changedByUser += 1;
    judgeOthers(newest, outcome.keptTargetId, known, recorded, completeSince, verdict);
  } else {
    judgeUncopied(newest, there, recorded, verdict);
    if (outcome.kind === 'failed' && outcome.older) judgeReplaced(newest, outcome.older, known, verdict);
  }
}

/** What the version before the failed one had replaced, in case its removal was never sent. */
function judgeReplaced(
  newest: KnownEntry,
  { targetId: ownId }: TargetRef,
  { older, there }: Account,
  verdict: FolderVerdict,
): void {
  const replaced = there.filter(
    ({ targetId, targetChangeKey }) => targetId !== ownId && older.get(targetId) === targetChangeKey,
  );
  const isHeld = there.some(({ targetId }) => targetId === ownId);
  if (replaced.length === 0 || !isHeld || verdict.repairs.remove.length >= doublesAtOnce) return;
  report(verdict, nameOf('doubled', newest), replaced.length);
  const { sourceKey } = newest;
  for (const { targetId, targetChangeKey } of replaced)
    verdict.repairs.remove.push({ sourceKey, target: { targetId, targetChangeKey } });
}

/** Whether the target item holds the version that the ledger says. */
function isVersion({ changeKey }: KnownEntry, { stamp }: StampedItem): boolean {
  return changeKey === unknownVersion || changeKey === stamp.changeKey;
}

/** What stands beside our own item, wherever its user may have taken that: what came late or was replaced is a double, others are copies. */
function judgeOthers(
  newest: KnownEntry,
  ownId: string,
  { older, there, putBy }: Account,
  recorded: ReadonlySet<string>,
  completeSince: number,
  verdict: FolderVerdict,
): void {
  const { findings, repairs, questions } = verdict;
  const { sourceKey } = newest;
  const late: TargetRef[] = [];
  // One parcel puts an item once: what has the very same stamp is our own one, moved there and back, or a copy of it.
  const parcelId = there.find(({ targetId }) => targetId === ownId)?.stamp.parcelId ?? putBy;
  const isOwn = ({ stamp }: StampedItem) => stamp.parcelId === parcelId;
  for (const item of there) {
    const { targetId, targetChangeKey, stamp } = item;
    if (targetId === ownId) continue;
    const isReplaced = older.get(targetId) === targetChangeKey;
    const ofNoParcel = !recorded.has(putOf(stamp)) && seqOf(stamp.parcelId) > completeSince;
    if (isReplaced || (ofNoParcel && !isOwn(item))) late.push({ targetId, targetChangeKey });
    else findings.copies += 1;
  }
  if (late.length === 0) return;
  const named = nameOf('doubled', newest);
  if (!there.some(isOwn)) {
    if (parcelId !== undefined && questions.length < questionsAtOnce)
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
  const unseen = there.some(({ stamp }) => !recorded.has(putOf(stamp)) && seqOf(stamp.parcelId) > newest.seq);
  if (!unseen) return;
  findings.unrecorded += 1;
  repairs.relistTarget = true;
}
