/**
 * Judges the items of a run: both mailboxes as an EWS client that is none of ours saw them, and what the product said about it.
 *
 * The truth is the source as it stands at the end, after a further pass where it was changed meanwhile. Each of its items is in the
 * target exactly once, in the folder of the same path with the same content, flags and bytes, or it is named in the report, or the
 * filter leaves it out. What its user moved meanwhile is at its new place and no longer at the old one. What he deleted may still be
 * in the target, once; where deletions were to be followed, what was copied before he deleted it is gone, and else it is still there.
 * Nothing else is in the target. What lay in a folder of the target when it was deleted stays away, as its user wanted, if the product says
 * of as many items that they were changed in the target.
 */
import type { FilteredFacts } from '../support/exchange-count';
import type { Diary } from './diary';

/** An item as it was counted: folder path, its own key or that of the item it is a copy of, and a hash of its content. */
export interface CountedItem {
  path: string;
  key: string | null;
  hash: string;
  /** What a filter goes by. */
  facts?: FilteredFacts;
  /** In a verdict, of an item whose copy has other content: the properties that differ. */
  differs?: string[];
}

export interface CountedFolder {
  path: string;
  folderClass: string;
}

/** What the administrator asked for, as far as it decides what is to be in the target. */
export interface Wanted {
  followDeletions: boolean;
  /** What the filter takes: `either` where the oracle cannot tell. */
  takes(item: CountedItem): 'yes' | 'no' | 'either';
}

export interface Evidence {
  /** The source before the run, and at the end. */
  before: readonly CountedItem[];
  after: readonly CountedItem[];
  target: readonly CountedItem[];
  /** What the user did at the source meanwhile. */
  diary: Diary;
  wanted: Wanted;
  /** Keys of the items that the product named as not copied. */
  named: ReadonlySet<string>;
  /** Keys of the items whose copies lay in folders of the target when these were deleted. */
  pruned: ReadonlySet<string>;
  /** Of so many items the product says that they were changed or removed in the target. */
  changedInTarget: number;
  /** Whether the ledger was lost or set back: a move that was copied before it stays in both places then, as docs/decisions.md says. */
  ledgerWasLost: boolean;
}

export type Verdict = Record<
  /** Neither in the target nor named. */
  | 'lost'
  /** Copies above one. */
  | 'doubled'
  /** In the target with other content. */
  | 'altered'
  /** In the target in another folder. */
  | 'misplaced'
  /** In the target and in no source. */
  | 'foreign'
  /** At its old place in the target although its user moved it, or in the target although he deleted it and deletions are followed. */
  | 'stale'
  /** Gone from the target because its user deleted it at the source, though deletions were not to be followed. */
  | 'dropped'
  /** In the target although the filter leaves it out. */
  | 'unasked'
  /** Not in the target, or not as it should be, and named. */
  | 'named'
  /** Not in the target because of the filter. */
  | 'filtered'
  /** Copied before the user deleted it at the source, or moved it to where the filter leaves it out. */
  | 'leftBehind'
  /** Removed with its folder in the target, and said to be. */
  | 'removed',
  CountedItem[]
>;

export const faulty = [
  'lost',
  'doubled',
  'altered',
  'misplaced',
  'foreign',
  'stale',
  'dropped',
  'unasked',
] as const;

export function emptyVerdict(): Verdict {
  const words = [...faulty, 'named', 'filtered', 'leftBehind', 'removed'] as const;
  return Object.fromEntries(words.map((word) => [word, []])) as unknown as Verdict;
}

export function judge(evidence: Evidence): Verdict {
  const { after, target, diary, before } = evidence;
  const verdict = emptyVerdict();
  const copies = new Map<string | null, CountedItem[]>();
  for (const item of target) copies.set(item.key, [...(copies.get(item.key) ?? []), item]);
  for (const item of after) judgeItem(item, copies.get(item.key) ?? [], evidence, verdict);
  const known = new Set(after.map(({ key }) => key));
  const gone = new Set([...before.map(({ key }) => key), ...diary.left()].filter((key) => !known.has(key)));
  for (const [key, found] of copies) {
    if (key !== null && known.has(key)) continue;
    if (key === null || !gone.has(key)) verdict.foreign.push(...found);
    else {
      const [one, ...more] = found;
      if (one) verdict[isStale(key, evidence) ? 'stale' : 'leftBehind'].push(one);
      verdict.doubled.push(...more);
    }
  }
  verdict.dropped.push(...droppedOf(evidence, copies));
  excusePruned(evidence, verdict);
  return verdict;
}

function excusePruned({ pruned, changedInTarget }: Evidence, verdict: Verdict): void {
  const wasPruned = ({ key }: CountedItem) => key !== null && pruned.has(key);
  const removed = verdict.lost.filter(wasPruned);
  if (removed.length > changedInTarget) return;
  verdict.removed = removed;
  verdict.lost = verdict.lost.filter((item) => !wasPruned(item));
}

function judgeItem(
  item: CountedItem,
  copies: readonly CountedItem[],
  { named, wanted, diary }: Evidence,
  verdict: Verdict,
): void {
  const isNamed = item.key !== null && named.has(item.key);
  const right = copies.find(({ path, hash }) => path === item.path && hash === item.hash);
  const best = right ?? copies.find(({ hash }) => hash === item.hash) ?? copies[0];
  const takes = wanted.takes(item);
  verdict.doubled.push(...copies.filter((copy) => copy !== best));
  if (best !== undefined && takes === 'no') verdict[diary.foldersMoved ? 'leftBehind' : 'unasked'].push(item);
  else if (right !== undefined) return;
  else if (isNamed) verdict.named.push(item);
  else if (best === undefined) verdict[takes === 'yes' ? 'lost' : 'filtered'].push(item);
  else if (best.hash !== item.hash) verdict.altered.push({ ...item, ...differences(item, best) });
  else verdict.misplaced.push(item);
}

function differences(one: CountedItem, other: CountedItem): { differs?: string[] } {
  const [ones, others] = [one.facts?.parts, other.facts?.parts];
  if (ones === undefined || others === undefined) return {};
  const names = new Set([...Object.keys(ones), ...Object.keys(others)]);
  return { differs: [...names].filter((name) => ones[name] !== others[name]) };
}

/** Whether a copy of what is no longer at the source should have gone. */
function isStale(key: string, { diary, wanted, after, ledgerWasLost }: Evidence): boolean {
  const now = diary.now(key);
  const deleted = diary.deleted(now);
  if (deleted) return wanted.followDeletions && deleted.wasCopied && !ledgerWasLost;
  const there = after.find((item) => item.key === now);
  return there !== undefined && wanted.takes(there) !== 'no' && !ledgerWasLost;
}

/** What was surely copied before it was deleted, and is not in the target under any key it ever had. */
function droppedOf(
  { diary, wanted, before }: Evidence,
  copies: ReadonlyMap<string | null, unknown>,
): CountedItem[] {
  if (wanted.followDeletions) return [];
  return before.filter((item) => {
    const { key } = item;
    if (key === null || wanted.takes(item) !== 'yes') return false;
    const keys = diary.keysOf(key);
    return diary.deleted(keys.at(-1) ?? key)?.wasCopied === true && !keys.some((each) => copies.has(each));
  });
}

export function isSound(verdict: Verdict): boolean {
  return faulty.every((what) => verdict[what].length === 0);
}
