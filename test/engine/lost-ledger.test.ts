import type { LedgerParcel } from '../../src/engine/ledger';
import { textContent, type MemorySource, type MemoryTarget } from '../../src/connectors/memory';
import { lostAnswer, passwordChanged } from './model/faults';
import { PairScene } from './pair-builder';

describe('a mailbox that is moved again after its ledger was lost', () => {
  const moved = async (given: ConstructorParameters<typeof PairScene>[0] = {}) => {
    const scene = new PairScene({ sourcePageItems: 7, ...given });
    const keys = Array.from({ length: 30 }, (_, at) => scene.add(`item ${at}`));
    await scene.planAndCopy();
    await scene.followGone();
    return { scene, keys, texts: scene.texts() };
  };
  const again = async (
    scene: PairScene,
    meanwhile = (lost: PairScene, _put: LedgerParcel | undefined): unknown => lost.open(),
    put?: LedgerParcel,
  ) => {
    scene.ledger.lose();
    await meanwhile(scene, put);
    await scene.planAndCopy();
    const followed = await scene.followGone({ followDeletions: true });
    expect((await scene.verify()).repair).toEqual([]);
    return followed;
  };

  it('has nothing twice', async () => {
    const { scene, texts } = await moved();
    await again(scene);
    expect(scene.texts()).toEqual(texts);
    expect(scene.pair.counters()).toMatchObject({ found: 30, failed: 0, skipped: 0 });
  });

  it('has nothing twice though its user moved items to a folder of his own', async () => {
    const { scene } = await moved();
    const own = scene.target.addFolder({ name: 'His own' });
    const [first, second] = scene.target.items(scene.targetInbox);
    for (const item of [first, second]) scene.target.moveItem(scene.targetInbox, item?.id ?? '', own);
    await again(scene);
    expect([scene.texts().length, scene.texts(own).length]).toEqual([28, 2]);
  });

  it('follows what was moved at the source meanwhile, and removes nothing that was deleted', async () => {
    const { scene, keys } = await moved();
    scene.source.moveItem(scene.inbox, keys[0] ?? '', scene.inbox);
    scene.source.removeItem(scene.inbox, keys[1] ?? '');
    expect(await again(scene)).toMatchObject({ moved: 1, deleted: 0, kept: 1 });
    expect(scene.texts()).toHaveLength(30);
  });

  it.each([
    { when: 'the mailbox was open meanwhile', meanwhile: () => undefined },
    { when: 'the mailbox is opened anew', meanwhile: undefined },
    {
      when: 'an attempt of before still entered a parcel',
      meanwhile: async (scene: PairScene) => {
        const pairId = scene.open().id;
        const outcome = { kind: 'removed' as const };
        const entry = { sourceKey: 'other', changeKey: '', itemClass: '', sizeBytes: 0, outcome };
        const parcel = { pairId, folderKey: scene.inbox, parcelId: '9.x', seq: 9, adopted: false };
        await scene.ledger.append({ ...parcel, entries: [entry] });
      },
    },
    {
      when: 'an attempt of before still entered what it had put',
      meanwhile: async (scene: PairScene, put: LedgerParcel | undefined) => {
        scene.open();
        if (put) await scene.ledger.append(put);
      },
    },
  ])(
    'removes an old version whose newer one was put beside it, and leaves a copy its user made of it: $when',
    async ({ meanwhile }) => {
      let crashing = false;
      const { scene, keys } = await moved({
        target: { pageItems: 7 },
        wrapTarget: (target) => {
          const removeItems = target.removeItems.bind(target);
          return Object.assign(target, {
            updateItems: undefined,
            removeItems: (...given: Parameters<typeof removeItems>) =>
              crashing ? Promise.reject(new Error('the worker ends')) : removeItems(...given),
          });
        },
      });
      const old = scene.target.items(scene.targetInbox)[0];
      scene.target.copyItem(scene.targetInbox, old?.id ?? '', scene.targetInbox);
      scene.source.changeItem(scene.inbox, keys[0] ?? '', { content: textContent('newer') });
      crashing = true;
      await expect(scene.copy()).rejects.toThrow('the worker ends');
      crashing = false;
      expect(scene.texts().filter((text) => text === 'item 0')).toHaveLength(2);
      const newer = await scene.entry(keys[0] ?? '');
      const [put] = await scene.ledger.parcels([newer?.parcelId ?? '']);
      await again(scene, meanwhile, put);
      expect(scene.texts().filter((text) => text === 'item 0')).toHaveLength(1);
      expect(scene.texts().filter((text) => text === 'newer')).toHaveLength(1);
      expect(scene.target.item(scene.targetInbox, old?.id ?? '')).toBeUndefined();
    },
  );
});

