import { textContent, type MemorySource } from '../../src/connectors/memory';
import { Fault } from '../../src/domain/faults';
import { everything, itemFilter, type FilterSpec } from '../../src/domain/item-filter';
import type { FollowOrder } from '../../src/engine/follow-gone';
import { lostAnswer } from './model/faults';
import { PairScene } from './pair-builder';

/** A mailbox with an inbox and a folder beside it, copied and followed once. */
async function scene(given: ConstructorParameters<typeof PairScene>[0] = {}) {
  const made = new PairScene(given);
  const other = made.source.addFolder({ name: 'Other' });
  const pass = async (order: Partial<FollowOrder> = {}, given: Partial<FilterSpec> = {}) => {
    const spec = { ...everything, ...given };
    const plan = await made.plan(undefined, spec);
    if (plan.kind !== 'planned') throw new Error('fenced');
    for (const { position } of plan.folders) await made.copy({ position, filter: itemFilter(spec) });
    return made.followGone(order);
  };
  const otherTexts = () =>
    made.texts([...made.target.folders.values()].find(({ name }) => name === 'Other')?.id ?? '');
  return { made, other, pass, otherTexts };
}

const refused = () =>
  new Fault(
    { kind: 'folder', side: 'target', reason: 'refused' },
    { code: 'No', remedy: 'checkFolder', message: 'not that folder' },
    true,
  );

