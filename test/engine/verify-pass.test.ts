import { textContent, type MemoryItem } from '../../src/connectors/memory';
import { everything, itemFilter } from '../../src/domain/item-filter';
import type { LedgerParcel } from '../../src/engine/ledger';
import { noFindings } from '../../src/engine/verify-findings';
import { PairScene } from './pair-builder';

describe('verifyPass', () => {
  const copied = async (...texts: string[]) => {
    const scene = new PairScene();
    const keys = texts.map((text) => scene.add(text));
    await scene.planAndCopy();
    return { scene, keys };
  };
  /** Puts an item as a request that took effect long after it was given up. */
  const comeLate = (scene: PairScene, sourceKey: string, text: string, parcelId = '1.late') => {
    const stamp = {
      pairId: scene.pair.id,
      folderKey: scene.inbox,
      sourceKey,
      changeKey: 'v',
      parcelId,
      unfinished: false,
    };
    return scene.target.addItem(scene.targetInbox, { content: textContent(text), stamp });
  };

  const noted = async (scene: PairScene) =>
    (await scene.ledger.folder({ pairId: scene.pair.id, folderKey: scene.inbox }))?.verified;

  it('finds nothing where everything was copied', async () => {
    const { scene } = await copied('one', 'two');
    expect(await scene.verify()).toEqual({ findings: noFindings(), repair: [] });
  });

  it('has no walk over the ledger open while it asks the servers', async () => {
    const walks = { open: 0, openOnListing: 0 };
    const scene = new PairScene({
      wrapSource: (source) => {
        const listChanges = source.listChanges.bind(source);
        return Object.assign(source, {
          listChanges: (...given: Parameters<typeof listChanges>) => {
            walks.openOnListing = Math.max(walks.openOnListing, walks.open);
            return listChanges(...given);
          },
        });
      },
    });
    await scene.planAndCopy();
    const folders = scene.ledger.folders.bind(scene.ledger);
    scene.ledger.folders = async function* (pairId) {
      walks.open += 1;
      yield* folders(pairId);
      walks.open -= 1;
    };
    await scene.verify();
    expect(walks).toEqual({ open: 0, openOnListing: 0 });
  });

  it('takes what came after the watermark for the next pass', async () => {
    const { scene, keys } = await copied('one', 'two');
    scene.add('three');
    scene.source.changeItem(scene.inbox, keys[0] ?? '', { content: textContent('changed') });
    expect(await scene.verify()).toMatchObject({ findings: { missing: 0, arrivedSince: 2 }, repair: [] });
  });

  it('has a version removed that was replaced, though the removal was never sent and a still newer one failed', async () => {
    const worker = { isEnding: false };
    const scene = new PairScene({
      wrapTarget: (target) => {
        const removeItems = target.removeItems.bind(target);
        return Object.assign(target, {
          updateItems: undefined,
          removeItems: (...given: Parameters<typeof removeItems>) =>
            worker.isEnding ? Promise.reject(new Error('the worker ends')) : removeItems(...given),
        });
      },
    });
    const key = scene.add('first');
    await scene.planAndCopy();
    scene.source.changeItem(scene.inbox, key, { content: textContent('second') });
    worker.isEnding = true;
    await expect(scene.copy()).rejects.toThrow('the worker ends');
    worker.isEnding = false;
    scene.source.changeItem(scene.inbox, key, { content: textContent('third') });
    scene.target.refuses = () => ({ code: 'No', remedy: 'checkItem', message: 'not that' });
    await scene.copy();
    expect((await scene.entry(key))?.outcome).toMatchObject({ kind: 'failed' });
    expect(scene.texts()).toEqual(['first', 'second']);
    expect(await scene.verify()).toMatchObject({ findings: { doubled: 1 }, repair: [0] });
    await scene.copy();
    expect(scene.texts()).toEqual(['second']);
    expect((await scene.verify()).repair).toEqual([]);
  });

  it('has a source item put that is in neither ledger nor target', async () => {
    const { scene } = await copied('one');
    const missing = scene.add('missing');
    await scene.copy();
    const [, second] = scene.target.items(scene.targetInbox);
    const backup = scene.ledger.backup() as [
      unknown,
      unknown,
      Map<string, { entries: { sourceKey: string }[] }>,
    ];
    for (const [id, { entries }] of backup[2]) if (entries[0]?.sourceKey === missing) backup[2].delete(id);
    scene.ledger.restore(backup);
    scene.target.removeItem(scene.targetInbox, second?.id ?? '');
    scene.open();
    expect(await scene.verify()).toMatchObject({ findings: { missing: 1 }, repair: [0] });
    expect((await noted(scene))?.named).toMatchObject([
      { kind: 'missing', itemClass: 'IPM.Note', sizeBytes: 7 },
    ]);
    await scene.copy();
    expect(scene.texts()).toEqual(['missing', 'one']);
    expect((await scene.verify()).repair).toEqual([]);
  });

  it('has a double removed that came late, and keeps the one in the ledger', async () => {
    const { scene, keys } = await copied('one', 'two');
    const [own] = scene.target.items(scene.targetInbox).map(({ id }) => id);
    comeLate(scene, keys[0] ?? '', 'late');
    expect(await scene.verify()).toMatchObject({ findings: { doubled: 1, copies: 0 }, repair: [0] });
    await scene.copy();
    expect(scene.texts()).toEqual(['one', 'two']);
    expect(scene.target.item(scene.targetInbox, own ?? '')).toBeDefined();
    expect((await scene.verify()).repair).toEqual([]);
  });

  it('has a double removed that came late, though the ledger has the others of its parcel', async () => {
    const { scene, keys } = await copied('one', 'two');
    const [first = '', second = ''] = keys;
    const parcelId = (await scene.entry(first))?.parcelId;
    scene.source.changeItem(scene.inbox, second, { content: textContent('newer') });
    await scene.copy();
    const backup = scene.ledger.backup() as [
      unknown,
      unknown,
      Map<string, { entries: { sourceKey: string }[] }>,
    ];
    const parcel = backup[2].get(parcelId ?? '');
    if (parcel) parcel.entries = parcel.entries.filter(({ sourceKey }) => sourceKey !== second);
    scene.ledger.restore(backup);
    comeLate(scene, second, 'late', parcelId);
    expect(await scene.verify()).toMatchObject({ findings: { doubled: 1, copies: 0 }, repair: [0] });
    await scene.copy();
    expect(scene.texts()).toEqual(['newer', 'one']);
  });

  it('has an item removed that came late, where its own one was removed as moved', async () => {
    const { scene, keys } = await copied('one', 'two');
    await scene.followGone();
    scene.source.moveItem(scene.inbox, keys[0] ?? '', scene.inbox);
    await scene.copy();
    expect(await scene.followGone()).toMatchObject({ moved: 1 });
    comeLate(scene, keys[0] ?? '', 'late');
    expect(await scene.verify()).toMatchObject({ findings: { doubled: 1 }, repair: [0] });
    await scene.copy();
    expect(scene.texts()).toEqual(['one', 'two']);
    expect((await scene.verify()).repair).toEqual([]);
  });

  it('leaves an item that came late, whose source item was gone before it was ever known as copied', async () => {
    const { scene } = await copied('one');
    scene.target.refuses = () => ({ code: 'No', remedy: 'none', message: 'not that' });
    const key = scene.add('refused');
    await scene.copy();
    scene.source.removeItem(scene.inbox, key);
    await scene.copy();
    comeLate(scene, key, 'late');
    expect(await scene.verify()).toMatchObject({ findings: { doubled: 0 }, repair: [] });
  });

  it('has a late item entered that is the only one of its key', async () => {
    const { scene } = await copied('one');
    comeLate(scene, 'vanished', 'the only one');
    expect(await scene.verify()).toMatchObject({ findings: { unrecorded: 1, doubled: 0 }, repair: [0] });
    await scene.copy();
    expect((await scene.verify()).repair).toEqual([]);
    expect(scene.texts()).toEqual(['one', 'the only one']);
  });

  it('leaves a copy that the user made of an item that came late', async () => {
    const { scene } = await copied('one');
    const late = comeLate(scene, 'vanished', 'the only one');
    scene.target.copyItem(scene.targetInbox, late, scene.targetInbox);
    await scene.verify();
    await scene.copy();
    expect(await scene.verify()).toMatchObject({ findings: { doubled: 0, copies: 1 }, repair: [] });
    expect(scene.texts()).toHaveLength(3);
  });

  it('has a late item removed whose original was moved there and back, and had a newer version left out', async () => {
    const { scene, keys } = await copied('one');
    const small = { ...everything, greatestSizeBytes: 3 };
    scene.source.changeItem(scene.inbox, keys[0] ?? '', { content: textContent('newer') });
    await scene.copy({ filter: itemFilter(small) });
    const [own = ''] = scene.target.items(scene.targetInbox).map(({ id }) => id);
    scene.target.moveItem(scene.targetInbox, own, scene.targetInbox);
    comeLate(scene, keys[0] ?? '', 'late');
    expect(await scene.verify(small)).toMatchObject({ findings: { doubled: 1 }, repair: [0] });
    await scene.copy({ filter: itemFilter(small) });
    expect(scene.texts()).toEqual(['one']);
  });

  it('leaves copies that the user made, also of an item whose original he removed', async () => {
    const { scene } = await copied('one');
    const [own] = scene.target.items(scene.targetInbox).map(({ id }) => id);
    const elsewhere = scene.target.addFolder({ name: 'elsewhere' });
    scene.target.copyItem(scene.targetInbox, own ?? '', scene.targetInbox);
    scene.target.copyItem(scene.targetInbox, own ?? '', elsewhere);
    expect(await scene.verify()).toMatchObject({ findings: { doubled: 0, copies: 1 }, repair: [] });
    scene.target.removeItem(scene.targetInbox, own ?? '');
    expect(await scene.verify()).toMatchObject({
      findings: { doubled: 0, copies: 1, changedByUser: 1 },
      repair: [],
    });
  });

  it('leaves a late item whose original the user removed, and removes it where he moved that one', async () => {
    const { scene, keys } = await copied('one');
    const [own] = scene.target.items(scene.targetInbox).map(({ id }) => id);
    comeLate(scene, keys[0] ?? '', 'late');
    const elsewhere = scene.target.addFolder({ name: 'elsewhere' });
    scene.target.moveItem(scene.targetInbox, own ?? '', elsewhere);
    expect(await scene.verify()).toMatchObject({ findings: { doubled: 1 }, repair: [0] });
    await scene.copy();
    expect([scene.texts(), scene.texts(elsewhere)]).toEqual([[], ['one']]);
  });

  describe('where a newer version was not written over what its user has made his own', () => {
    const kept = async (use: (scene: PairScene, own: string) => void) => {
      const { scene, keys } = await copied('one');
      const [own = ''] = scene.target.items(scene.targetInbox).map(({ id }) => id);
      use(scene, own);
      scene.source.changeItem(scene.inbox, keys[0] ?? '', { content: textContent('newer') });
      await scene.copy();
      comeLate(scene, keys[0] ?? '', 'late');
      return scene;
    };

    it.each([
      { what: 'changed', use: (scene: PairScene, own: string) => edit(scene, own) },
      { what: 'moved there and back', use: (scene: PairScene, own: string) => move(scene, own) },
    ])('has an item removed that came late: $what', async ({ use }) => {
      const scene = await kept(use);
      expect(await scene.verify()).toMatchObject({ findings: { doubled: 1 }, repair: [0] });
      await scene.copy();
      expect(scene.texts()).toHaveLength(1);
      expect(scene.texts()).not.toContain('late');
      expect((await scene.verify()).repair).toEqual([]);
    });

    it('leaves an item that came late and is the only one there is', async () => {
      const scene = await kept((given, own) => given.target.removeItem(given.targetInbox, own));
      expect(await scene.verify()).toMatchObject({ findings: { doubled: 0 }, repair: [] });
      expect(scene.texts()).toEqual(['late']);
    });

    const edit = ({ target, targetInbox }: PairScene, own: string) =>
      target.changeItem(targetInbox, own, { content: textContent('edited') });
    const move = ({ target, targetInbox }: PairScene, own: string) =>
      target.moveItem(targetInbox, own, targetInbox);
  });

  it('leaves what the user changed or removed, and says how many', async () => {
    const { scene } = await copied('one', 'two', 'three');
    const [first, second] = scene.target.items(scene.targetInbox).map(({ id }) => id);
    scene.target.changeItem(scene.targetInbox, first ?? '', { content: textContent('edited') });
    scene.target.removeItem(scene.targetInbox, second ?? '');
    expect(await scene.verify()).toMatchObject({ findings: { changedByUser: 2, missing: 0 }, repair: [] });
  });

  it('counts what the target folder holds, whoever put it there, and says when', async () => {
    const { scene } = await copied('one', 'two');
    scene.target.addItem(scene.targetInbox, { content: textContent('by its user') });
    await scene.verify();
    expect(await noted(scene)).toMatchObject({ targetCount: 3, at: '2026-11-23T12:00:00.000Z', named: [] });
  });

  it('finds an item of another version than the ledger says by its stamp', async () => {
    const { scene } = await copied('one');
    const [item] = scene.target.items(scene.targetInbox);
    for (const [pair, stamp] of item?.stamps ?? []) item?.stamps.set(pair, { ...stamp, changeKey: 'older' });
    expect((await scene.verify()).findings).toMatchObject({ different: 1, changedByUser: 0 });
    expect((await noted(scene))?.named).toMatchObject([{ kind: 'different', itemClass: 'IPM.Note' }]);
  });

  describe('where a newer version was refused, and the item is gone at the source since', () => {
    const refused = async () => {
      const { scene, keys } = await copied('one');
      const [key = ''] = keys;
      scene.source.changeItem(scene.inbox, key, { content: textContent('newer') });
      scene.target.refuses = () => ({ code: 'TooLarge', remedy: 'none', message: 'too large' });
      await scene.copy();
      const newer = { ...scene.source.item(scene.inbox, key) } as MemoryItem;
      scene.source.removeItem(scene.inbox, key);
      return { scene, key, newer };
    };
    const comeBack = ({ source, inbox, target }: PairScene, newer: MemoryItem) => {
      source.putBack(inbox, newer);
      target.refuses = () => undefined;
    };

    it('takes the version before, which stays, for what it is', async () => {
      const { scene, key } = await refused();
      await scene.copy();
      expect((await scene.entry(key))?.outcome).toMatchObject({ kind: 'copied', sourceGone: true });
      expect(await scene.verify()).toEqual({ findings: noFindings(), repair: [] });
    });

    it('has the newer one put where the item comes back', async () => {
      const { scene, newer } = await refused();
      await scene.copy();
      comeBack(scene, newer);
      await scene.copy();
      expect(scene.texts()).toEqual(['newer']);
      expect(await scene.verify()).toEqual({ findings: noFindings(), repair: [] });
    });

    it('does so though a ledger of 0.1.0 does not say which version the target holds', async () => {
      const { scene, key, newer } = await refused();
      const backup = scene.ledger.backup() as [unknown, unknown, Map<string, LedgerParcel>];
      for (const { entries } of backup[2].values())
        for (const { outcome } of entries) if (outcome.kind === 'failed') delete outcome.older?.changeKey;
      scene.ledger.restore(backup);
      await scene.copy();
      expect((await scene.entry(key))?.outcome).toMatchObject({ kind: 'copied', sourceGone: true });
      expect(await scene.verify()).toEqual({ findings: noFindings(), repair: [] });
      comeBack(scene, newer);
      await scene.copy();
      expect(scene.texts()).toEqual(['newer']);
    });
  });

  it('enters an item that the ledger lost and its user moved elsewhere, and puts it not again', async () => {
    const { scene } = await copied('one');
    const before = scene.ledger.backup();
    scene.add('two');
    await scene.copy();
    const two = scene.target.items(scene.targetInbox).at(-1)?.id ?? '';
    const inbox = { pairId: scene.pair.id, folderKey: scene.inbox };
    const watermark = (await scene.ledger.folder(inbox))?.watermark ?? null;
    scene.ledger.restore(before);
    scene.open();
    const elsewhere = scene.target.addFolder({ name: 'elsewhere' });
    scene.target.moveItem(scene.targetInbox, two, elsewhere);
    const taken = await scene.ledger.takeFolder(inbox, scene.nextFence());
    if (taken?.kind !== 'taken') throw new Error('not taken');
    await scene.ledger.writeFolder(inbox, taken.document, { watermark });
    expect(await scene.verify()).toMatchObject({ findings: { missing: 0, unrecorded: 1 }, repair: [0] });
    await scene.copy();
    expect([scene.texts(), scene.texts(elsewhere)]).toEqual([['one'], ['two']]);
    expect((await scene.verify()).repair).toEqual([]);
    expect(scene.pair.counters()).toMatchObject({ found: 2, copied: 1, alreadyThere: 1 });
  });

  describe('in a folder that is gone at the source', () => {
    const gone = async () => {
      const { scene } = await copied('one');
      const folder = scene.source.addFolder({ name: 'Gone' });
      scene.source.addItem(folder, { content: textContent('two') });
      await scene.plan();
      await scene.copy({ position: 1 });
      const target = [...scene.target.folders.values()].find(({ name }) => name === 'Gone')?.id ?? '';
      scene.source.removeFolder(folder);
      await scene.plan();
      await scene.followGone();
      return { scene, folder, target };
    };

    it('has an unfinished item removed, and keeps what is whole', async () => {
      const { scene, folder, target } = await gone();
      const [own] = scene.target.items(target);
      const stamp = own?.stamps.get(scene.pair.id);
      if (!stamp) throw new Error('nothing was put');
      scene.target.addItem(target, { content: textContent('t'), stamp: { ...stamp, unfinished: true } });
      expect(await scene.verify()).toMatchObject({ findings: { doubled: 0 }, repair: [1] });
      expect(await scene.copy({ position: 1 })).toEqual({ kind: 'gone' });
      expect(scene.texts(target)).toEqual(['two']);
      expect((await scene.verify()).repair).toEqual([]);
      expect(await scene.ledger.folder({ pairId: scene.pair.id, folderKey: folder })).toMatchObject({
        counters: { found: 1, copied: 1 },
      });
    });

    it('finds nothing where the target has it no more either, and does not make it anew', async () => {
      const { scene, target } = await gone();
      scene.target.removeFolder(target);
      expect(await scene.verify()).toEqual({ findings: noFindings(), repair: [] });
      expect(await scene.copy({ position: 1 })).toEqual({ kind: 'gone' });
      expect(scene.target.folders.size).toBe(1);
    });
  });

  it('takes items of a folder that is new at the source for the next pass', async () => {
    const { scene } = await copied('one');
    const fresh = scene.source.addFolder({ name: 'New' });
    scene.source.addItem(fresh, { content: textContent('new') });
    expect(await scene.verify()).toMatchObject({ findings: { arrivedSince: 1, missing: 0 }, repair: [] });
  });
});