describe('a mailbox whose ledger was neither lost nor set back', () => {
  it.each(['the database fails', 'another has taken over'])(
    'is not planned anew where a parcel was drawn and not noted: %s',
    async (when) => {
      const scene = new PairScene({
        parcel: { items: 1, bytes: 2_000_000 },
        target: { capabilities: { connections: 2 } },
        wrapTarget: (target) => {
          const putItems = target.putItems.bind(target);
          return Object.assign(target, {
            putItems: async (...given: Parameters<typeof putItems>) => {
              await scene.time.sleep(1_000);
              return putItems(...given);
            },
          });
        },
      });
      for (let at = 0; at < 8; at += 1) scene.add(`item ${at}`);
      await scene.plan();
      const { ledger } = scene;
      const write = ledger.writeFolder.bind(ledger);
      ledger.writeFolder = async (id, held, patch) => {
        if ((patch.seq ?? 0) < 4) return write(id, held, patch);
        await scene.time.sleep(3_000);
        if (when === 'the database fails') throw lostAnswer();
        await ledger.takeFolder(id, scene.nextFence());
        return write(id, held, patch);
      };
      await scene.copy().catch(() => undefined);
      ledger.writeFolder = write;
      expect(await scene.copy()).toMatchObject({ kind: 'done', counters: { found: 8 } });
      expect(await ledger.folder({ pairId: scene.pair.id, folderKey: scene.inbox })).toMatchObject({
        completeSince: 0,
      });
    },
  );
});

