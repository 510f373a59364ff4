import { Readable } from 'node:stream';
import type { PutItem, TargetFolder } from '../../src/connectors/connector';
import { Fault } from '../../src/domain/faults';
import { copiedTo, countingWindow, never, openWindow, Scene } from './contract-support';
import type { ConnectorHarness } from './harness';

/** What every target mailbox does. */
export function describeTarget(make: () => Promise<ConnectorHarness>): void {
  let scene: Scene;
  beforeEach(async () => void (scene = await Scene.open(make)));
  afterEach(() => scene.end());

  /** A source folder with these items, and its target folder. */
  const seed = async (texts: readonly string[]) => {
    const folderKey = await scene.harness.source.addFolder({ name: 'Seeded' });
    for (const text of texts) await scene.harness.source.addItem(folderKey, { text });
    const folder = await scene.ensure({ sourceKey: folderKey, name: 'Seeded' });
    return { folderKey, folder, puts: await scene.puts(folderKey) };
  };
  /** One item, copied, and what is needed to write it once more. */
  const copied = async (text: string) => {
    const { folderKey, folder, puts } = await seed([text]);
    const target = copiedTo((await scene.copy(folderKey, folder, puts))[0]);
    return { folderKey, folder, puts, target, sourceKey: puts[0]?.sourceKey as string };
  };

  describe('identity', () => {
    it('is the same each time the mailbox is opened and another for another mailbox', async () => {
      const again = await scene.also(scene.harness.openTarget());
      const other = await scene.also(scene.harness.openOtherTarget());
      expect(again.identity).toBe(scene.target.identity);
      expect(other.identity).not.toBe(scene.target.identity);
    });
  });

  describe('ensureFolder', () => {
    it('makes a folder once however often it is asked', async () => {
      const first = await scene.ensure({ sourceKey: 'f1', name: 'Once' });
      expect(await scene.ensure({ sourceKey: 'f1', name: 'Once' })).toEqual(first);
      const reopened = await scene.also(scene.harness.openTarget());
      const planned = { pairId: scene.pairId, sourceKey: 'f1', name: 'Once', folderClass: 'IPF.Note' };
      expect(await reopened.ensureFolder(planned, openWindow, never)).toEqual(first);
      expect(await scene.harness.target.folderName(first.id)).toBe('Once');
    });

    it('makes a child under its parent, with an odd name as it is', async () => {
      const parent = await scene.ensure({ sourceKey: 'parent', name: 'Parent' });
      for (const [at, name] of ['<&> "x"', 'a/b\\c', 'Ünï 漢字 🎄'].entries()) {
        const child = await scene.ensure({ sourceKey: `child ${at}`, name, parent });
        expect(await scene.harness.target.parentOf(child.id)).toBe(parent.id);
        expect(await scene.harness.target.folderName(child.id)).toBe(name);
      }
    });

    it('follows a rename and a move at the source', async () => {
      const parent = await scene.ensure({ sourceKey: 'parent', name: 'Parent' });
      const folder = await scene.ensure({ sourceKey: 'f1', name: 'Before' });
      expect(await scene.ensure({ sourceKey: 'f1', name: 'After', parent })).toEqual(folder);
      expect(await scene.harness.target.folderName(folder.id)).toBe('After');
      expect(await scene.harness.target.parentOf(folder.id)).toBe(parent.id);
    });

    it('finds a well-known folder by its role, whatever its name', async () => {
      const inbox = await scene.harness.target.wellKnown('inbox');
      const found = await scene.ensure({ sourceKey: 'f1', name: 'Posteingang', wellKnown: 'inbox' });
      expect(found.id).toBe(inbox);
    });

    it('takes a folder of the same name that its user made', async () => {
      const id = await scene.harness.target.addFolder({ name: 'Projects' });
      expect((await scene.ensure({ sourceKey: 'f1', name: 'Projects' })).id).toBe(id);
    });

    it('goes on with the folder of one that was replaced at the source, and keeps it', async () => {
      const first = await scene.ensure({ sourceKey: 'f1', name: 'Same' });
      expect(await scene.ensure({ sourceKey: 'f2', name: 'Same', replaces: 'f1' })).toEqual(first);
      const reopened = await scene.also(scene.harness.openTarget());
      const planned = { pairId: scene.pairId, sourceKey: 'f2', name: 'Same', folderClass: 'IPF.Note' };
      expect(await reopened.ensureFolder(planned, openWindow, never)).toEqual(first);
    });

    it('does not give one folder to two source folders', async () => {
      const first = await scene.ensure({ sourceKey: 'f1', name: 'Same' });
      const second = await scene.ensure({ sourceKey: 'f2', name: 'Same' });
      expect(second.id).not.toBe(first.id);
    });
  });

  describe('putItems', () => {
    it('answers for each item in the order given, and the items arrive', async () => {
      const { folderKey, folder, puts } = await seed(['one', 'two', 'three']);
      const outcomes = await scene.copy(folderKey, folder, puts);
      const targetIds = outcomes.map((outcome) => copiedTo(outcome).targetId);
      const { added } = await scene.added(folder);
      const keyOf = new Map(added.map(({ targetId, stamp }) => [targetId, stamp?.sourceKey]));
      expect(targetIds.map((id) => keyOf.get(id))).toEqual(puts.map(({ sourceKey }) => sourceKey));
      expect(await scene.targetTexts(folder)).toEqual(['one', 'three', 'two']);
    });

    it('brings each class of item as what it is', async () => {
      for (const itemClass of ['IPM.Note', 'IPM.Appointment', 'IPM.Contact', 'IPM.Task', 'IPM.StickyNote']) {
        const folderKey = await scene.harness.source.addFolder({ name: `of ${itemClass}` });
        await scene.harness.source.addItem(folderKey, { itemClass, text: `a ${itemClass}`, read: true });
        const folder = await scene.ensure({ sourceKey: folderKey, name: `of ${itemClass}` });
        copiedTo((await scene.copy(folderKey, folder, await scene.puts(folderKey)))[0]);
        expect(await scene.harness.target.items(folder.id)).toMatchObject([
          { itemClass, text: `a ${itemClass}` },
        ]);
      }
    });

    it('keeps whether an item was read', async () => {
      const { folderKey, folder } = await seed(['unread']);
      await scene.harness.source.addItem(folderKey, { text: 'was read', read: true });
      await scene.copy(folderKey, folder, await scene.puts(folderKey));
      const items = await scene.harness.target.items(folder.id);
      const read = items.map((item) => [item.text, item.read]).sort();
      expect(read).toEqual([
        ['unread', false],
        ['was read', true],
      ]);
    });

    it('asks the window before the first byte and before the last, and sends nothing where it is closed', async () => {
      const { folderKey, folder, puts } = await seed(['one', 'two']);
      const closed = countingWindow(0);
      await expect(scene.copy(folderKey, folder, puts, { window: closed })).rejects.toBeDefined();
      expect(await scene.targetTexts(folder)).toEqual([]);
      const closing = countingWindow(1);
      await expect(scene.copy(folderKey, folder, puts, { window: closing })).rejects.toBeDefined();
      expect(await scene.targetTexts(folder)).toEqual([]);
      const window = countingWindow();
      await scene.copy(folderKey, folder, puts, { window });
      expect(window.asked).toBeGreaterThanOrEqual(2);
    });

    it('asks the window again and again while a large body is on its way, and breaks it off where it closes', async () => {
      const folderKey = await scene.harness.source.addFolder({ name: 'Large' });
      await scene.harness.source.addItem(folderKey, { text: 'large', sizeBytes: 3 * 1024 * 1024 });
      const folder = await scene.ensure({ sourceKey: folderKey, name: 'Large' });
      const items = (await scene.putItems(folderKey, await scene.puts(folderKey))).map(inChunks);
      const closing = countingWindow(4);
      await expect(scene.target.putItems(folder, items, scene.format, closing, never)).rejects.toBeDefined();
      expect(await scene.targetTexts(folder)).toEqual([]);
      const window = countingWindow();
      const outcomes = await scene.target.putItems(folder, items, scene.format, window, never);
      copiedTo(outcomes[0]);
      expect(window.asked).toBeGreaterThan(8);
      expect(await scene.targetTexts(folder)).toEqual(['large']);
    });

    it('says of a request that is too large that it did nothing, and why', async () => {
      if (!scene.harness.target.limitRequests) return;
      const folderKey = await scene.harness.source.addFolder({ name: 'Limited' });
      await scene.harness.source.addItem(folderKey, { text: 'large', sizeBytes: 2 * 1024 * 1024 });
      const folder = await scene.ensure({ sourceKey: folderKey, name: 'Limited' });
      await scene.harness.target.limitRequests(1024 * 1024);
      const outcome = await scene
        .copy(folderKey, folder, await scene.puts(folderKey))
        .catch((fault: unknown) => fault);
      expect(outcome).toMatchObject({ notDone: true, details: { kind: 'retryable', tooLarge: true } });
      expect(await scene.targetTexts(folder)).toEqual([]);
    });

    it('rejects with the reason of an aborted signal', async () => {
      const { folderKey, folder, puts } = await seed(['one']);
      const items = await scene.putItems(folderKey, puts);
      const stopped = AbortSignal.abort(new Error('stopped'));
      const putting = scene.target.putItems(folder, items, scene.format, openWindow, stopped);
      await expect(putting).rejects.toThrow('stopped');
      expect(await scene.targetTexts(folder)).toEqual([]);
    });

    it('says of a folder that is not there that it is gone in the target', async () => {
      const { folder } = await seed([]);
      const away: TargetFolder = { id: `${folder.id}x` };
      const fault = await scene.target
        .listAdded(away, scene.pairId, undefined, never)
        .catch((reason: unknown) => reason);
      expect(fault).toBeInstanceOf(Fault);
      expect(fault).toMatchObject({ details: { kind: 'folder', side: 'target', reason: 'gone' } });
    });
  });

  describe('listFolders', () => {
    it('names every folder an item may lie in, those others made too', async () => {
      if (!scene.target.listFolders) return;
      const parentId = await scene.harness.target.addFolder({ name: 'Their own' });
      const child = await scene.harness.target.addFolder({ name: 'In it', parentId });
      const made = await scene.ensure({ sourceKey: 'f1', name: 'Made' });
      const inbox = await scene.harness.target.wellKnown('inbox');
      const ids = (await scene.target.listFolders(never)).map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining([parentId, child, made.id, inbox]));
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  describe('listAdded', () => {
    it('finds the stamp of every item over pages, and gives none to what others made', async () => {
      const { folderKey, folder, puts } = await seed(Array.from({ length: 20 }, (_, at) => `item ${at}`));
      await scene.copy(folderKey, folder, puts, { parcelId: '7.x' });
      const own = await scene.harness.target.addItem(folder.id, { text: 'their own' });
      const { added } = await scene.added(folder);
      expect(added).toHaveLength(21);
      expect(added.find(({ targetId }) => targetId === own)).not.toHaveProperty('stamp');
      const stamps = added
        .flatMap(({ stamp }) => stamp ?? [])
        .sort((a, b) => (a.sourceKey < b.sourceKey ? -1 : 1));
      const wanted = puts.map(({ sourceKey, changeKey }) =>
        scene.stamp(folderKey, { sourceKey, changeKey }, '7.x'),
      );
      expect(stamps).toEqual(wanted.sort((a, b) => (a.sourceKey < b.sourceKey ? -1 : 1)));
    });

    it('gives back a stamp with all that it says', async () => {
      const { folderKey, folder, puts } = await seed(['one']);
      const [item] = await scene.putItems(folderKey, puts);
      const more = { moveKey: 'a/move+key=', replaces: { targetId: 'old', targetChangeKey: 'its key' } };
      const stamp = { ...(item as PutItem).stamp, ...more };
      await scene.target.putItems(folder, [{ ...(item as PutItem), stamp }], scene.format, openWindow, never);
      expect((await scene.added(folder)).added).toMatchObject([{ stamp }]);
    });

    it('lists only what was added, changed or removed since a state', async () => {
      const { folderKey, folder, puts } = await seed(['one', 'two', 'three']);
      await scene.copy(folderKey, folder, puts.slice(0, 2));
      const { state, added: before } = await scene.added(folder);
      expect((await scene.added(folder, state)).added).toEqual([]);
      const [third] = await scene.copy(folderKey, folder, puts.slice(2));
      await scene.harness.target.removeItem(folder.id, before[0]?.targetId as string);
      await scene.harness.target.changeItem(folder.id, before[1]?.targetId as string, 'by its user');
      const since = await scene.added(folder, state);
      expect(since.gone).toEqual([before[0]?.targetId]);
      const listed = since.added.map(({ targetId }) => targetId).sort();
      expect(listed).toEqual([copiedTo(third).targetId, before[1]?.targetId].sort());
    });

    it('does not give the stamps of one pair to another', async () => {
      const { folder } = await copied('one');
      const { added } = await scene.added(folder, undefined, 'f'.repeat(32));
      expect(added).toHaveLength(1);
      expect(added[0]).not.toHaveProperty('stamp');
    });

    it('begins anew and says so where the state no longer holds', async () => {
      const { folder } = await copied('one');
      const { state } = await scene.added(folder);
      if (!scene.harness.target.expireStates) return;
      await scene.harness.target.expireStates();
      const since = await scene.added(folder, state);
      expect(since.reset).toBe(true);
      expect(since.added).toHaveLength(1);
    });
  });

  describe('updateItems', () => {
    it('overwrites content and stamp where the target is as we wrote it, else leaves it', async () => {
      if (!scene.target.updateItems) return;
      const { folderKey, folder, puts, target, sourceKey } = await copied('old');
      await scene.harness.source.changeItem(folderKey, sourceKey, 'new');
      const [item] = await scene.putItems(folderKey, puts, '2.update');
      const pairs = [{ target, item: item as PutItem }];
      const [first] = await scene.target.updateItems(pairs, scene.format, openWindow, never);
      expect(first).toMatchObject({ kind: 'updated' });
      expect(await scene.targetTexts(folder)).toEqual(['new']);
      const { added } = await scene.added(folder);
      expect(added).toHaveLength(1);
      expect(added[0]).toMatchObject({ stamp: { parcelId: '2.update', changeKey: item?.stamp.changeKey } });
      const [again] = await scene.target.updateItems(pairs, scene.format, openWindow, never);
      expect(again).toEqual({ kind: 'changedByOther' });
      await scene.harness.target.removeItem(folder.id, added[0]?.targetId as string);
      const [gone] = await scene.target.updateItems(pairs, scene.format, openWindow, never);
      expect(gone).toEqual({ kind: 'gone' });
    });
  });

  describe('setFlags', () => {
    it('sets flags and stamp where the target is as we wrote it, else leaves it', async () => {
      const { folderKey, folder, puts, target } = await copied('one');
      const ref = { sourceKey: puts[0]?.sourceKey as string, changeKey: 'newer' };
      const pairs = [{ target, flags: { read: true }, stamp: scene.stamp(folderKey, ref, '2.flags') }];
      const [outcome] = await scene.target.setFlags(pairs, openWindow, never);
      expect(outcome).toMatchObject({ kind: 'updated', targetId: target.targetId });
      expect(await scene.harness.target.items(folder.id)).toMatchObject([{ text: 'one', read: true }]);
      const { added } = await scene.added(folder);
      expect(added[0]).toMatchObject({ stamp: { changeKey: 'newer', parcelId: '2.flags' } });
      const [again] = await scene.target.setFlags(pairs, openWindow, never);
      expect(again).toEqual({ kind: 'changedByOther' });
    });
  });

  describe('removeItems', () => {
    it('removes what is as we wrote it, takes what is gone for removed, and leaves what others changed', async () => {
      const { folderKey, folder, puts } = await seed(['removed', 'changed']);
      const targets = (await scene.copy(folderKey, folder, puts)).map(copiedTo);
      const text = new Map(puts.map(({ sourceKey }, at) => [sourceKey, targets[at]]));
      const [first, second] = [...text.values()];
      await scene.harness.target.changeItem(folder.id, second?.targetId as string, 'by its user');
      const refs = targets.filter(
        ({ targetId }) => targetId === first?.targetId || targetId === second?.targetId,
      );
      const outcomes = await scene.target.removeItems(refs, openWindow, never);
      expect(outcomes.map(({ kind }) => kind)).toEqual(['updated', 'changedByOther']);
      const [again] = await scene.target.removeItems(refs.slice(0, 1), openWindow, never);
      expect(again).toMatchObject({ kind: 'updated' });
      expect(await scene.targetTexts(folder)).toEqual(['by its user']);
    });
  });

  it('rejects with a fault once closed, and may be closed twice', async () => {
    const { folder } = await seed([]);
    const other = await scene.harness.openTarget();
    await other.close();
    await other.close();
    await expect(other.listAdded(folder, scene.pairId, undefined, never)).rejects.toBeInstanceOf(Fault);
  });
}

/** The same item, its content in pieces of 64 KiB. */
function inChunks(item: PutItem): PutItem {
  const open = () => {
    const stream = item.open();
    async function* chunks() {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        for (let at = 0; at < chunk.length; at += 65536) yield chunk.subarray(at, at + 65536);
      }
    }
    return Readable.from(chunks(), { objectMode: false });
  };
  return { ...item, open };
}
