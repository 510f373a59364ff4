import type { TargetRef, TargetState } from '../connectors/connector';
import { adopt } from './adopt';
import { findElsewhere, isStamped } from './elsewhere';
import { record, type FolderCopy } from './folder-copy';
import type { Step } from './folder-counters';
import type { KnownEntry, LedgerEntry, PendingEntry, PendingParcel, StampedItem } from './ledger';
import { listAny } from './list-target';
import { isOnlyMended } from './mend';
import { removeTargets } from './remove-targets';

/** What is needed to find out. */
export type Settling = Pick<FolderCopy, 'pair' | 'session' | 'keys' | 'target' | 'signal' | 'onProgress'>;

/**
 * Finds out what became of everything that may have been sent, with nothing in flight: parcels the ledger has leave `pending`; where
 * some are left it waits until nothing more can come; then the target is asked what was added since its watermark.
 * Stamps the ledger lacks are entered, *unfinished* items removed. Afterwards nothing is pending and the target's watermark stands
 * here. Without anything pending it does not wait: then it only catches up, which is how a ledger that was set back is noticed.
 *
 * @returns the entries that were surely not put
 */
export async function settle(copy: Settling): Promise<PendingEntry[]> {
  const { pair, session, signal } = copy;
  await recordDone(copy);
  const { pending } = session.document;
  if (pending.length > 0) await pair.clock.sleep(pair.quietMs, signal);
  const { found, late, state } = await readAdded(copy);
  await addElsewhere(copy, found);
  const notPut: PendingEntry[] = [];
  for (const parcel of pending)
    notPut.push(...(await recordFound(copy, parcel, found.get(parcel.parcelId) ?? [])));
  await adopt(copy, late);
  // Not before all that was found is in the ledger: an attempt that ends in between must find it again.
  session.setWatermark({ target: state });
  await session.save();
  return stillMissing(copy, notPut);
}

/** What is in doubt and not in its folder may have been moved by the target's user already. */
async function addElsewhere(copy: Settling, found: Map<string, StampedItem[]>): Promise<void> {
  const isMissing = ({ parcelId, entries }: PendingParcel) =>
    entries.some(({ sourceKey }) => !found.get(parcelId)?.some(({ stamp }) => stamp.sourceKey === sourceKey));
  if (!copy.session.document.pending.some(isMissing)) return;
  for (const item of await findElsewhere(copy))
    if (!item.stamp.unfinished) found.get(item.stamp.parcelId)?.push(item);
}

/** An attempt before this one may have ended between the ledger and its own document. */
async function recordDone(copy: Settling): Promise<void> {
  const { pair, session, keys } = copy;
  const { pending } = session.document;
  if (pending.length === 0) return;
  const done = await pair.ledger.parcels(pending.map(({ parcelId }) => parcelId));
  for (const { parcelId, seq, entries } of done) {
    keys.add(entries);
    session.finish(parcelId, await stepsTo(copy, entries, seq));
  }
}

interface Added {
  /** The stamped items of parcels that are pending, by parcel. */
  found: Map<string, StampedItem[]>;
  /** Those of other parcels, unknown to the ledger perhaps, whose key is pending too: to be judged after it. */
  late: StampedItem[];
  /** Where the target's changes end. */
  state?: TargetState;
}

/** All that was added since the watermark; what has nothing to do with anything pending is entered page by page. */
async function readAdded(copy: Settling): Promise<Added> {
  const { pair, session, signal, target } = copy;
  const { pending, plan, watermark } = session.document;
  const added: Added = { found: new Map(pending.map(({ parcelId }) => [parcelId, []])), late: [] };
  const pendingKeys = new Set(pending.flatMap(({ entries }) => entries.map(({ sourceKey }) => sourceKey)));
  let state = watermark?.target;
  for await (const page of listAny(pair, { ...target, foreign: isOnlyMended(plan) }, signal, state)) {
    const own = page.added
      .filter(isStamped)
      .filter(({ stamp }) => stamp.folderKey === session.document.folderKey);
    await takeIn(copy, own, added, pendingKeys);
    state = page.state;
    if (pending.length === 0) session.setWatermark({ target: state });
  }
  return { ...added, ...(state !== undefined && { state }) };
}

async function takeIn(
  copy: Settling,
  items: StampedItem[],
  { found, late }: Added,
  pendingKeys: Set<string>,
) {
  await removeTargets(
    copy,
    items.filter(({ stamp }) => stamp.unfinished),
  );
  const others: StampedItem[] = [];
  for (const item of items) {
    if (item.stamp.unfinished) continue;
    const place = found.get(item.stamp.parcelId) ?? (pendingKeys.has(item.stamp.sourceKey) ? late : others);
    place.push(item);
  }
  await adopt(copy, others);
}

/** Leaves out what turned out to be in the target after all, put by an older parcel. */
async function stillMissing(copy: Settling, entries: PendingEntry[]): Promise<PendingEntry[]> {
  const known = await copy.keys.lookUp(entries.map(({ sourceKey }) => sourceKey));
  return entries.filter(({ sourceKey, changeKey }) => {
    const newest = known.get(sourceKey)?.at(-1);
    return newest?.outcome.kind !== 'copied' || newest.changeKey !== changeKey;
  });
}

/** @returns the entries of the parcel that were not found */
async function recordFound(
  copy: Settling,
  parcel: PendingParcel,
  items: StampedItem[],
): Promise<PendingEntry[]> {
  const entries: LedgerEntry[] = [];
  const missing: PendingEntry[] = [];
  for (const entry of parcel.entries) {
    const item = await ours(
      copy,
      items.filter(({ stamp }) => stamp.sourceKey === entry.sourceKey),
    );
    if (item) entries.push({ ...entry, changeKey: item.stamp.changeKey, outcome: copied(item) });
    else missing.push(entry);
  }
  await record(copy, parcel, await stepsTo(copy, entries, parcel.seq));
  return missing;
}

/** Of several items with one stamp all but one are copies that others made: ours is the one we knew before. */
async function ours(copy: Settling, items: StampedItem[]): Promise<StampedItem | undefined> {
  const [first] = items;
  if (!first || items.length === 1) return first;
  const known = (await copy.pair.ledger.lookUp(copy.session.document, [first.stamp.sourceKey])).get(
    first.stamp.sourceKey,
  );
  const ids = new Set(
    known?.map(({ outcome }) => (outcome.kind === 'copied' ? outcome.targetId : undefined)),
  );
  return items.find(({ targetId }) => ids.has(targetId)) ?? first;
}

export function copied({ targetId, targetChangeKey }: TargetRef): LedgerEntry['outcome'] {
  return { kind: 'copied', targetId, targetChangeKey };
}

/** The entries with what stood in the ledger for their keys before this seq. */
async function stepsTo(copy: Settling, entries: readonly LedgerEntry[], seq: number): Promise<Step[]> {
  const known = await copy.keys.lookUp(entries.map(({ sourceKey }) => sourceKey));
  return entries.map((after) => ({ before: newestBefore(known.get(after.sourceKey) ?? [], seq), after }));
}

function newestBefore(entries: readonly KnownEntry[], seq: number): KnownEntry | undefined {
  return entries.findLast((entry) => entry.seq < seq);
}
