import type { Change, FlagsChange, ItemFlags, PutChange, TargetRef } from '../connectors/connector';
import type { ItemFilter } from '../domain/item-filter';
import type { Blame } from './busy-items';
import type { EntryOutcome, HeldVersion, KnownEntry, LedgerEntry, PendingEntry } from './ledger';

/** How a version of an item gets into the target. */
export type WorkAction =
  | { kind: 'put' }
  /** Overwrites what we wrote before. */
  | { kind: 'update'; target: HeldVersion }
  /** Puts anew and then removes what we wrote before, where the target cannot overwrite. */
  | { kind: 'replace'; target: HeldVersion }
  | { kind: 'flags'; target: HeldVersion; flags: ItemFlags };

/** Something to be done for one item. */
export interface Work {
  entry: PendingEntry;
  action: WorkAction;
  /** The newest entry of the key in the ledger. */
  before?: KnownEntry;
  /** Tries without success. */
  tries: number;
  /** How many items of the mailbox had gone through when it first failed. */
  triedAt?: number;
  /** The last try failed for what is no fault of the item's, and does not count. */
  excused?: boolean;
  /** Refused as busy for so long that it is named. */
  blamed?: Blame;
  /** It travels in a request of its own, so that it is seen whether it is to blame. */
  apart?: boolean;
  /** It turned out larger than listed, too large to be held in memory: it travels alone. */
  alone: boolean;
}

export interface PageWorks {
  works: Work[];
  /** What needs an entry in the ledger but no request. */
  notes: { before?: KnownEntry; after: LedgerEntry }[];
  /** Target items that were replaced before, in case their removal was never sent. */
  leftovers: TargetRef[];
}

/**
 * What a page of changes asks for, given what the ledger knows of its keys.
 *
 * @param known every entry of a key in `seq` order
 * @param overwrites whether the target can update items
 */
export function worksOf(
  changes: readonly Change[],
  known: ReadonlyMap<string, KnownEntry[]>,
  filter: ItemFilter,
  overwrites: boolean,
): PageWorks {
  const page: PageWorks = { works: [], notes: [], leftovers: [] };
  for (const change of changes) {
    const entries = known.get(change.sourceKey) ?? [];
    const newest = entries.at(-1);
    if (change.kind === 'gone') noteGone(page, newest);
    else if (change.kind === 'flags') setFlags(page, change, newest);
    else if (!filter.accepts(change)) noteFiltered(page, change, newest);
    else if (newest && isDone(newest, change)) noteKnown(page, change, entries, newest);
    else page.works.push(workFor(entryOf(change), confirmed(page, change, newest), overwrites));
  }
  return page;
}

/** That an adopted item is the one to be replaced stands in the ledger before it is. */
function confirmed(
  page: PageWorks,
  change: PutChange,
  newest: KnownEntry | undefined,
): KnownEntry | undefined {
  if (!newest?.adopted || newest.outcome.kind !== 'copied') return newest;
  const { changeKey, outcome } = newest;
  const after = { ...entryOf(change), changeKey, outcome };
  page.notes.push({ before: newest, after });
  return { ...newest, ...after, adopted: false };
}

/** To do again what failed: where it was flags that could not be set, nothing else has changed, and nothing is put. */
export function workAgain(failed: KnownEntry, overwrites: boolean): Work {
  const { outcome } = failed;
  const flags = outcome.kind === 'failed' ? outcome.flags : undefined;
  const target = heldBy(failed);
  if (!flags || !target) return workFor(bare(failed), failed, overwrites);
  return flagsWork(bare(failed), target, flags, failed);
}

function flagsWork(entry: PendingEntry, target: HeldVersion, flags: ItemFlags, before: KnownEntry): Work {
  return { entry, action: { kind: 'flags', target, flags }, before, tries: 0, alone: false };
}

/** To put an item that changed; the newest version is read in any case. */
function workFor(entry: PendingEntry, before: KnownEntry | undefined, overwrites: boolean): Work {
  const target = heldBy(before);
  const action: WorkAction = target ? { kind: overwrites ? 'update' : 'replace', target } : { kind: 'put' };
  return { entry, action, before, tries: 0, alone: false };
}

/** The target item of ours that holds a version of the key. */
function heldBy(entry: KnownEntry | undefined): HeldVersion | undefined {
  if (entry?.outcome.kind === 'failed') return entry.outcome.older;
  if (entry?.outcome.kind !== 'copied') return undefined;
  const { targetId, targetChangeKey } = entry.outcome;
  return { targetId, targetChangeKey, changeKey: entry.changeKey };
}

function entryOf({ sourceKey, changeKey, moveKey, itemClass, sizeBytes, date }: PutChange): PendingEntry {
  return { sourceKey, changeKey, moveKey, itemClass, sizeBytes, date };
}