describe('a mailbox that is copied on after its ledger was set back', () => {
  it.each(['the mailbox was open meanwhile', 'the mailbox is opened anew'])(
    'waits for what is still on its way before it puts anything: %s',
    async (when) => {
      const scene = new PairScene();
      scene.add('early');
      await scene.planAndCopy();
      const backup = scene.ledger.backup();
      scene.add('late');
      await scene.copy();
      scene.add('on its way');
      await scene.copy();
      const onItsWay = scene.target.items(scene.targetInbox).at(-1);
      if (!onItsWay) throw new Error('nothing was put');
      scene.target.removeItem(scene.targetInbox, onItsWay.id);
      scene.ledger.restore(backup);
      if (when === 'the mailbox is opened anew') scene.open();
      scene.time.after(10_000, () => scene.target.putBack(scene.targetInbox, onItsWay));
      expect(await scene.copy()).toEqual({ kind: 'unplanned' });
      expect(await scene.planAndCopy()).toMatchObject({ kind: 'done' });
      await scene.time.until(scene.time.sleep(20_000));
      expect(scene.texts()).toEqual(['early', 'late', 'on its way']);
    },
  );

  it('counts once what was on its way then and has a newer version now', async () => {
    const losing = { isNow: false };
    const wrapTarget = (target: MemoryTarget) =>
      Object.assign(unheard(losing)(target), { updateItems: undefined });
    const scene = new PairScene({ wrapTarget });
    scene.add('early');
    await scene.planAndCopy();
    const key = scene.add('first version');
    losing.isNow = true;
    await scene.copy().catch(() => undefined);
    losing.isNow = false;
    const backup = scene.ledger.backup();
    const first = scene.target.items(scene.targetInbox).at(-1);
    if (!first) throw new Error('nothing was put');
    scene.source.changeItem(scene.inbox, key, { content: textContent('second version') });
    await scene.copy();
    scene.target.putBack(scene.targetInbox, first);
    scene.ledger.restore(backup);
    scene.open();
    expect(await scene.planAndCopy()).toMatchObject({ counters: { found: 2 } });
    expect(scene.texts()).toEqual(['early', 'second version']);
  });

  it('copies on where nothing in the target tells of what was done since', async () => {
    const scene = new PairScene();
    scene.add('early');
    await scene.planAndCopy();
    const backup = scene.ledger.backup();
    scene.add('late');
    await scene.copy();
    scene.target.removeItem(scene.targetInbox, scene.target.items(scene.targetInbox).at(-1)?.id ?? '');
    scene.ledger.restore(backup);
    expect(await scene.copy()).toEqual({ kind: 'unplanned' });
    expect(await scene.planAndCopy()).toMatchObject({ kind: 'done' });
    expect(scene.texts()).toEqual(['early', 'late']);
  });

  it.each(['before anything was listed', 'while the target is looked through', 'while it waits'])(
    'puts nothing twice that was moved meanwhile, though the first plan after it was cut off: %s',
    async (when) => {
      const cutting = { isNow: false };
      const cut = () => {
        cutting.isNow = false;
        return Promise.reject(new Error('the worker ends'));
      };
      const scene = new PairScene({
        wrapSource: (source) => {
          const listFolders = source.listFolders.bind(source);
          return Object.assign(source, {
            listFolders: (...given: Parameters<typeof listFolders>) =>
              cutting.isNow && when === 'before anything was listed' ? cut() : listFolders(...given),
          });
        },
        wrapTarget: (target) => {
          const listFolders = target.listFolders.bind(target);
          return Object.assign(target, {
            listFolders: (...given: Parameters<typeof listFolders>) =>
              cutting.isNow && when === 'while the target is looked through' ? cut() : listFolders(...given),
          });
        },
      });
      scene.add('early');
      await scene.planAndCopy();
      const own = scene.target.addFolder({ name: 'His own' });
      const backup = scene.ledger.backup();
      scene.add('late');
      await scene.copy();
      const late = scene.target.items(scene.targetInbox).at(-1)?.id ?? '';
      scene.target.moveItem(scene.targetInbox, late, own);
      scene.ledger.restore(backup);
      scene.open();
      cutting.isNow = true;
      const ending = new AbortController();
      if (when === 'while it waits')
        scene.time.after(10_000, () => ending.abort(new Error('the worker ends')));
      await expect(scene.plan(undefined, undefined, ending.signal)).rejects.toThrow('the worker ends');
      scene.open();
      await scene.planAndCopy();
      expect([scene.texts(), scene.texts(own)]).toEqual([['early'], ['late']]);
    },
  );

  it.each(['nothing', 'a parcel that its folder knows of'])(
    'copies on at once where it only has not heard of the last attempts, with %s unsettled',
    async (unsettled) => {
      const losing = { isNow: false };
      const scene = new PairScene({ wrapTarget: unheard(losing) });
      scene.add('early');
      await scene.planAndCopy();
      scene.add('late');
      losing.isNow = unsettled !== 'nothing';
      await scene.copy().catch(() => undefined);
      losing.isNow = false;
      scene.open();
      const from = scene.time.monotonic();
      await scene.plan(1_000_001);
      expect(scene.time.monotonic() - from).toBe(0);
      expect(await scene.copy({ fence: 1_000_002 })).toMatchObject({ counters: { found: 2, copied: 2 } });
      expect(scene.texts()).toEqual(['early', 'late']);
    },
  );
});

