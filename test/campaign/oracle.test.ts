import { Diary } from './diary';
import { emptyVerdict, isSound, judge, type CountedItem, type Evidence } from './oracle';

const item = (key: string, path = '/Inbox', hash = `content of ${key}`): CountedItem => ({ key, path, hash });
const source = [item('a'), item('b'), item('c', '/Inbox/Below')];
const takesAll = { followDeletions: false, takes: () => 'yes' as const };

/** A migration that went well, but for what is given. */
const after = (change: Partial<Evidence> = {}) =>
  judge({
    before: source,
    after: source,
    target: source,
    diary: new Diary(),
    wanted: takesAll,
    named: new Set(),
    pruned: new Set(),
    changedInTarget: 0,
    ledgerWasLost: false,
    ...change,
  });

/** A diary of somebody who moved and deleted items; of what he deleted all was copied before, or nothing. */
function diaryOf({
  moved = {},
  deleted = [],
  wasCopied = false,
}: {
  moved?: Record<string, string>;
  deleted?: string[];
  wasCopied?: boolean;
}): Diary {
  const diary = new Diary();
  for (const [from, to] of Object.entries(moved)) diary.moved(from, to);
  for (const key of deleted) diary.noteDeleted(key, wasCopied);
  return diary;
}

describe('the oracle', () => {
  it('finds nothing where each item is in the target once', () => {
    expect(after()).toEqual(emptyVerdict());
    expect(isSound(after())).toBe(true);
  });

  it('finds an item that is not in the target, unless it is named', () => {
    const target = source.slice(1);
    expect(after({ target }).lost).toEqual([item('a')]);
    const named = after({ target, named: new Set(['a']) });
    expect(named).toMatchObject({ lost: [], named: [item('a')] });
    expect(isSound(named)).toBe(true);
  });

  it('finds an item that is there twice, also where the product named it', () => {
    for (const named of [new Set<string>(), new Set(['a'])])
      expect(after({ target: [...source, item('a')], named }).doubled).toEqual([item('a')]);
  });

  it('finds an item whose copy has other content', () => {
    const target = [item('a', '/Inbox', 'other'), ...source.slice(1)];
    expect(after({ target }).altered).toEqual([item('a')]);
  });

  it('finds an item whose copy carries the mark of another', () => {
    const target = [item('a', '/Inbox', 'content of b'), item('b', '/Inbox', 'content of a'), source[2]!];
    expect(after({ target }).altered).toEqual([item('a'), item('b')]);
  });

  it('finds an item in another folder', () => {
    expect(after({ target: [item('a', '/Junk'), ...source.slice(1)] }).misplaced).toEqual([item('a')]);
  });

  it('finds what no source ever had, with a mark or without one', () => {
    const strangers = [item('x'), { path: '/Inbox', key: null, hash: 'none' }];
    expect(after({ target: [...source, ...strangers] }).foreign).toEqual(strangers);
  });

  it('lets items be away whose folder was deleted in the target, where the product says so of as many', () => {
    const target = source.slice(2);
    const pruned = new Set(['a', 'b', 'x']);
    const told = after({ target, pruned, changedInTarget: 2 });
    expect(told).toMatchObject({ lost: [], removed: source.slice(0, 2) });
    expect(after({ target, pruned, changedInTarget: 1 }).lost).toHaveLength(2);
  });

  it('finds an item that was lost elsewhere while a folder was deleted in the target, whatever the product says', () => {
    const found = after({ target: source.slice(2), pruned: new Set(['b']), changedInTarget: 2 });
    expect(found).toMatchObject({ lost: [item('a')], removed: [item('b')] });
  });
});

describe('the oracle, where the user went on with his old mailbox', () => {
  const left = source.slice(1);
  const [a] = source as [CountedItem];
  const moved = [item('a2', '/Inbox/Below', 'content of a'), ...left];

  it('wants what was moved at its new place, and no longer at the old one', () => {
    const diary = diaryOf({ moved: { a: 'a2' } });
    expect(after({ after: moved, target: moved, diary })).toEqual(emptyVerdict());
    expect(after({ after: moved, diary })).toMatchObject({ lost: [moved[0]], stale: [a] });
    expect(after({ after: moved, target: [...moved, a], diary }).stale).toEqual([a]);
  });

  it('follows an item through several moves', () => {
    const back = [item('a3'), ...left];
    const diary = diaryOf({ moved: { a: 'a2', a2: 'a3' } });
    const target = [...back, a, item('a2', '/Inbox/Below', 'content of a')];
    expect(after({ after: back, target, diary }).stale).toHaveLength(2);
  });

  it('lets it stay in both places where the ledger was lost, or the filter leaves the new place out', () => {
    const diary = diaryOf({ moved: { a: 'a2' } });
    const target = [...moved, a];
    expect(after({ after: moved, target, diary, ledgerWasLost: true })).toMatchObject({ leftBehind: [a] });
    const takes = ({ path }: CountedItem) => (path === '/Inbox/Below' ? ('no' as const) : ('yes' as const));
    const wanted = { followDeletions: false, takes };
    const filtered = after({ after: moved, target: [a, item('b')], diary, wanted });
    expect(filtered).toMatchObject({ stale: [], leftBehind: [a], lost: [] });
    expect(filtered.filtered.map(({ key }) => key)).toEqual(['a2', 'c']);
  });

  it('lets a copy of what was deleted meanwhile be there once, or not at all', () => {
    const diary = diaryOf({ deleted: ['a'] });
    expect(after({ after: left, diary })).toMatchObject({ leftBehind: [a], foreign: [], doubled: [] });
    expect(after({ after: left, target: left, diary })).toEqual(emptyVerdict());
    expect(after({ after: left, target: [...source, a], diary }).doubled).toEqual([a]);
  });

  it('wants what was copied and then deleted to stay, unless deletions are followed', () => {
    const diary = diaryOf({ deleted: ['a'], wasCopied: true });
    expect(after({ after: left, target: left, diary }).dropped).toEqual([a]);
    expect(after({ after: left, diary })).toMatchObject({ leftBehind: [a], stale: [] });
    const wanted = { ...takesAll, followDeletions: true };
    expect(after({ after: left, target: left, diary, wanted })).toEqual(emptyVerdict());
    expect(after({ after: left, diary, wanted }).stale).toEqual([a]);
  });
});

describe('the oracle, under a filter', () => {
  const takes = ({ key }: CountedItem) => (key === 'a' ? 'no' : key === 'b' ? 'either' : 'yes');
  const wanted = { followDeletions: false, takes };

  it('wants nothing in the target that the filter leaves out, and lets the oracle be unsure', () => {
    expect(after({ wanted }).unasked).toEqual([item('a')]);
    const target = source.slice(1);
    expect(after({ wanted, target })).toMatchObject({ unasked: [], filtered: [item('a')], lost: [] });
    expect(after({ wanted, target: source.slice(2) }).filtered).toHaveLength(2);
    expect(after({ wanted, target: source.slice(1, 2) }).lost).toEqual([source[2]]);
  });
});