/** Whether the target's user has made the item his own. */
function isKept({ outcome }: KnownEntry): boolean {
  return outcome.kind === 'skipped' && outcome.keptTargetId !== undefined;
}

function isDone(newest: KnownEntry, change: PutChange): boolean {
  if (isKept(newest)) return true;
  if (newest.outcome.kind === 'removed' || newest.outcome.kind === 'filtered') return false;
  return newest.changeKey === change.changeKey;
}

function noteKnown(page: PageWorks, change: PutChange, entries: KnownEntry[], newest: KnownEntry): void {
  const { outcome } = newest;
  if (outcome.kind === 'copied') page.leftovers.push(...replacedBy(outcome, entries));
  else if (outcome.kind !== 'skipped') return;
  if (!newest.adopted && !outcome.sourceGone) return;
  const { sourceGone: _, ...there } = outcome;
  const after = { ...entryOf(change), outcome: there };
  page.notes.push({ before: newest, after });
}

/** Target items that held the versions before this one. */
export function replacedBy({ targetId: newest }: TargetRef, entries: readonly KnownEntry[]): TargetRef[] {
  return entries.flatMap(({ adopted, outcome }) => {
    // What was only found in the target may be a copy its user made.
    if (adopted || outcome.kind !== 'copied' || outcome.targetId === newest) return [];
    return [{ targetId: outcome.targetId, targetChangeKey: outcome.targetChangeKey }];
  });
}

/** What is in the target stays there, and counts as what it is; what is not is left out from now on. */
function noteFiltered(page: PageWorks, change: PutChange, newest: KnownEntry | undefined): void {
  if (newest?.outcome.kind === 'copied') return noteHeldBack(page, change, newest, newest.outcome);
  if (newest && (heldBy(newest) || isKept(newest) || newest.outcome.kind === 'filtered')) return;
  page.notes.push({ before: newest, after: { ...entryOf(change), outcome: { kind: 'filtered' } } });
}

/** Says that it was not deleted where it is back, and that the target's version is an older one, which flags do not make newer. */
function noteHeldBack(
  page: PageWorks,
  change: PutChange,
  newest: KnownEntry,
  { sourceGone, outdated, ...there }: Extract<EntryOutcome, { kind: 'copied' }>,
): void {
  const isOutdated = newest.changeKey !== change.changeKey;
  if (!sourceGone && isOutdated === (outdated ?? false)) return;
  const outcome: EntryOutcome = { ...there, ...(isOutdated && { outdated: true }) };
  page.notes.push({ before: newest, after: { ...bare(newest), outcome } });
}

function noteGone(page: PageWorks, newest: KnownEntry | undefined): void {
  const after = newest && onceGone(newest);
  if (after) page.notes.push({ before: newest, after });
}

/** The change key of an entry that says which item the target holds and not in which version: no version of the source has it. */
export const unknownVersion = '';

/** What the ledger has to say of an item once the source no longer has it; absent where that is said already. */
export function onceGone(newest: KnownEntry): LedgerEntry | undefined {
  const { outcome } = newest;
  if (outcome.kind === 'removed') return undefined;
  if (outcome.kind === 'copied' || (outcome.kind === 'skipped' && outcome.keptTargetId !== undefined))
    return outcome.sourceGone ? undefined : { ...bare(newest), outcome: { ...outcome, sourceGone: true } };
  const held = heldBy(newest);
  if (!held) return { ...bare(newest), outcome: { kind: 'removed' } };
  // What is there is the version before: should the newer one come back, it is put.
  const { changeKey = unknownVersion, ...target } = held;
  return { ...bare(newest), changeKey, outcome: { kind: 'copied', ...target, sourceGone: true } };
}

function setFlags(page: PageWorks, change: FlagsChange, newest: KnownEntry | undefined): void {
  const target = newest && isNewestButFlags(newest) ? heldBy(newest) : undefined;
  if (!newest || !target || newest.changeKey === change.changeKey) return;
  page.works.push(flagsWork({ ...bare(newest), changeKey: change.changeKey }, target, change.flags, newest));
}

/** Whether the target holds the newest version, whatever its flags. */
function isNewestButFlags({ outcome }: KnownEntry): boolean {
  return outcome.kind === 'copied'
    ? !outcome.outdated
    : outcome.kind === 'failed' && outcome.flags !== undefined;
}

/** An entry's facts about the item, without what became of it. */
export function bare({
  sourceKey,
  changeKey,
  moveKey,
  itemClass,
  sizeBytes,
  date,
}: PendingEntry): PendingEntry {
  return { sourceKey, changeKey, moveKey, itemClass, sizeBytes, date };
}
