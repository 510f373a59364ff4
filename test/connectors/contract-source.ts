import type { Change } from '../../src/connectors/connector';
import { Fault } from '../../src/domain/faults';
import { never, Scene } from './contract-support';
import type { ConnectorHarness } from './harness';

/** What every source mailbox does. */
export function describeSource(make: () => Promise<ConnectorHarness>): void {
  let scene: Scene;
  beforeEach(async () => void (scene = await Scene.open(make)));
  afterEach(() => scene.end());

  const seed = async (texts: readonly string[]) => {
    const folderKey = await scene.harness.source.addFolder({ name: 'Seeded' });
    const keys: string[] = [];
    for (const text of texts) keys.push(await scene.harness.source.addItem(folderKey, { text }));
    return { folderKey, keys };
  };
  const byKey = (changes: readonly Change[]) => new Map(changes.map((change) => [change.sourceKey, change]));

  describe('identity', () => {
    it('is the same each time the mailbox is opened', async () => {
      const again = await scene.also(scene.harness.openSource());
      expect(again.identity).toBe(scene.source.identity);
    });
  });

  describe('listFolders', () => {
    it('lists parents before children, with names as they are', async () => {
      const names = ['Ünï çödé 漢字 🎄', 'a/b\\c', '<&> "quoted" \'single\'', ' spaces  inside '];
      const parentKey = await scene.harness.source.addFolder({ name: 'Parent' });
      for (const name of names) await scene.harness.source.addFolder({ name, parentKey });
      const listed = await scene.source.listFolders(never);
      const children = listed
        .filter((folder) => folder.parentKey === parentKey)
        .map(({ name }) => name.trim());
      expect(children.sort()).toEqual(names.map((name) => name.trim()).sort());
      const at = new Map(listed.map(({ key }, index) => [key, index]));
      for (const [index, { parentKey: parent }] of listed.entries()) {
        if (parent !== undefined) expect(at.get(parent)).toBeLessThan(index);
      }
    });

    it('tells well-known folders by role and counts items', async () => {
      const inbox = await scene.harness.source.wellKnown('inbox');
      await scene.harness.source.addItem(inbox, { text: 'one' });
      const listed = await scene.source.listFolders(never);
      const folder = listed.find(({ wellKnown }) => wellKnown === 'inbox');
      expect(folder).toMatchObject({ key: inbox, itemCount: 1 });
      expect(folder?.parentKey).toBeUndefined();
    });

    it('keeps a folder key over a rename', async () => {
      const key = await scene.harness.source.addFolder({ name: 'Before' });
      await scene.harness.source.renameFolder(key, 'After');
      const listed = await scene.source.listFolders(never);
      expect(listed.find((folder) => folder.key === key)?.name).toBe('After');
    });
  });

  describe('listChanges', () => {
    it('lists every item once over pages, with class and size', async () => {
      const { folderKey, keys } = await seed(Array.from({ length: 20 }, (_, at) => `item ${at}`));
      const { changes } = await scene.changes(folderKey);
      expect(changes.map(({ sourceKey }) => sourceKey).sort()).toEqual([...keys].sort());
      for (const change of changes) {
        expect(change).toMatchObject({ kind: 'put', itemClass: 'IPM.Note' });
        expect(change.kind === 'put' && change.sizeBytes).toBeGreaterThan(0);
      }
    });

    it('names a key at most once in a page, with its newest change', async () => {
      const { folderKey, keys } = await seed(['one', 'two']);
      await scene.harness.source.changeItem(folderKey, keys[0] as string, 'changed');
      await scene.harness.source.changeItem(folderKey, keys[0] as string, 'changed again');
      const page = await scene.source.listChanges(folderKey, undefined, never);
      const listed = page.changes.map(({ sourceKey }) => sourceKey);
      expect(new Set(listed).size).toBe(listed.length);
    });

    it('lists nothing from a state after which nothing changed', async () => {
      const { folderKey } = await seed(['one']);
      const { state } = await scene.changes(folderKey);
      expect((await scene.changes(folderKey, state)).changes).toEqual([]);
    });

    it('lists what was added, changed, read and removed since a state', async () => {
      const { folderKey, keys } = await seed(['kept', 'changed', 'flagged', 'removed']);
      const { state, changes: before } = await scene.changes(folderKey);
      const [, changed = '', flagged = '', removed = ''] = keys;
      await scene.harness.source.changeItem(folderKey, changed, 'new text');
      await scene.harness.source.setRead(folderKey, flagged, true);
      await scene.harness.source.removeItem(folderKey, removed);
      const added = await scene.harness.source.addItem(folderKey, { text: 'added' });
      const since = byKey((await scene.changes(folderKey, state)).changes);
      expect(since.get(added)).toMatchObject({ kind: 'put' });
      expect(since.get(changed)).toMatchObject({ kind: 'put' });
      const old = byKey(before).get(changed);
      expect(since.get(changed)).not.toMatchObject({ changeKey: old?.kind === 'put' ? old.changeKey : '' });
      expect(since.has(keys[0] as string)).toBe(false);
      const { delta } = scene.source.capabilities;
      if (delta.includes('gone')) expect(since.get(removed)).toEqual({ kind: 'gone', sourceKey: removed });
      if (delta.includes('flags'))
        expect(since.get(flagged)).toMatchObject({ kind: 'flags', flags: { read: true } });
    });

    it('keeps the move key of an item that moves to another folder', async () => {
      if (!scene.source.capabilities.delta.includes('move')) return;
      const { folderKey, keys } = await seed(['moving']);
      const [before] = await scene.puts(folderKey);
      const other = await scene.harness.source.addFolder({ name: 'Other' });
      await scene.harness.source.moveItem(folderKey, keys[0] as string, other);
      const [after] = await scene.puts(other);
      expect(before?.moveKey).toBeDefined();
      expect(after?.moveKey).toBe(before?.moveKey);
    });

    it('tells of an item that is read after it has changed as changed', async () => {
      const { folderKey, keys } = await seed(['old']);
      const { state } = await scene.changes(folderKey);
      await scene.harness.source.changeItem(folderKey, keys[0] as string, 'new');
      await scene.harness.source.setRead(folderKey, keys[0] as string, true);
      expect((await scene.changes(folderKey, state)).changes).toMatchObject([{ kind: 'put' }]);
    });

    it('tells of a moved item as gone under its old key and as new under another', async () => {
      if (!scene.source.capabilities.delta.includes('gone')) return;
      const { folderKey, keys } = await seed(['moving']);
      const other = await scene.harness.source.addFolder({ name: 'Other' });
      const { state } = await scene.changes(folderKey);
      const key = await scene.harness.source.moveItem(folderKey, keys[0] as string, other);
      expect((await scene.changes(folderKey, state)).changes).toEqual([{ kind: 'gone', sourceKey: keys[0] }]);
      expect((await scene.puts(other)).map(({ sourceKey }) => sourceKey)).toEqual([key]);
      expect(key).not.toBe(keys[0]);
    });

    it('begins anew and says so where the state no longer holds', async () => {
      const { folderKey } = await seed(['one', 'two']);
      const { state } = await scene.changes(folderKey);
      if (!scene.harness.source.expireStates) return;
      await scene.harness.source.expireStates();
      const { changes, reset } = await scene.changes(folderKey, state);
      expect(reset).toBe(true);
      expect(changes).toHaveLength(2);
    });

    it('says of a folder that is not there that it is gone at the source', async () => {
      const { folderKey } = await seed([]);
      const fault = await scene.source
        .listChanges(`${folderKey}x`, undefined, never)
        .catch((reason: unknown) => reason);
      expect(fault).toBeInstanceOf(Fault);
      expect(fault).toMatchObject({ details: { kind: 'folder', side: 'source', reason: 'gone' } });
    });
  });

  describe('readItems', () => {
    it('yields the content of each item with the change key it was read at', async () => {
      const { folderKey } = await seed(['one', 'two', 'three']);
      const puts = await scene.puts(folderKey);
      const read = await scene.read(folderKey, puts);
      expect(read).toHaveLength(3);
      for (const [at, one] of read.entries()) {
        expect(one?.content?.length).toBeGreaterThan(0);
        expect(one?.item).toMatchObject({ changeKey: puts[at]?.changeKey });
      }
    });

    it('reads the newest version of an item that changed since it was listed', async () => {
      const { folderKey, keys } = await seed(['old']);
      const [listed] = await scene.puts(folderKey);
      await scene.harness.source.changeItem(folderKey, keys[0] as string, 'new');
      const [newest] = await scene.puts(folderKey);
      const [read] = await scene.read(folderKey, [listed as Change & { kind: 'put' }]);
      expect(read?.item).toMatchObject({ changeKey: newest?.changeKey });
    });

    it('says which items are gone and which cannot be read, and yields the others', async () => {
      const { folderKey, keys } = await seed(['kept', 'removed']);
      const broken = await scene.harness.source.addItem(folderKey, { text: 'broken', unreadable: true });
      const refs = (await scene.changes(folderKey)).changes.flatMap((change) =>
        change.kind === 'put' ? change : [],
      );
      await scene.harness.source.removeItem(folderKey, keys[1] as string);
      const items = (await scene.read(folderKey, refs)).map((one) => one?.item);
      const of = (key: string) => items.find((item) => item?.ref.sourceKey === key);
      expect(of(keys[0] as string)).toHaveProperty('changeKey');
      expect(of(keys[1] as string)).toMatchObject({ gone: true });
      expect(of(broken)).toHaveProperty('failed.code');
    });

    it('says for which item it is busy, and yields the others', async () => {
      const { folderKey } = await seed(['first']);
      const key = await scene.harness.source.addItem(folderKey, { text: 'refused for now', busy: true });
      await scene.harness.source.addItem(folderKey, { text: 'last' });
      const read = await scene.read(folderKey, await scene.puts(folderKey));
      expect(read.map((one) => one?.content !== undefined).sort()).toEqual([false, true, true]);
      const busy = read.find((one) => one?.item.ref.sourceKey === key)?.item;
      expect(busy).toMatchObject({ again: { kind: 'throttled' } });
    });

    it('lets a large item pass in pieces', async () => {
      const sizeBytes = 3 * 1024 * 1024;
      const folderKey = await scene.harness.source.addFolder({ name: 'Large' });
      await scene.harness.source.addItem(folderKey, { text: 'large', sizeBytes });
      const [put] = await scene.puts(folderKey);
      let bytes = 0;
      let largest = 0;
      for await (const item of scene.source.readItems(folderKey, put ? [put] : [], scene.format, never)) {
        if (!('open' in item)) throw new Error('not read');
        for await (const chunk of item.open() as AsyncIterable<Buffer>) {
          bytes += chunk.length;
          largest = Math.max(largest, chunk.length);
        }
      }
      expect(bytes).toBeGreaterThanOrEqual(sizeBytes);
      expect(largest).toBeLessThan(sizeBytes / 4);
    });

    it('can be broken off after the first item', async () => {
      const { folderKey } = await seed(['one', 'two', 'three']);
      for await (const item of scene.source.readItems(
        folderKey,
        await scene.puts(folderKey),
        scene.format,
        never,
      )) {
        expect(item.ref.sourceKey).toBeDefined();
        break;
      }
      expect(await scene.puts(folderKey)).toHaveLength(3);
    });
  });

  it('rejects with the reason of an aborted signal', async () => {
    const { folderKey } = await seed(['one']);
    const puts = await scene.puts(folderKey);
    const abort = new AbortController();
    abort.abort(new Error('stopped'));
    await expect(scene.source.listFolders(abort.signal)).rejects.toThrow('stopped');
    await expect(scene.source.listChanges(folderKey, undefined, abort.signal)).rejects.toThrow('stopped');
    const reading = (async () => {
      for await (const item of scene.source.readItems(folderKey, puts, scene.format, abort.signal)) void item;
    })();
    await expect(reading).rejects.toThrow('stopped');
  });

  it('rejects with a fault once closed, and may be closed twice', async () => {
    const other = await scene.harness.openSource();
    await other.close();
    await other.close();
    await expect(other.listFolders(never)).rejects.toBeInstanceOf(Fault);
    expect(await scene.source.listFolders(never)).not.toHaveLength(0);
  });
}
