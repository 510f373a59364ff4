import { fateOf } from '../domain/item-counts';
import { record, type FolderCopy } from './folder-copy';
import { seqOf } from './folder-session';
import type { Step } from './folder-counters';
import type { EntryOutcome, KnownEntry, LedgerEntry, StampedItem } from './ledger';
import type { MailboxPair } from './mailbox-pair';
import { distrustLedger } from './set-back';
import { bare, unknownVersion } from './works';

/**
 * Enters into the ledger what the target holds of this folder and the ledger does not know: where it lacks the key, or knows only
 * an older parcel's version. Anything else is a double, which `verifyPass` deals with.
 *
 * A stamp whose parcel was drawn after the highest seq this document knows comes from a ledger that was lost or set back: from
 * then on the absence of an older parcel proves nothing (`completeSince`), and other folders are looked at too (`set-back.ts`).
 *
 * @param items whole items with a stamp of this folder, whose parcels are not pending
 */
export async function adopt(
  copy: Pick<FolderCopy, 'pair' | 'session' | 'keys' | 'onProgress'>,
  items: readonly StampedItem[],
): Promise<void> {
  const { session, keys } = copy;
  const strange = await unknownItems(copy.pair, items);
  await recallReplaced(
    copy,
    items.filter((item) => !strange.includes(item)),
  );
  if (strange.length === 0) return;
  const known = await keys.lookUp(strange.map(({ stamp }) => stamp.sourceKey));
  session.raiseSeq(keys.highestSeq);
  await foresee(copy, strange);
  const steps = new Map<string, Step & { seq: number }>();
  for (const item of strange) {
    const { sourceKey, parcelId } = item.stamp;
    const before = known.get(sourceKey)?.at(-1);
    const seq = seqOf(parcelId);
    if (seq <= (steps.get(sourceKey)?.seq ?? (before ? drawnAt(before) : -1))) continue;
    steps.set(sourceKey, { before, after: entryOf(item, before), seq });
  }
  if (steps.size === 0) return;
  await recordReplaced(copy, steps, strange, known);
  const parcel = session.begin([...steps.values()].map(({ after }) => after));
  await session.save();
  await record(copy, parcel, [...steps.values()], true);
}

/** What the stamps of newer versions name as replaced is entered before them, so that it is removed where that was left undone. */
async function recordReplaced(
  copy: Pick<FolderCopy, 'pair' | 'session' | 'keys' | 'onProgress'>,
  steps: Map<string, Step>,
  items: readonly StampedItem[],
  known: ReadonlyMap<string, KnownEntry[]>,
): Promise<void> {
  const replaced: Step[] = [];
  for (const { stamp, targetId } of items) {
    const { sourceKey, replaces } = stamp;
    const step = steps.get(sourceKey);
    if (!replaces || !step || !holds(step.after, targetId)) continue;
    if (known.get(sourceKey)?.some((entry) => !entry.adopted && holds(entry, replaces.targetId))) continue;
    const outcome = { kind: 'copied' as const, ...replaces, alreadyThere: true as const };
    const after: LedgerEntry = { ...step.after, changeKey: '', outcome };
    replaced.push({ before: step.before, after });
    step.before = after;
  }
  if (replaced.length === 0) return;
  const parcel = copy.session.begin(replaced.map(({ after }) => after));
  await copy.session.save();
  await record(copy, parcel, replaced);
}

/**
 * The same for newer versions that the ledger knows: an attempt at work may have entered its parcel after the ledger was lost. Their entries
 * are repeated behind, in one parcel with what they replaced.
 */
async function recallReplaced(
  copy: Pick<FolderCopy, 'pair' | 'session' | 'keys' | 'onProgress'>,
  items: readonly StampedItem[],
): Promise<void> {
  const replacing = items.filter(({ stamp }) => stamp.replaces);
  if (replacing.length === 0) return;
  const known = await copy.keys.lookUp(replacing.map(({ stamp }) => stamp.sourceKey));
  const steps: Step[] = [];
  for (const { stamp, targetId } of replacing) {
    const { sourceKey, replaces } = stamp;
    const entries = known.get(sourceKey) ?? [];
    const newest = entries.at(-1);
    if (!replaces || !newest || newest.adopted || !holds(newest, targetId)) continue;
    if (entries.some((entry) => !entry.adopted && holds(entry, replaces.targetId))) continue;
    const before = {
      ...bare(newest),
      changeKey: unknownVersion,
      outcome: { kind: 'copied' as const, ...replaces },
    };
    const after = { ...bare(newest), outcome: newest.outcome, putBy: newest.putBy ?? newest.parcelId };
    steps.push({ before: newest, after: before }, { before, after });
  }
  if (steps.length === 0) return;
  const parcel = copy.session.begin(steps.map(({ after }) => after));
  await copy.session.save();
  await record(copy, parcel, steps);
}

/** The seq of the parcel that put what the entry speaks of. */
function drawnAt({ putBy, seq }: KnownEntry): number {
  return putBy === undefined ? seq : seqOf(putBy);
}

function holds({ outcome }: LedgerEntry, targetId: string): boolean {
  return outcome.kind === 'copied' && outcome.targetId === targetId;
}

/** Those that no parcel of the ledger accounts for. */
export async function unknownItems(pair: MailboxPair, items: readonly StampedItem[]): Promise<StampedItem[]> {
  const parcelIds = [...new Set(items.map(({ stamp }) => stamp.parcelId))];
  if (parcelIds.length === 0) return [];
  const put = new Set<string>();
  for (const { parcelId, entries } of await pair.ledger.parcels(parcelIds)) {
    for (const { sourceKey, outcome } of entries) {
      if (outcome.kind === 'copied' || outcome.kind === 'removed') put.add(`${parcelId} ${sourceKey}`);
    }
  }
  return items.filter(({ stamp }) => !put.has(`${stamp.parcelId} ${stamp.sourceKey}`));
}

async function foresee(
  { pair, session }: Pick<FolderCopy, 'pair' | 'session'>,
  items: readonly StampedItem[],
): Promise<void> {
  const latest = Math.max(...items.map(({ stamp }) => seqOf(stamp.parcelId)));
  if (latest <= session.document.seq) return;
  // Where this fence still holds, no attempt after this one has drawn it.
  await session.save();
  await distrustLedger(pair);
  session.raiseSeq(latest);
}

function entryOf(
  { stamp, targetId, targetChangeKey }: StampedItem,
  before: KnownEntry | undefined,
): LedgerEntry {
  const { moveKey = stamp.moveKey, itemClass = '', sizeBytes = 0, date } = before ?? {};
  const { sourceKey, changeKey } = stamp;
  const fate = before ? fateOf(before.outcome) : undefined;
  const outcome: EntryOutcome = { kind: 'copied', targetId, targetChangeKey };
  if (fate !== 'copied') outcome.alreadyThere = true;
  return { sourceKey, changeKey, moveKey, itemClass, sizeBytes, date, outcome, putBy: stamp.parcelId };
}