describe('a ledger that is set back beneath an attempt at work, to where it held the fence already', () => {
  /** Before the source is asked for a page, which may be where the ledger is set back. */
  const paging = (before: () => Promise<void>) => ({
    sourcePageItems: 1,
    wrapSource: (source: MemorySource) => {
      const listChanges = source.listChanges.bind(source);
      return Object.assign(source, {
        listChanges: async (...given: Parameters<typeof listChanges>) => {
          await before();
          return listChanges(...given);
        },
      });
    },
  });

  it('is noticed by the next write, and nothing is put again that is listed again', async () => {
    let pages = 0;
    let backup: unknown;
    const scene = new PairScene(
      paging(async () => {
        pages += 1;
        if (pages === 1) backup = scene.ledger.backup();
        if (pages !== 2) return;
        scene.ledger.restore(backup);
        scene.source.expireStates();
      }),
    );
    scene.add('one');
    scene.add('two');
    await scene.plan();
    expect(await scene.copy()).toEqual({ kind: 'unplanned' });
    expect(scene.texts()).toEqual(['one']);
    expect(await scene.plan()).toMatchObject({ adopted: true });
    expect(await scene.copy()).toMatchObject({ kind: 'done', counters: { found: 2 } });
    expect(scene.texts()).toEqual(['one', 'two']);
    expect((await scene.verify()).repair).toEqual([]);
  });

  it('is waited for, as what it had sent may be on its way though the target holds nothing yet', async () => {
    let pages = 0;
    let backup: unknown;
    const scene = new PairScene(
      paging(async () => {
        pages += 1;
        if (pages === 1) backup = scene.ledger.backup();
        if (pages !== 2) return;
        const [onItsWay] = scene.target.items(scene.targetInbox);
        if (!onItsWay) throw new Error('nothing was put');
        scene.target.removeItem(scene.targetInbox, onItsWay.id);
        scene.time.after(20_000, () => scene.target.putBack(scene.targetInbox, onItsWay));
        scene.ledger.restore(backup);
      }),
    );
    scene.add('one');
    scene.add('two');
    await scene.plan();
    expect(await scene.copy()).toEqual({ kind: 'unplanned' });
    expect(await scene.planAndCopy()).toMatchObject({ kind: 'done' });
    await scene.time.until(scene.time.sleep(20_000));
    expect(scene.texts()).toEqual(['one', 'two']);
  });

  it('is not noticed where its document stands as it was last written, and the comparison removes what was put again', async () => {
    let pages = 0;
    let backup: unknown;
    const scene = new PairScene({
      ...paging(async () => {
        pages += 1;
        if (pages === 2) scene.source.expireStates();
      }),
      wrapTarget: (target) => {
        const putItems = target.putItems.bind(target);
        return Object.assign(target, {
          putItems: (...given: Parameters<typeof putItems>) => {
            backup ??= scene.ledger.backup();
            return putItems(...given);
          },
        });
      },
    });
    const append = scene.ledger.append.bind(scene.ledger);
    scene.ledger.append = async (parcel) => {
      await append(parcel);
      if (backup !== 'restored') scene.ledger.restore(backup);
      backup = 'restored';
    };
    scene.add('one');
    scene.add('two');
    await scene.plan();
    expect(await scene.copy()).toMatchObject({ kind: 'done' });
    expect(scene.texts()).toEqual(['one', 'one', 'two']);
    expect(await scene.verify()).toMatchObject({ findings: { doubled: 1 }, repair: [0] });
    await scene.copy();
    expect(scene.texts()).toEqual(['one', 'two']);
    expect((await scene.verify()).repair).toEqual([]);
  });

  it('is noticed by a plan, and what it had entered already is entered again', async () => {
    const backups: unknown[] = [];
    const scene = new PairScene({
      wrapTarget: (target) => {
        const listAdded = target.listAdded.bind(target);
        return Object.assign(target, {
          listAdded: (...given: Parameters<typeof listAdded>) => {
            if (backups.length === 1) scene.ledger.restore(backups[0]);
            backups.push(scene.ledger.backup());
            return listAdded(...given);
          },
        });
      },
    });
    for (const text of ['one', 'two']) scene.add(text);
    await scene.planAndCopy();
    const own = scene.target.addFolder({ name: 'His own' });
    scene.target.moveItem(scene.targetInbox, scene.target.items(scene.targetInbox)[0]?.id ?? '', own);
    scene.ledger.lose();
    scene.open();
    backups.length = 0;
    expect(await scene.plan()).toMatchObject({ kind: 'fenced' });
    expect(await scene.plan()).toMatchObject({ kind: 'planned', adopted: true });
    expect(await scene.copy()).toMatchObject({ kind: 'done', counters: { found: 2 } });
    expect([scene.texts(), scene.texts(own)]).toEqual([['two'], ['one']]);
  });
});

