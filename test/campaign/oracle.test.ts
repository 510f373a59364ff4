import { isSound, judge, type CountedItem, type Evidence } from './oracle';

const item = (key: string, path = '/Inbox', hash = `content of ${key}`): CountedItem => ({ key, path, hash });
const source = [item('a'), item('b'), item('c', '/Inbox/Below')];

/** A migration that went well, but for what is given. */
const after = (change: Partial<Evidence> = {}) =>
  judge({ before: source, after: source, target: source, named: new Set(), changedInTarget: 0, ...change });

describe('the oracle', () => {
  it('finds nothing where each item is in the target once', () => {
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

  it('lets a copy of what its user moved or deleted meanwhile be there once, not twice', () => {
    const left = source.slice(1);
    expect(after({ after: left })).toMatchObject({ leftBehind: [item('a')], foreign: [], doubled: [] });
    expect(after({ after: left, target: left })).toMatchObject({ leftBehind: [], lost: [] });
    expect(after({ after: left, target: [...source, item('a')] }).doubled).toEqual([item('a')]);
  });

  it('lets items be away that were removed in the target, where the product says so of as many', () => {
    const target = source.slice(2);
    expect(after({ target, changedInTarget: 2 })).toMatchObject({ lost: [], removed: source.slice(0, 2) });
    expect(after({ target, changedInTarget: 1 }).lost).toHaveLength(2);
  });

  it('wants what was moved at its new place', () => {
    const moved = [item('a2', '/Inbox/Below', 'content of a'), ...source.slice(1)];
    expect(after({ after: moved, target: moved })).toMatchObject({ lost: [], leftBehind: [] });
    expect(after({ after: moved }).lost).toEqual([moved[0]]);
  });
});
