/**
 * Judges a run: both mailboxes as an EWS client that is none of ours saw them, and what the product said about it.
 *
 * The truth is the source as it stands at the end, after a further pass where it was changed meanwhile. Each of its items is in the
 * target exactly once, in the folder of the same path with the same content, or it is named in the report. An item that its user moved
 * or deleted at the source meanwhile may have been copied before, once: it is counted as left behind. A moved item is, at its new
 * place, an item like any other. Nothing else is in the target. Where a folder of the target was deleted, what lay in it stays away,
 * as its user wanted, if the product says of as many items that they were changed in the target.
 */

/** An item as it was counted: folder path, its own key or that of the item it is a copy of, and a hash of its content. */
export interface CountedItem {
  path: string;
  key: string | null;
  hash: string;
}

export interface Evidence {
  /** The source before the run. */
  before: readonly CountedItem[];
  /** The source at the end. */
  after: readonly CountedItem[];
  target: readonly CountedItem[];
  /** Keys of the items that the product named as not copied. */
  named: ReadonlySet<string>;
  /** Of so many items the product says that they were changed or removed in the target; 0 where nobody touched the target. */
  changedInTarget: number;
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
  /** Not in the target, or not as it should be, and named. */
  | 'named'
  /** Copied before the user moved or deleted it at the source. */
  | 'leftBehind'
  /** Removed in the target by its user, and said to be. */
  | 'removed',
  CountedItem[]
>;

export const faulty = ['lost', 'doubled', 'altered', 'misplaced', 'foreign'] as const;

export function judge({ before, after, target, named, changedInTarget }: Evidence): Verdict {
  const verdict: Verdict = {
    lost: [],
    doubled: [],
    altered: [],
    misplaced: [],
    foreign: [],
    named: [],
    leftBehind: [],
    removed: [],
  };
  const copies = new Map<string | null, CountedItem[]>();
  for (const item of target) copies.set(item.key, [...(copies.get(item.key) ?? []), item]);
  for (const item of after) judgeItem(item, copies.get(item.key) ?? [], named, verdict);
  const known = new Set(after.map(({ key }) => key));
  const gone = new Set(before.map(({ key }) => key).filter((key) => !known.has(key)));
  for (const [key, found] of copies) {
    if (key !== null && known.has(key)) continue;
    if (key === null || !gone.has(key)) verdict.foreign.push(...found);
    else {
      verdict.leftBehind.push(...found.slice(0, 1));
      verdict.doubled.push(...found.slice(1));
    }
  }
  if (verdict.lost.length <= changedInTarget) verdict.removed = verdict.lost.splice(0);
  return verdict;
}

function judgeItem(
  item: CountedItem,
  copies: readonly CountedItem[],
  named: ReadonlySet<string>,
  verdict: Verdict,
): void {
  const isNamed = item.key !== null && named.has(item.key);
  const right = copies.find(({ path, hash }) => path === item.path && hash === item.hash);
  const best = right ?? copies.find(({ hash }) => hash === item.hash) ?? copies[0];
  verdict.doubled.push(...copies.filter((copy) => copy !== best));
  if (right !== undefined) return;
  if (isNamed) verdict.named.push(item);
  else if (best === undefined) verdict.lost.push(item);
  else if (best.hash !== item.hash) verdict.altered.push(item);
  else verdict.misplaced.push(item);
}

export function isSound(verdict: Verdict): boolean {
  return faulty.every((what) => verdict[what].length === 0);
}