describe('followGone', () => {
  it('removes the target item of what was moved, one for one', async () => {
    const { made, other, pass, otherTexts } = await scene();
    const key = made.add('moved');
    made.add('stays');
    await pass();
    made.source.moveItem(made.inbox, key, other);
    expect(await pass()).toEqual({ kind: 'followed', moved: 1, deleted: 0, kept: 0 });
    expect([made.texts(), otherTexts()]).toEqual([['stays'], ['moved']]);
    expect(made.pair.counters()).toMatchObject({ found: 2, copied: 2 });
    expect((await made.verify()).repair).toEqual([]);
    expect(await pass()).toEqual({ kind: 'followed', moved: 0, deleted: 0, kept: 0 });
  });

  it('removes each target item of what was moved twice since it was last looked at', async () => {
    const { made, other, pass, otherTexts } = await scene();
    const key = made.add('moved twice');
    made.add('stays');
    await pass();
    const there = made.source.moveItem(made.inbox, key, other);
    await made.plan();
    for (const position of [0, 1]) await made.copy({ position });
    made.source.moveItem(other, there, made.inbox);
    expect(await pass()).toMatchObject({ moved: 2, kept: 0 });
    expect([made.texts(), otherTexts()]).toEqual([['moved twice', 'stays'], []]);
  });

  it('follows what was moved again and again while its mailbox did not rest', async () => {
    const { made, other, pass, otherTexts } = await scene();
    let key = made.add('moved');
    made.add('stays');
    await pass();
    const folders = [made.inbox, other];
    for (let times = 0; times < 4; times += 1) {
      const [from = '', to = ''] = folders;
      key = made.source.moveItem(from, key, to);
      folders.reverse();
      expect(await pass({ quiet: false })).toMatchObject({ moved: 1, kept: 0 });
    }
    expect([made.texts(), otherTexts()]).toEqual([['moved', 'stays'], []]);
  });

  it('takes what came and was deleted since it was last looked at for no move of its own', async () => {
    const { made, other, pass, otherTexts } = await scene();
    const key = made.add('stays');
    await pass();
    const copy = made.source.copyItem(made.inbox, key, other, true);
    await made.plan();
    await made.copy({ position: 1 });
    made.source.removeItem(other, copy);
    expect(await pass()).toMatchObject({ moved: 0, kept: 1 });
    expect([made.texts(), otherTexts()]).toEqual([['stays'], ['stays']]);
  });

  it('lets no attempt of before add to what it judges by', async () => {
    let release = () => {};
    let blocked: Promise<void> | undefined;
    const { made, pass } = await scene({
      wrapSource: (source) => {
        const listChanges = source.listChanges.bind(source);
        return Object.assign(source, {
          listChanges: async (...given: Parameters<typeof listChanges>) => {
            await blocked;
            return listChanges(...given);
          },
        });
      },
    });
    made.add('stays');
    await made.plan();
    await made.copy();
    blocked = new Promise((resolve) => (release = resolve));
    const late = made.copy();
    made.add('late');
    expect(await made.followGone()).toMatchObject({ kind: 'followed' });
    release();
    expect(await late).toMatchObject({ kind: 'fenced' });
    blocked = undefined;
    expect(await pass()).toMatchObject({ kind: 'followed' });
    expect(made.texts()).toEqual(['late', 'stays']);
  });

  describe('with what was moved since it was last looked at, and changed in both mailboxes since', () => {
    async function changed() {
      const given = await scene();
      const { made, other, pass } = given;
      const key = made.add('moved');
      made.add('stays');
      await pass({ quiet: false });
      const there = made.source.moveItem(made.inbox, key, other);
      await made.plan();
      for (const position of [0, 1]) await made.copy({ position });
      const folder = [...made.target.folders.values()].find(({ name }) => name === 'Other')?.id ?? '';
      const [own] = made.target.items(folder);
      made.target.changeItem(folder, own?.id ?? '', { content: textContent('edited') });
      made.source.changeItem(other, there, { content: textContent('newer') });
      await made.copy({ position: 1 });
      return { ...given, there };
    }

    it('removes the older item, as its user has made the newer one his own', async () => {
      const { made, pass, otherTexts } = await changed();
      expect(await pass()).toMatchObject({ moved: 1 });
      expect([made.texts(), otherTexts()]).toEqual([['stays'], ['edited']]);
    });

    it('keeps both where it was deleted at the source then', async () => {
      const { made, other, pass, otherTexts, there } = await changed();
      made.source.removeItem(other, there);
      expect(await pass()).toMatchObject({ moved: 0, kept: 1 });
      expect([made.texts(), otherTexts()]).toEqual([['moved', 'stays'], ['edited']]);
      expect(made.pair.counters()).toMatchObject({ found: 3, copied: 3 });
    });
  });

  it('keeps what was moved and deleted since it was last looked at in both places, as nobody knows the newer', async () => {
    const { made, other, pass, otherTexts } = await scene();
    const key = made.add('first here');
    made.add('stays');
    await made.plan();
    for (const position of [0, 1]) await made.copy({ position });
    const there = made.source.moveItem(made.inbox, key, other);
    await made.plan();
    for (const position of [0, 1]) await made.copy({ position });
    made.source.removeItem(other, there);
    expect(await pass()).toMatchObject({ moved: 0, deleted: 0, kept: 2 });
    expect([made.texts(), otherTexts()]).toEqual([['first here', 'stays'], ['first here']]);
  });

  it('takes what was only found in the target for no older place of what came since', async () => {
    const { made, other, pass, otherTexts } = await scene();
    const key = made.add('first here');
    made.add('stays');
    await made.plan();
    for (const position of [0, 1]) await made.copy({ position });
    const there = made.source.moveItem(made.inbox, key, other);
    const backup = made.ledger.backup();
    await made.plan();
    for (const position of [0, 1]) await made.copy({ position });
    made.ledger.restore(backup);
    made.open();
    made.source.removeItem(other, there);
    expect(await pass()).toMatchObject({ moved: 0, deleted: 0, kept: 2 });
    expect([made.texts(), otherTexts()]).toEqual([['first here', 'stays'], ['first here']]);
  });

  it('keeps one of what was moved and then deleted', async () => {
    const { made, other, pass, otherTexts } = await scene();
    const key = made.add('gone');
    made.add('stays');
    await pass();
    const there = made.source.moveItem(made.inbox, key, other);
    await made.plan();
    await made.copy({ position: 1 });
    made.source.removeItem(other, there);
    expect(await pass()).toMatchObject({ moved: 1, kept: 1 });
    expect([made.texts(), otherTexts()]).toEqual([['stays'], ['gone']]);
  });

  it('takes a copy that was there before for no move', async () => {
    const { made, other, pass, otherTexts } = await scene();
    const key = made.add('one');
    made.source.copyItem(made.inbox, key, other, true);
    await pass();
    made.source.removeItem(made.inbox, key);
    expect(await pass()).toMatchObject({ moved: 0, kept: 1 });
    expect([made.texts(), otherTexts()]).toEqual([['one'], ['one']]);
  });

  it('removes one of two alike where one was moved and the other deleted', async () => {
    const { made, other, pass, otherTexts } = await scene();
    const key = made.add('one');
    const copy = made.source.copyItem(made.inbox, key, made.inbox, true);
    await pass();
    made.source.moveItem(made.inbox, key, other);
    made.source.removeItem(made.inbox, copy);
    expect(await pass()).toMatchObject({ moved: 1, kept: 1 });
    expect([made.texts(), otherTexts()]).toEqual([['one'], ['one']]);
  });

  it('removes what was deleted only where it was asked for, and never what was deleted before that', async () => {
    const { made, pass } = await scene();
    const [first, second] = [made.add('first'), made.add('second')];
    made.add('stays');
    await pass();
    made.source.removeItem(made.inbox, first);
    expect(await pass()).toMatchObject({ deleted: 0, kept: 1 });
    made.source.removeItem(made.inbox, second);
    expect(await pass({ followDeletions: true })).toMatchObject({ deleted: 1, kept: 0 });
    expect(made.texts()).toEqual(['first', 'stays']);
    expect(made.pair.counters()).toMatchObject({ found: 2, copied: 2 });
    expect((await made.verify()).repair).toEqual([]);
  });

  it('leaves what its user has changed in the target, and says so', async () => {
    const { made, other, pass } = await scene();
    const [deleted, moved] = [made.add('deleted'), made.add('moved')];
    await pass();
    for (const { id } of made.target.items(made.targetInbox))
      made.target.changeItem(made.targetInbox, id, { content: textContent('by its user') });
    made.source.removeItem(made.inbox, deleted);
    made.source.moveItem(made.inbox, moved, other);
    expect(await pass({ followDeletions: true })).toMatchObject({ moved: 0, deleted: 0 });
    expect(made.texts()).toEqual(['by its user', 'by its user']);
    for (const key of [deleted, moved])
      expect(await made.entry(key)).toMatchObject({ outcome: { reason: { code: 'ChangedInTarget' } } });
  });

  it('notices what went while the source was not listened to', async () => {
    const { made, other, pass, otherTexts } = await scene();
    const [moved, deleted] = [made.add('moved'), made.add('deleted')];
    made.add('stays');
    await pass();
    made.source.moveItem(made.inbox, moved, other);
    made.source.removeItem(made.inbox, deleted);
    made.source.expireStates();
    expect(await pass({ followDeletions: true })).toMatchObject({ moved: 1, deleted: 1 });
    expect([made.texts(), otherTexts()]).toEqual([['stays'], ['moved']]);
  });

  it('knows what was moved while it noticed that it went, and deletes nothing that is there under another key', async () => {
    let move = () => {};
    const { made, other, pass, otherTexts } = await scene({
      wrapSource: (source) => {
        const listChanges = source.listChanges.bind(source);
        let listings = 0;
        return Object.assign(source, {
          listChanges: (...given: Parameters<typeof listChanges>) => {
            // Both folders were copied: now it is listed what went while the source was not listened to.
            if (given[0] === made.inbox && given[1] === undefined && (listings += 1) === 3) move();
            return listChanges(...given);
          },
        });
      },
    });
    const key = made.add('moved');
    made.add('stays');
    await pass();
    made.source.expireStates();
    await pass({ followDeletions: true });
    made.source.expireStates();
    move = () => made.source.moveItem(made.inbox, key, other);
    expect(await pass({ followDeletions: true })).toMatchObject({ moved: 0, deleted: 0, kept: 1 });
    expect([made.texts(), otherTexts()]).toEqual([['moved', 'stays'], []]);
    expect(await pass()).toMatchObject({ moved: 1, kept: 0 });
    expect([made.texts(), otherTexts()]).toEqual([['stays'], ['moved']]);
  });

  it('removes nothing that seems deleted while its mailbox does not rest', async () => {
    const { made, other, pass, otherTexts } = await scene();
    const key = made.add('moved');
    made.add('stays');
    await pass();
    await made.plan();
    await made.copy({ position: 1 });
    made.source.moveItem(made.inbox, key, other);
    await made.copy({ position: 0 });
    const order = { followDeletions: true };
    expect(await made.followGone({ ...order, quiet: false })).toMatchObject({ deleted: 0, kept: 1 });
    expect(await pass(order)).toMatchObject({ moved: 1, deleted: 0 });
    expect([made.texts(), otherTexts()]).toEqual([['stays'], ['moved']]);
  });

  it('removes nothing that seems deleted while a folder is refused, where it may have been moved to', async () => {
    let refusing = false;
    const { made, pass } = await scene({
      wrapTarget: (target) => {
        const ensureFolder = target.ensureFolder.bind(target);
        return Object.assign(target, {
          ensureFolder: (...given: Parameters<typeof ensureFolder>) =>
            refusing && given[0].name === 'Refused' ? Promise.reject(refused()) : ensureFolder(...given),
        });
      },
    });
    const key = made.add('moved');
    made.add('stays');
    await pass();
    refusing = true;
    made.source.moveItem(made.inbox, key, made.source.addFolder({ name: 'Refused' }));
    expect(await pass({ followDeletions: true })).toMatchObject({ moved: 0, deleted: 0, kept: 1 });
    refusing = false;
    expect(await pass({ followDeletions: true })).toMatchObject({ moved: 1, deleted: 0 });
  });

  it('follows what was moved between a pre-stage and the full pass', async () => {
    const { made, other, pass, otherTexts } = await scene();
    const date = '2020-05-05T05:05:05.000Z';
    const key = made.source.addItem(made.inbox, { content: textContent('old'), date });
    await pass({}, { toDate: '2025-12-31' });
    made.source.moveItem(made.inbox, key, other);
    await pass();
    expect([made.texts(), otherTexts()]).toEqual([[], ['old']]);
  });

  it('follows what came in one pass and was told to be gone in the next, while its mailbox did not rest', async () => {
    const { made, other, pass, otherTexts } = await scene();
    const key = made.add('moved');
    made.add('stays');
    await made.plan();
    await made.copy({ position: 0 });
    made.source.moveItem(made.inbox, key, other);
    await made.copy({ position: 1 });
    expect(await made.followGone({ quiet: false })).toMatchObject({ moved: 0, kept: 0 });
    expect(await pass()).toMatchObject({ moved: 1, kept: 0 });
    expect([made.texts(), otherTexts()]).toEqual([['stays'], ['moved']]);
  });

  it('follows what was moved to where a filter left it out, once a filter takes it there', async () => {
    const { made, other, pass, otherTexts } = await scene();
    const key = made.source.addItem(made.inbox, {
      content: textContent('new'),
      date: '2026-06-06T06:06:06Z',
    });
    await pass();
    made.source.moveItem(made.inbox, key, other);
    for (const _ of ['a pass', 'the next'])
      expect(await pass({ followDeletions: true }, { toDate: '2025-12-31' })).toMatchObject({
        moved: 0,
        kept: 1,
      });
    expect([made.texts(), otherTexts()]).toEqual([['new'], []]);
    expect(await pass({ followDeletions: true })).toMatchObject({ moved: 1, deleted: 0 });
    expect([made.texts(), otherTexts()]).toEqual([[], ['new']]);
  });

  it('leaves what came back under its key though a filter leaves it out now', async () => {
    const { made, pass } = await scene();
    const key = made.source.addItem(made.inbox, {
      content: textContent('back'),
      date: '2026-06-06T06:06:06Z',
    });
    made.add('stays');
    await pass();
    const item = made.source.item(made.inbox, key);
    made.source.removeItem(made.inbox, key);
    await made.copy();
    if (item) made.source.putBack(made.inbox, item);
    expect(await pass({ followDeletions: true }, { toDate: '2025-12-31' })).toMatchObject({ deleted: 0 });
    expect(made.texts()).toEqual(['back', 'stays']);
  });

  it('removes nothing of a folder that a filter leaves out, as nobody looks whether it is back', async () => {
    const { made, other, pass, otherTexts } = await scene();
    made.add('stays');
    const key = made.source.addItem(other, { content: textContent('back') });
    await pass();
    const item = made.source.item(other, key);
    if (!item) throw new Error('nothing was added');
    made.source.removeItem(other, key);
    await made.copy({ position: 1 });
    made.source.putBack(other, item);
    const without = { leaveOutFolders: ['Other'] };
    expect(await pass({ followDeletions: true }, without)).toMatchObject({ deleted: 0 });
    expect(otherTexts()).toEqual(['back']);
    made.source.removeItem(other, key);
    expect(await pass({ followDeletions: true })).toMatchObject({ deleted: 1 });
    expect(otherTexts()).toEqual([]);
  });

  describe('with a replaced version whose removal was never sent', () => {
    async function crashed(inOther = false) {
      let crashing = false;
      const given = await scene({
        wrapTarget: (target) => {
          const removeItems = target.removeItems.bind(target);
          return Object.assign(target, {
            updateItems: undefined,
            removeItems: (...given: Parameters<typeof removeItems>) =>
              crashing ? Promise.reject(new Error('the worker ends')) : removeItems(...given),
          });
        },
      });
      const { made, other, pass } = given;
      const folder = inOther ? other : made.inbox;
      const key = made.source.addItem(folder, { content: textContent('older') });
      made.add('stays');
      await pass();
      made.source.changeItem(folder, key, { content: textContent('newer') });
      crashing = true;
      await expect(made.copy({ position: inOther ? 1 : 0 })).rejects.toThrow('the worker ends');
      crashing = false;
      return { ...given, key };
    }

    it('removes that too with what was deleted', async () => {
      const { made, pass, key } = await crashed();
      made.source.removeItem(made.inbox, key);
      expect(await pass({ followDeletions: true })).toMatchObject({ deleted: 1 });
      expect(made.texts()).toEqual(['stays']);
    });

    it('has that alone removed where the folder is gone', async () => {
      const { made, other, pass, otherTexts } = await crashed(true);
      made.source.removeFolder(other);
      expect(await pass()).toMatchObject({ deleted: 0, kept: 1 });
      expect(await made.verify()).toMatchObject({ findings: { doubled: 1 }, repair: [1] });
      expect(await made.copy({ position: 1 })).toEqual({ kind: 'gone' });
      expect(otherTexts()).toEqual(['newer']);
      expect((await made.verify()).repair).toEqual([]);
    });
  });

  it('waits with what was moved until it is in the target under its new key', async () => {
    const { made, other, pass, otherTexts } = await scene();
    const key = made.add('moved');
    await pass();
    made.source.moveItem(made.inbox, key, other);
    made.target.refuses = () => ({ code: 'No', remedy: 'none', message: 'not now' });
    expect(await pass({ followDeletions: true })).toMatchObject({ moved: 0, deleted: 0 });
    expect(made.texts()).toEqual(['moved']);
    made.target.refuses = () => undefined;
    await made.copy({ position: 1, retry: 'first' });
    expect(await pass({ followDeletions: true })).toMatchObject({ moved: 1 });
    expect([made.texts(), otherTexts()]).toEqual([[], ['moved']]);
  });

  it('takes no item for gone of a folder that one listing of the folders left out', async () => {
    let isLeftOut = false;
    const wrapSource = (source: MemorySource) => {
      const listFolders = source.listFolders.bind(source);
      return Object.assign(source, {
        listFolders: async (signal: AbortSignal) =>
          (await listFolders(signal)).filter(({ name }) => !isLeftOut || name !== 'Other'),
      });
    };
    const { made, other, pass, otherTexts } = await scene({ wrapSource });
    made.add('stays');
    made.source.addItem(other, { content: textContent('stays, too') });
    await pass();
    isLeftOut = true;
    await made.plan();
    isLeftOut = false;
    made.source.addItem(other, { content: textContent('came') });
    expect(await made.followGone({ followDeletions: true })).toMatchObject({ deleted: 0, kept: 0 });
    expect(otherTexts()).toEqual(['stays, too']);
    expect((await made.verify()).findings.arrivedSince).toBe(1);
    expect(await pass({ followDeletions: true })).toMatchObject({ deleted: 0, kept: 0 });
    expect(otherTexts()).toEqual(['came', 'stays, too']);
    expect(made.pair.counters()).toMatchObject({ found: 3, copied: 3 });
  });

  it('removes nothing that seems deleted while a folder that was gone is listed again', async () => {
    const { made, other, pass } = await scene();
    const key = made.add('deleted');
    made.add('stays');
    made.source.addItem(other, { content: textContent('with its folder') });
    await pass();
    const folder = made.source.folder(other);
    made.source.removeFolder(other);
    expect(await pass({ followDeletions: true, quiet: false })).toMatchObject({ deleted: 0, kept: 1 });
    made.source.removeItem(made.inbox, key);
    const plan = await made.plan();
    if (plan.kind !== 'planned') throw new Error('fenced');
    for (const { position } of plan.folders) await made.copy({ position });
    made.source.folders.set(other, folder);
    expect(await made.followGone({ followDeletions: true })).toMatchObject({ deleted: 0 });
    made.source.folders.delete(other);
    expect(await pass({ followDeletions: true })).toMatchObject({ deleted: 2, kept: 0 });
  });

  it('follows the items of a folder that is gone', async () => {
    const { made, other, pass, otherTexts } = await scene();
    made.add('stays');
    const moved = made.source.addItem(other, { content: textContent('moved') });
    made.source.addItem(other, { content: textContent('deleted') });
    await pass();
    made.source.moveItem(other, moved, made.inbox);
    made.source.removeFolder(other);
    expect(await pass()).toMatchObject({ moved: 1, kept: 1 });
    expect([made.texts(), otherTexts()]).toEqual([['moved', 'stays'], ['deleted']]);
    expect(await pass({ followDeletions: true })).toMatchObject({ moved: 0, deleted: 0, kept: 0 });
  });

  it('goes on where it was when its own removal was not heard of', async () => {
    let losing = false;
    const { made, pass } = await scene({
      wrapTarget: (target) => {
        const removeItems = target.removeItems.bind(target);
        return Object.assign(target, {
          removeItems: async (...given: Parameters<typeof removeItems>) => {
            const outcomes = await removeItems(...given);
            if (losing) throw lostAnswer();
            return outcomes;
          },
        });
      },
    });
    const key = made.add('deleted');
    made.add('stays');
    await pass();
    made.source.removeItem(made.inbox, key);
    losing = true;
    await expect(pass({ followDeletions: true })).rejects.toBeInstanceOf(Fault);
    losing = false;
    expect(await made.followGone({ followDeletions: true })).toMatchObject({ deleted: 1 });
    expect(await made.entry(key)).toMatchObject({ outcome: { kind: 'removed' } });
    expect(made.texts()).toEqual(['stays']);
  });

  describe('with a source that is suddenly much smaller', () => {
    const shrunk = async (followDeletions: boolean) => {
      const { made, pass, other } = await scene({ sourcePageItems: 1_000 });
      const keys = Array.from({ length: 120 }, (_, at) => made.add(`item ${at}`));
      await pass();
      for (const key of keys.slice(0, 60)) made.source.removeItem(made.inbox, key);
      await expect(pass({ followDeletions })).rejects.toMatchObject({
        details: { kind: 'fatal', side: 'source' },
        text: { code: 'SourceMuchSmaller', remedy: 'checkSourceMailbox' },
      });
      return { made, pass, keys, other };
    };

    it.each([true, false])('stops and removes nothing (deletions followed: %s)', async (followDeletions) => {
      const { made, pass } = await shrunk(followDeletions);
      expect(made.texts()).toHaveLength(120);
      await expect(pass({ followDeletions })).rejects.toMatchObject({ text: { code: 'SourceMuchSmaller' } });
    });

    it('goes on once an administrator has looked after it, and still removes nothing of what was gone', async () => {
      const { made, pass, keys } = await shrunk(true);
      expect(await pass({ followDeletions: true, sourceChecked: true })).toMatchObject({
        deleted: 0,
        kept: 60,
      });
      expect(made.texts()).toHaveLength(120);
      made.source.removeItem(made.inbox, keys[100] ?? '');
      expect(await pass({ followDeletions: true })).toMatchObject({ deleted: 1, kept: 0 });
    });

    it('takes a great tidying into other folders for what it is', async () => {
      const { made, pass, other, otherTexts } = await scene({ sourcePageItems: 1_000 });
      const keys = Array.from({ length: 120 }, (_, at) => made.add(`item ${at}`));
      await pass();
      for (const key of keys) made.source.moveItem(made.inbox, key, other);
      expect(await pass({ followDeletions: true })).toMatchObject({ moved: 120, deleted: 0 });
      expect([made.texts().length, otherTexts().length]).toEqual([0, 120]);
    });

    it('doubles nothing where all items of a folder have got new keys', async () => {
      const { made, pass } = await scene({ sourcePageItems: 1_000 });
      const keys = Array.from({ length: 60 }, (_, at) => made.add(`item ${at}`));
      await pass();
      for (const key of keys) made.source.moveItem(made.inbox, key, made.inbox);
      expect(await pass({ followDeletions: true })).toMatchObject({ moved: 60 });
      expect(made.texts()).toHaveLength(60);
    });
  });

  describe('with a source that empties while it is copied', () => {
    const emptied = async () => {
      const { made, pass } = await scene();
      const keys = [made.add('one'), made.add('two')];
      await pass();
      await made.plan();
      for (const key of keys) made.source.removeItem(made.inbox, key);
      await made.copy();
      return made;
    };

    it.each([true, false])('stops and judges nothing (deletions followed: %s)', async (followDeletions) => {
      const made = await emptied();
      await expect(made.followGone({ followDeletions })).rejects.toMatchObject({
        details: { kind: 'fatal', side: 'source' },
        text: { code: 'SourceEmpty', remedy: 'checkSourceMailbox' },
      });
      expect(made.texts()).toEqual(['one', 'two']);
    });

    it('removes nothing of what was gone though an administrator has looked after it', async () => {
      const made = await emptied();
      const order = { followDeletions: true, sourceChecked: true };
      expect(await made.followGone(order)).toMatchObject({ deleted: 0, kept: 2 });
      expect(await made.followGone({ followDeletions: true })).toMatchObject({ deleted: 0 });
      expect(made.texts()).toEqual(['one', 'two']);
    });
  });

  it('stops before anything is put where the mailbox was replaced or restored', async () => {
    const { made, pass } = await scene();
    made.add('one');
    await pass();
    made.source.removeFolder(made.inbox);
    const restored = made.source.addFolder({ name: 'Inbox', wellKnown: 'inbox' });
    made.source.addItem(restored, { content: textContent('one') });
    await expect(pass()).rejects.toMatchObject({
      text: { code: 'SourceReplaced', remedy: 'acceptSourceMailbox' },
    });
    expect(made.texts()).toEqual(['one']);
  });

  describe('of a mailbox that was replaced', () => {
    /** All folders and items are there under new keys, as after a restore. */
    const replace = (made: PairScene): void => {
      const { source } = made;
      const olds = [...source.folders.values()];
      const news = new Map<string, string>();
      for (const { id, name, wellKnown, parentId } of olds) {
        const parent = parentId === undefined ? {} : { parentId: news.get(parentId) ?? parentId };
        news.set(id, source.addFolder({ name, ...(wellKnown && { wellKnown }), ...parent }));
        for (const item of source.items(id)) source.copyItem(id, item.id, news.get(id) ?? '', true);
      }
      for (const { id } of olds) source.folders.delete(id);
    };
    const accept = async (made: PairScene): Promise<void> => {
      const { replacedInbox } = (await made.ledger.pair(made.pair.id)) ?? {};
      made.ledger.acceptSource(made.pair.id, replacedInbox ?? '');
    };

    it('goes on once an administrator has said that it is the right one: nothing is twice, and no folder is', async () => {
      const { made, other, pass, otherTexts } = await scene();
      const under = made.source.addFolder({ name: 'Under', parentId: other });
      for (const text of ['one', 'two']) made.add(text);
      made.source.addItem(other, { content: textContent('three') });
      made.source.addItem(under, { content: textContent('four') });
      await pass();
      const folders = [...made.target.folders.values()].map(({ name }) => name).sort();
      replace(made);
      await expect(pass()).rejects.toMatchObject({ text: { code: 'SourceReplaced' } });
      await accept(made);
      expect(await pass({ followDeletions: true })).toMatchObject({ moved: 4, deleted: 0 });
      expect([made.texts(), otherTexts()]).toEqual([['one', 'two'], ['three']]);
      expect([...made.target.folders.values()].map(({ name }) => name).sort()).toEqual(folders);
      expect((await made.verify()).repair).toEqual([]);
      expect(made.pair.counters()).toMatchObject({ found: 4, copied: 4 });
      expect(await pass()).toMatchObject({ moved: 0, deleted: 0 });
      expect([made.texts(), otherTexts()]).toEqual([['one', 'two'], ['three']]);
    });

    it('stops where its Inbox, Calendar and Contacts hold nothing that was copied, and goes on once it is accepted', async () => {
      const { made, other, pass, otherTexts } = await scene();
      made.source.addItem(other, { content: textContent('one') });
      await pass();
      replace(made);
      await expect(pass()).rejects.toMatchObject({ text: { code: 'SourceReplaced' } });
      expect(otherTexts()).toEqual(['one']);
      await accept(made);
      expect(await pass()).toMatchObject({ moved: 1 });
      expect(await pass()).toMatchObject({ moved: 0 });
      expect(otherTexts()).toEqual(['one']);
    });

    it('is accepted once, though it lacks something of its Calendar that was copied before', async () => {
      const { made, pass } = await scene();
      const calendar = made.source.addFolder({ name: 'Calendar', wellKnown: 'calendar' });
      made.add('one');
      const lacking = made.source.addItem(calendar, { content: textContent('two') });
      await pass();
      made.source.removeItem(calendar, lacking);
      replace(made);
      await expect(pass()).rejects.toMatchObject({ text: { code: 'SourceReplaced' } });
      await accept(made);
      expect(await pass()).toMatchObject({ moved: 1, kept: 1 });
      expect(await pass()).toMatchObject({ moved: 0, deleted: 0 });
    });

    it('is not asked about where nothing was copied from the one before', async () => {
      const { made, other, pass } = await scene();
      await pass();
      replace(made);
      const restored = [...made.source.folders.values()].find(({ name }) => name === 'Other')?.id ?? other;
      made.source.addItem(restored, { content: textContent('one') });
      await pass();
      expect(await pass()).toMatchObject({ kind: 'followed' });
      expect(made.pair.counters()).toMatchObject({ copied: 1 });
    });

    it('stops again where it is replaced once more', async () => {
      const { made, pass } = await scene();
      made.add('one');
      await pass();
      replace(made);
      await expect(pass()).rejects.toMatchObject({ text: { code: 'SourceReplaced' } });
      await accept(made);
      await pass();
      replace(made);
      await expect(pass()).rejects.toMatchObject({ text: { code: 'SourceReplaced' } });
      expect(made.texts()).toEqual(['one']);
    });
  });
});