describe('a ledger that was dumped while it was written', () => {
  const copiedMeanwhile = async () => {
    const scene = new PairScene({
      wrapTarget: (target) => Object.assign(target, { updateItems: undefined }),
    });
    scene.add('one');
    await scene.planAndCopy();
    const before = scene.ledger.backup();
    const key = scene.add('two');
    await scene.copy();
    return { scene, key, before, after: scene.ledger.backup() };
  };

  it.each(['before its documents', 'after its documents'])(
    'doubles nothing, and its figures are right in the end: parcels %s',
    async (when) => {
      const { scene, before, after } = await copiedMeanwhile();
      if (when === 'before its documents') scene.ledger.restore(after, before);
      else scene.ledger.restore(before, after);
      scene.open();
      await scene.planAndCopy();
      await scene.verify();
      expect(scene.texts()).toEqual(['one', 'two']);
      expect(scene.pair.counters()).toMatchObject({ found: 2, failed: 0 });
      expect(await scene.open().readCounters()).toMatchObject({ found: 2, failed: 0 });
    },
  );

  it('has a newer version take the place of what is known of the one before: parcels after its documents', async () => {
    const { scene, key, before, after } = await copiedMeanwhile();
    scene.ledger.restore(before, after);
    scene.open();
    expect(await scene.copy()).toEqual({ kind: 'unplanned' });
    await scene.planAndCopy();
    scene.source.changeItem(scene.inbox, key, { content: textContent('newer') });
    await scene.copy();
    expect(scene.texts()).toEqual(['newer', 'one']);
    expect((await scene.entry(key))?.outcome).toMatchObject({
      targetId: scene.target.items(scene.targetInbox).at(-1)?.id,
    });
    expect(await scene.verify()).toMatchObject({ findings: { changedByUser: 0, copies: 0 }, repair: [] });
  });
});

/** While it is told to, a target whose user is signed out as soon as something is put: nobody hears of it. */
function unheard(losing: { isNow: boolean }) {
  return (target: MemoryTarget) => {
    const putItems = target.putItems.bind(target);
    const listAdded = target.listAdded.bind(target);
    let isPut = false;
    return Object.assign(target, {
      putItems: async (...given: Parameters<typeof putItems>) => {
        const outcomes = await putItems(...given);
        if (!losing.isNow) return outcomes;
        isPut = true;
        throw lostAnswer();
      },
      listAdded: (...given: Parameters<typeof listAdded>) =>
        losing.isNow && isPut ? Promise.reject(passwordChanged()) : listAdded(...given),
    });
  };
}

describe('an item that was put without the ledger knowing it, and that its user moved to a folder of his own', () => {
  const twoFolders = async (given: ConstructorParameters<typeof PairScene>[0] = {}) => {
    const scene = new PairScene({ sourcePageItems: 7, ...given });
    const other = scene.source.addFolder({ name: 'Other' });
    scene.source.addItem(other, { content: textContent('in the other') });
    scene.add('old');
    await pass(scene);
    const own = scene.target.addFolder({ name: 'His own' });
    const otherTarget = [...scene.target.folders.values()].find(({ name }) => name === 'Other')?.id ?? '';
    return { scene, own, otherTarget };
  };
  const pass = async (scene: PairScene) => {
    const plan = await scene.plan();
    if (plan.kind !== 'planned') throw new Error('fenced');
    // Others are settled first, and pass over what lies with them.
    for (const { position } of plan.folders.toReversed()) await scene.copy({ position });
  };
  const moveLast = (scene: PairScene, to: string) =>
    scene.target.moveItem(scene.targetInbox, scene.target.items(scene.targetInbox).at(-1)?.id ?? '', to);

  it.each(['his own', 'another copied one'])(
    'is not put again after the ledger was set back: %s',
    async (kind) => {
      const { scene, own, otherTarget } = await twoFolders();
      const backup = scene.ledger.backup();
      scene.add('new');
      await pass(scene);
      moveLast(scene, kind === 'his own' ? own : otherTarget);
      scene.ledger.restore(backup);
      scene.open();
      await pass(scene);
      expect(scene.texts()).toEqual(['old']);
      expect([...scene.texts(own), ...scene.texts(otherTarget)].sort()).toEqual(['in the other', 'new']);
      expect((await scene.verify()).repair).toEqual([]);
      expect(scene.pair.counters()).toMatchObject({ found: 3, failed: 0, skipped: 0 });
    },
  );

  it.each(['his own', 'another copied one'])(
    'is not put again where the ledger was set back while the mailbox was open: %s',
    async (kind) => {
      const { scene, own, otherTarget } = await twoFolders();
      const backup = scene.ledger.backup();
      scene.add('new');
      await pass(scene);
      moveLast(scene, kind === 'his own' ? own : otherTarget);
      scene.ledger.restore(backup);
      for (const position of [1, 0]) await scene.copy({ position });
      await pass(scene);
      expect(scene.texts()).toEqual(['old']);
      expect([...scene.texts(own), ...scene.texts(otherTarget)].sort()).toEqual(['in the other', 'new']);
    },
  );

  it.each(['his own', 'another copied one'])(
    'is not put again where the answer was lost: %s',
    async (kind) => {
      let losing = false;
      const { scene, own, otherTarget } = await twoFolders({
        wrapTarget: (target) => {
          const putItems = target.putItems.bind(target);
          return Object.assign(target, {
            putItems: async (...given: Parameters<typeof putItems>) => {
              const outcomes = await putItems(...given);
              if (!losing) return outcomes;
              moveLast(scene, kind === 'his own' ? own : otherTarget);
              losing = false;
              throw lostAnswer();
            },
          });
        },
      });
      scene.add('new');
      losing = true;
      await pass(scene);
      expect(scene.texts()).toEqual(['old']);
      expect([...scene.texts(own), ...scene.texts(otherTarget)].sort()).toEqual(['in the other', 'new']);
    },
  );

  it('is not put again where the answer was lost and the folder that it was moved to was settled first', async () => {
    const losing = { isNow: false };
    const { scene, otherTarget } = await twoFolders({ wrapTarget: unheard(losing) });
    scene.add('new');
    losing.isNow = true;
    await expect(scene.copy()).rejects.toMatchObject({ details: { kind: 'credential' } });
    losing.isNow = false;
    moveLast(scene, otherTarget);
    for (const position of [1, 0]) await scene.copy({ position });
    expect([scene.texts(), scene.texts(otherTarget)]).toEqual([['old'], ['in the other', 'new']]);
  });

  it('is not put again where what is gone was followed after the ledger was set back', async () => {
    const { scene, own } = await twoFolders();
    const backup = scene.ledger.backup();
    scene.add('new');
    await pass(scene);
    moveLast(scene, own);
    scene.ledger.restore(backup);
    scene.open();
    await scene.followGone();
    await pass(scene);
    expect([scene.texts(), scene.texts(own)]).toEqual([['old'], ['new']]);
  });

  it('is not put again where what was put with it tells that the ledger was set back', async () => {
    const { scene, own } = await twoFolders();
    const backup = scene.ledger.backup();
    scene.add('new');
    await pass(scene);
    moveLast(scene, own);
    scene.add('newer');
    await pass(scene);
    scene.ledger.restore(backup);
    scene.open();
    expect(await scene.copy()).toEqual({ kind: 'unplanned' });
    await pass(scene);
    expect([scene.texts(), scene.texts(own)]).toEqual([['newer', 'old'], ['new']]);
  });

  it('is looked for nowhere but in its own folder where nothing speaks for it', async () => {
    let listed = 0;
    const { scene } = await twoFolders({
      wrapTarget: (target) => {
        const listFolders = target.listFolders.bind(target);
        return Object.assign(target, {
          listFolders: (...given: Parameters<typeof listFolders>) => ((listed += 1), listFolders(...given)),
        });
      },
    });
    expect(listed).toBe(1);
    scene.add('new');
    await pass(scene);
    scene.open();
    await pass(scene);
    await scene.verify();
    await pass(scene);
    expect(listed).toBe(1);
  });
});
