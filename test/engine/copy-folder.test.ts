import { getEventListeners } from 'node:events';
import type { TargetMailbox } from '../../src/connectors/connector';
import {
  generatedContent,
  textContent,
  type MemorySource,
  type MemoryTarget,
} from '../../src/connectors/memory';
import { folderGone, unreadable } from '../../src/connectors/memory/faults';
import { Fault } from '../../src/domain/faults';
import { busy, lostAnswer, passwordChanged, storeAway } from './model/faults';
import { PairScene } from './pair-builder';

/** A target that cannot overwrite, and takes new items while it lets neither flags be set nor items be removed. */
function denyingFlags(isDenied: () => boolean): (target: MemoryTarget) => TargetMailbox {
  return (target) => {
    const setFlags = target.setFlags.bind(target);
    return Object.assign(target, {
      updateItems: undefined,
      setFlags: async (...[pairs, ...rest]: Parameters<typeof setFlags>) =>
        isDenied()
          ? pairs.map(() => ({ kind: 'failed' as const, reason: unreadable }))
          : setFlags(pairs, ...rest),
      removeItems: () => Promise.reject(new Error('nothing may be removed')),
    });
  };
}

describe('copyFolder', () => {
  it('copies every item once over many pages and parcels', async () => {
    const scene = new PairScene({ sourcePageItems: 7, parcel: { items: 3, bytes: 1_000 } });
    const texts = Array.from({ length: 40 }, (_, at) => `item ${at}`).sort();
    for (const text of texts) scene.add(text);
    const result = await scene.planAndCopy();
    expect(result).toMatchObject({
      kind: 'done',
      changes: 40,
      counters: { found: 40, copied: 40, failed: 0 },
    });
    expect(scene.texts()).toEqual(texts);
    expect(await scene.copy()).toMatchObject({ kind: 'done', changes: 0, counters: { copied: 40 } });
    expect(scene.pair.counters()).toMatchObject({ folders: 1, foldersDone: 1, copied: 40 });
  });

  it('says what the source holds beyond what was found, so that a bar is not full too early', async () => {
    const scene = new PairScene();
    for (const text of ['a', 'bb', 'ccc']) scene.add(text);
    await scene.plan();
    expect(scene.pair.counters()).toMatchObject({
      foldersDone: 0,
      found: 0,
      remaining: 3,
      remainingBytes: 6,
    });
    await scene.copy();
    expect(scene.pair.counters()).toMatchObject({ foldersDone: 1, found: 3, foundBytes: 6, copied: 3 });
  });

  it('puts nothing twice where the ledger took a parcel unheard and the source is then listed anew', async () => {
    const scene = new PairScene({ sourcePageItems: 2 });
    for (const text of ['a', 'b', 'c', 'd']) scene.add(text);
    await scene.plan();
    const append = scene.ledger.append.bind(scene.ledger);
    scene.ledger.append = async (parcel) => {
      scene.ledger.append = append;
      await append(parcel);
      scene.source.expireStates();
      throw storeAway();
    };
    expect(await scene.copy()).toMatchObject({ kind: 'done', counters: { found: 4, copied: 4 } });
    const { findings } = await scene.verify();
    expect({ texts: scene.texts(), doubled: findings.doubled }).toEqual({
      texts: ['a', 'b', 'c', 'd'],
      doubled: 0,
    });
  });

  it('overwrites what changed at the source, and sets flags', async () => {
    const scene = new PairScene();
    const changed = scene.add('old');
    const flagged = scene.add('flagged');
    await scene.planAndCopy();
    scene.source.changeItem(scene.inbox, changed, { content: textContent('new') });
    scene.source.setRead(scene.inbox, flagged, true);
    expect(await scene.copy()).toMatchObject({ changes: 2, counters: { found: 2, copied: 2 } });
    expect(scene.texts()).toEqual(['flagged', 'new']);
    expect(
      scene.target
        .items(scene.targetInbox)
        .map(({ read }) => read)
        .sort(),
    ).toEqual([false, true]);
  });

  it('puts the new version and removes the old where the target cannot overwrite', async () => {
    const scene = new PairScene({
      wrapTarget: (target) => Object.assign(target, { updateItems: undefined }),
    });
    const key = scene.add('old');
    await scene.planAndCopy();
    scene.source.changeItem(scene.inbox, key, { content: textContent('new') });
    await scene.copy();
    expect(scene.texts()).toEqual(['new']);
    expect((await scene.verify()).repair).toEqual([]);
  });

  it('puts no second copy of an item whose flags may not be set, and sets them once they may', async () => {
    let isDenied = true;
    const scene = new PairScene({ wrapTarget: denyingFlags(() => isDenied) });
    const read = () =>
      scene.target
        .items(scene.targetInbox)
        .map((item) => item.read)
        .sort();
    const named = { kind: 'done', counters: { found: 2, copied: 1, failed: 1 } };
    const key = scene.add('one');
    scene.add('other');
    await scene.planAndCopy();
    scene.source.setRead(scene.inbox, key, true);
    expect(await scene.copy()).toMatchObject(named);
    expect(await scene.copy({ retry: 'first' })).toMatchObject(named);
    expect(scene.texts()).toEqual(['one', 'other']);
    scene.source.setRead(scene.inbox, key, false);
    scene.source.setRead(scene.inbox, key, true);
    expect(await scene.copy()).toMatchObject(named);
    isDenied = false;
    expect(read()).toEqual([false, false]);
    const all = { kind: 'done', counters: { found: 2, copied: 2, failed: 0 } };
    expect(await scene.copy({ retry: 'second' })).toMatchObject(all);
    expect(scene.texts()).toEqual(['one', 'other']);
    expect(read()).toEqual([false, true]);
  });

  it('sets the newest flags of an item whose flags could not be set before', async () => {
    let isDenied = true;
    const scene = new PairScene({ wrapTarget: denyingFlags(() => isDenied) });
    const key = scene.add('one');
    await scene.planAndCopy();
    scene.source.setRead(scene.inbox, key, true);
    expect(await scene.copy()).toMatchObject({ counters: { failed: 1 } });
    isDenied = false;
    scene.source.setRead(scene.inbox, key, false);
    expect(await scene.copy()).toMatchObject({ counters: { found: 1, copied: 1, failed: 0 } });
    expect(await scene.copy({ retry: 'first' })).toMatchObject({ changes: 0 });
    expect(scene.target.items(scene.targetInbox)).toMatchObject([{ read: false }]);
    expect(await scene.verify()).toMatchObject({ repair: [], findings: { different: 0, missing: 0 } });
  });

  it('leaves what the user of the target changed or removed, and says so', async () => {
    const scene = new PairScene();
    const keys = [scene.add('edited'), scene.add('removed')];
    await scene.planAndCopy();
    const [edited, removed] = scene.target.items(scene.targetInbox);
    scene.target.changeItem(scene.targetInbox, edited?.id ?? '', { content: textContent('by its user') });
    scene.target.removeItem(scene.targetInbox, removed?.id ?? '');
    for (const key of keys) scene.source.changeItem(scene.inbox, key, { content: textContent('new') });
    expect(await scene.copy()).toMatchObject({ counters: { found: 2, copied: 2, skipped: 0 } });
    expect(scene.texts()).toEqual(['by its user']);
    expect(await scene.entry(keys[0] ?? '')).toMatchObject({
      outcome: { reason: { code: 'ChangedInTarget' } },
    });
  });

  it('names what cannot be read or is refused, and puts it on retry', async () => {
    const scene = new PairScene();
    const [broken, refused] = [scene.add('broken'), scene.add('refused')];
    const item = scene.source.item(scene.inbox, broken);
    Object.assign(item ?? {}, { unreadable });
    scene.target.refuses = ({ content }) =>
      content.sizeBytes === 7 ? { ...unreadable, code: 'No' } : undefined;
    expect(await scene.planAndCopy()).toMatchObject({ counters: { found: 2, copied: 0, failed: 2 } });
    expect(await scene.entry(refused)).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'No' } } });
    delete item?.unreadable;
    scene.target.refuses = () => undefined;
    expect(await scene.copy()).toMatchObject({ counters: { copied: 0, failed: 2 } });
    expect(await scene.copy({ retry: 'first' })).toMatchObject({
      counters: { found: 2, copied: 2, failed: 0 },
    });
    expect(scene.texts()).toEqual(['broken', 'refused']);
  });

  it('halves a request that is too large, and names an item that is too large alone', async () => {
    const scene = new PairScene({ parcel: { items: 8, bytes: 1_000_000 } });
    scene.target.requestLimitBytes = 1_000;
    for (let at = 0; at < 8; at += 1) scene.add(`${at}`.padEnd(300, '.'));
    const large = scene.add('large'.padEnd(5_000, '.'));
    expect(await scene.planAndCopy()).toMatchObject({ counters: { copied: 8, failed: 1 } });
    const entry = await scene.entry(large);
    expect(entry?.outcome).toMatchObject({ kind: 'failed', reason: { remedy: 'raiseRequestLimit' } });
    expect(entry?.sizeBytes).toBe(5_000);
  });

  it('names an item above what the target takes without reading it', async () => {
    let read = 0;
    const scene = new PairScene({
      target: { capabilities: { greatestItemBytes: 1_000 } },
      wrapSource: (source) => {
        const readItems = source.readItems.bind(source);
        return Object.assign(source, {
          readItems: (...given: Parameters<typeof readItems>) => (
            (read += given[1].length),
            readItems(...given)
          ),
        });
      },
    });
    const key = scene.source.addItem(scene.inbox, { content: generatedContent(50_000_000, 1) });
    expect(await scene.planAndCopy()).toMatchObject({ counters: { failed: 1 } });
    expect(await scene.entry(key)).toMatchObject({ outcome: { reason: { remedy: 'raiseRequestLimit' } } });
    expect(read).toBe(0);
  });

  it('is refused by a higher fence and answers with it', async () => {
    const scene = new PairScene();
    scene.add('one');
    await scene.plan();
    await scene.copy({ fence: 50 });
    expect(await scene.copy({ fence: 50 })).toEqual({ kind: 'fenced', by: 50 });
    expect(await scene.copy({ fence: 20 })).toEqual({ kind: 'fenced', by: 50 });
    expect(await scene.copy({ fence: 51 })).toMatchObject({ kind: 'done' });
  });

  it('says that a position the ledger does not know is unplanned', async () => {
    const scene = new PairScene();
    expect(await scene.copy({ position: 3 })).toEqual({ kind: 'unplanned' });
  });

  describe('of a source folder that is said to be gone while it is listed', () => {
    const denying = (times: number) => {
      let denied = 0;
      const wrapSource = (source: MemorySource) => {
        const listChanges = source.listChanges.bind(source);
        return Object.assign(source, {
          listChanges: (...given: Parameters<typeof listChanges>) =>
            (denied += 1) <= times ? Promise.reject(folderGone('source')) : listChanges(...given),
        });
      };
      return new PairScene({ wrapSource });
    };

    it('names the folder, and copies it once it can be had', async () => {
      const scene = denying(3);
      scene.add('a');
      expect(await scene.planAndCopy()).toEqual({ kind: 'refused', text: folderGone('source').text });
      expect(
        (await scene.ledger.folder({ pairId: scene.pair.id, folderKey: scene.inbox }))?.plan,
      ).toMatchObject({ gone: false, refused: folderGone('source').text });
      expect(await scene.planAndCopy()).toMatchObject({ kind: 'done', counters: { copied: 1 } });
    });

    it('does not take a single answer for it', async () => {
      const scene = denying(1);
      scene.add('a');
      expect(await scene.planAndCopy()).toMatchObject({ kind: 'done', changes: 1 });
    });
  });

  it('says that the source folder is gone', async () => {
    const scene = new PairScene();
    await scene.plan();
    scene.source.removeFolder(scene.inbox);
    expect(await scene.copy()).toEqual({ kind: 'gone' });
    expect(await scene.copy()).toEqual({ kind: 'gone' });
  });

  it('makes a target folder anew that its user removed, and copies what is new into it', async () => {
    const scene = new PairScene();
    scene.add('before');
    await scene.planAndCopy();
    scene.target.removeFolder(scene.targetInbox);
    scene.add('after');
    expect(await scene.copy()).toMatchObject({ kind: 'done', counters: { copied: 2 } });
    const [made] = [...scene.target.folders.keys()];
    expect(scene.texts(made)).toEqual(['after']);
  });

  it('waits in place for a server that asks for a short wait, and ends with a long one', async () => {
    const waits = [busy(30_000), busy(90_000)];
    const scene = new PairScene({
      wrapTarget: (target) => {
        const putItems = target.putItems.bind(target);
        return Object.assign(target, {
          putItems: async (...given: Parameters<typeof putItems>) => {
            const wait = waits.shift();
            if (wait) throw wait;
            return putItems(...given);
          },
        });
      },
    });
    scene.add('one');
    await scene.plan();
    await expect(scene.copy()).rejects.toMatchObject({
      details: { kind: 'throttled', retryAfterMs: 90_000 },
    });
    expect(scene.time.monotonic()).toBeGreaterThanOrEqual(30_000);
    const before = scene.time.monotonic();
    scene.open();
    expect(await scene.copy()).toMatchObject({ kind: 'done' });
    expect(scene.time.monotonic() - before).toBeLessThan(5_000);
  });

  it('ends with a refused sign-in at once, with nothing pending', async () => {
    const scene = new PairScene({
      wrapTarget: (target) =>
        Object.assign(target, { putItems: async () => Promise.reject(passwordChanged()) }),
    });
    scene.add('one');
    await scene.plan();
    await expect(scene.copy()).rejects.toBeInstanceOf(Fault);
    const folder = await scene.ledger.folder({ pairId: scene.pair.id, folderKey: scene.inbox });
    expect(folder?.pending).toEqual([]);
  });

  it('stops when it is aborted, and what was on its way is found by the next attempt', async () => {
    const abort = new AbortController();
    const scene = new PairScene({
      wrapTarget: (target) => {
        const putItems = target.putItems.bind(target);
        return Object.assign(target, {
          putItems: async (...given: Parameters<typeof putItems>) => {
            await putItems(...given);
            abort.abort(new Error('stopped'));
            throw abort.signal.reason;
          },
        });
      },
    });
    scene.add('one');
    await scene.plan();
    await expect(scene.copy({}, abort.signal)).rejects.toThrow('stopped');
    const folder = await scene.ledger.folder({ pairId: scene.pair.id, folderKey: scene.inbox });
    expect(folder?.pending).toHaveLength(1);
    const before = scene.time.monotonic();
    expect(await scene.copy()).toMatchObject({ kind: 'done', counters: { copied: 1 } });
    expect(scene.time.monotonic() - before).toBeGreaterThanOrEqual(25_000);
    expect(scene.texts()).toEqual(['one']);
  });

  it('leaves nothing behind on the signal it was given', async () => {
    const { signal } = new AbortController();
    const waits = [busy(1_000), lostAnswer(), busy(5_000)];
    const scene = new PairScene({
      parcel: { items: 1, bytes: 1_000 },
      bytesInFlight: 20_000,
      wrapTarget: (target) => {
        const putItems = target.putItems.bind(target);
        return Object.assign(target, {
          putItems: async (...given: Parameters<typeof putItems>) => {
            await scene.time.sleep(10);
            const fault = waits.shift();
            if (fault) throw fault;
            return putItems(...given);
          },
        });
      },
    });
    for (let at = 0; at < 40; at += 1) scene.add(`item ${at}`);
    await scene.plan();
    expect(await scene.copy({}, signal)).toMatchObject({ kind: 'done', counters: { copied: 40 } });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('waits once for an answer that refuses many items as busy, and blames none of them however often', async () => {
    const scene = new PairScene({
      wrapTarget: (target) => {
        const putItems = target.putItems.bind(target);
        return Object.assign(target, {
          putItems: async (...[folder, items, ...rest]: Parameters<typeof putItems>) => {
            const taken = await putItems(folder, items.slice(0, 1), ...rest);
            return [...taken, ...items.slice(1).map(() => ({ kind: 'again' as const, fault: busy(1_000) }))];
          },
        });
      },
    });
    const monotonic = scene.time.monotonic.bind(scene.time);
    let ticks = 0;
    // Time that passes while something is done, as it does in the world.
    scene.time.monotonic = () => monotonic() + (ticks += 0.01);
    for (let at = 0; at < 50; at += 1) scene.add(`item ${at}`);
    await scene.plan();
    expect(await scene.copy()).toMatchObject({ kind: 'done', counters: { copied: 50, failed: 0 } });
    expect(monotonic()).toBeLessThan(60_000);
  });

  it('settles a lost answer: what arrived is not put again, what did not is', async () => {
    let lost = 0;
    const scene = new PairScene({
      parcel: { items: 1, bytes: 1_000 },
      wrapTarget: (target) => {
        const putItems = target.putItems.bind(target);
        return Object.assign(target, {
          putItems: async (...given: Parameters<typeof putItems>) => {
            lost += 1;
            if (lost === 1) throw lostAnswer();
            const outcomes = await putItems(...given);
            if (lost === 2) throw lostAnswer();
            return outcomes;
          },
        });
      },
    });
    const texts = ['a', 'b', 'c', 'd'];
    for (const text of texts) scene.add(text);
    expect(await scene.planAndCopy()).toMatchObject({ counters: { copied: 4 } });
    expect(scene.texts()).toEqual(texts);
  });

  it('finds again what it found after a lost answer, where it could not enter that into the ledger', async () => {
    let lost = false;
    const scene = new PairScene({
      wrapTarget: (target) => {
        const putItems = target.putItems.bind(target);
        return Object.assign(target, {
          putItems: async (...given: Parameters<typeof putItems>) => {
            const outcomes = await putItems(...given);
            if (lost) return outcomes;
            lost = true;
            throw lostAnswer();
          },
        });
      },
    });
    scene.add('one');
    await scene.plan();
    const append = scene.ledger.append.bind(scene.ledger);
    scene.ledger.append = () => Promise.reject(storeAway());
    await expect(scene.copy()).rejects.toMatchObject({ details: { kind: 'retryable' } });
    scene.ledger.append = append;
    expect(await scene.copy()).toMatchObject({ kind: 'done', counters: { copied: 1 } });
    expect(scene.texts()).toEqual(['one']);
  });

  it('names an item that the server never answers for, and copies all others', async () => {
    const scene = new PairScene({
      wrapTarget: (target) => {
        const putItems = target.putItems.bind(target);
        return Object.assign(target, {
          putItems: async (...given: Parameters<typeof putItems>) => {
            if (given[1].some(({ sizeBytes }) => sizeBytes > 500)) throw lostAnswer();
            return putItems(...given);
          },
        });
      },
    });
    for (let at = 0; at < 9; at += 1) scene.add(`item ${at}`);
    const poison = scene.add('poison'.padEnd(600, '.'));
    expect(await scene.planAndCopy()).toMatchObject({ kind: 'done', counters: { copied: 9, failed: 1 } });
    expect(await scene.entry(poison)).toMatchObject({
      outcome: { reason: { code: 'Lost', remedy: 'checkItem' } },
    });
  });

  it('blames no item for a database that is too slow to hold the send window', async () => {
    const slow = { puts: 8, isNow: false };
    const scene: PairScene = new PairScene({
      wrapTarget: (target) => {
        const putItems = target.putItems.bind(target);
        return Object.assign(target, {
          putItems: async (...given: Parameters<typeof putItems>) => {
            slow.isNow = given[1].some(({ sizeBytes }) => sizeBytes > 500) && slow.puts-- > 0;
            if (slow.isNow) await scene.time.sleep(3_000);
            return putItems(...given).finally(() => (slow.isNow = false));
          },
        });
      },
    });
    const writeFolder = scene.ledger.writeFolder.bind(scene.ledger);
    scene.ledger.writeFolder = async (...given) => {
      if (slow.isNow) await scene.time.sleep(2_600);
      return writeFolder(...given);
    };
    for (let at = 0; at < 9; at += 1) scene.add(`item ${at}`);
    scene.add('large'.padEnd(600, '.'));
    await scene.plan();
    for (const giveUp of [false, true])
      await expect(scene.copy({ giveUp })).rejects.toMatchObject({ text: { code: 'StoreTooSlow' } });
    expect(await scene.copy()).toMatchObject({ kind: 'done', counters: { copied: 10, failed: 0 } });
  });

  it('names an item whose reading always breaks off, and copies all others', async () => {
    const poison: string[] = [];
    const scene = new PairScene({
      wrapSource: (source) => {
        const readItems = source.readItems.bind(source);
        return Object.assign(source, {
          async *readItems(...[folder, refs, format, signal]: Parameters<typeof readItems>) {
            const broken = refs.findIndex(({ sourceKey }) => poison.includes(sourceKey));
            yield* readItems(folder, broken < 0 ? refs : refs.slice(0, broken), format, signal);
            if (broken >= 0) throw lostAnswer();
          },
        });
      },
    });
    for (let at = 0; at < 25; at += 1) {
      const key = scene.add(`item ${at}`);
      if (at === 4 || at === 7) poison.push(key);
    }
    expect(await scene.planAndCopy()).toMatchObject({ kind: 'done', counters: { copied: 23, failed: 2 } });
    for (const key of poison)
      expect(await scene.entry(key)).toMatchObject({
        outcome: { kind: 'failed', reason: { code: 'Lost', remedy: 'checkItem' } },
      });
  });

  it('names no item that was not tried, however many others the server never answers for', async () => {
    const scene = new PairScene({
      parcel: { items: 40, bytes: 1_000_000 },
      wrapTarget: (target) => {
        const putItems = target.putItems.bind(target);
        return Object.assign(target, {
          putItems: async (...given: Parameters<typeof putItems>) => {
            if (given[1].some(({ sizeBytes }) => sizeBytes > 500)) throw lostAnswer();
            return putItems(...given);
          },
        });
      },
    });
    for (let at = 0; at < 40; at += 1) scene.add(`${at}`.padEnd(at % 3 === 0 ? 600 : 1, '.'));
    expect(await scene.planAndCopy()).toMatchObject({ kind: 'done', counters: { copied: 26, failed: 14 } });
  });

  it('names the only item of a folder that is never answered for, once it is told to give up', async () => {
    const losing = { isNow: false };
    const scene = losingPuts(losing);
    scene.add('fine');
    await scene.planAndCopy();
    const poison = scene.add('poison');
    losing.isNow = true;
    await expect(scene.copy()).rejects.toMatchObject({ text: { code: 'Lost' } });
    expect(await scene.entry(poison)).toBeUndefined();
    expect(await scene.copy({ giveUp: true })).toMatchObject({ kind: 'done', counters: { failed: 1 } });
    expect(await scene.entry(poison)).toMatchObject({
      outcome: { kind: 'failed', reason: { code: 'Lost' } },
    });
  });

  it.each([
    ['nothing was ever copied', 0, 3, 0],
    ['too many items are lost in a row', 5, 45, 20],
  ])('says that nothing gets through where %s, told to give up', async (_why, copied, lost, mostNamed) => {
    const losing = { isNow: false };
    const scene = losingPuts(losing);
    for (let at = 0; at < copied; at += 1) scene.add(`fine ${at}`);
    await scene.planAndCopy();
    const keys = Array.from({ length: lost }, (_, at) => scene.add(`lost ${at}`));
    losing.isNow = true;
    expect(await scene.copy({ giveUp: true })).toMatchObject({ kind: 'hopeless', text: { code: 'Lost' } });
    const entries = await Promise.all(keys.map((key) => scene.entry(key)));
    expect(entries.filter((entry) => entry !== undefined).length).toBeLessThanOrEqual(mostNamed);
    losing.isNow = false;
    scene.open();
    expect(await scene.copy({ retry: 'first' })).toMatchObject({
      kind: 'done',
      counters: { copied: copied + lost, failed: 0 },
    });
  });

  it('names a folder that always fails, once it is told to give up', async () => {
    const unforeseen = () => Promise.reject(new TypeError('cannot read properties of undefined'));
    const scene = new PairScene({
      wrapSource: (source) => Object.assign(source, { listChanges: unforeseen }),
    });
    scene.add('one');
    await scene.plan();
    await expect(scene.copy()).rejects.toThrow(TypeError);
    expect(await scene.copy({ giveUp: true })).toMatchObject({
      kind: 'refused',
      text: { code: 'TypeError', remedy: 'askSupport' },
    });
  });

  it('enters what the target holds where the ledger was lost, and puts nothing twice', async () => {
    const scene = new PairScene();
    const texts = Array.from({ length: 30 }, (_, at) => `item ${at}`).sort();
    for (const text of texts) scene.add(text);
    await scene.planAndCopy();
    const elsewhere = scene.target.addFolder({ name: 'sorted by its user' });
    const [moved] = scene.target.items(scene.targetInbox);
    scene.target.moveItem(scene.targetInbox, moved?.id ?? '', elsewhere);
    scene.ledger.lose();
    scene.open();
    expect(await scene.copy()).toEqual({ kind: 'unplanned' });
    expect(await scene.planAndCopy()).toMatchObject({ counters: { found: 30, alreadyThere: 30 } });
    expect([...scene.texts(), ...scene.texts(elsewhere)].sort()).toEqual(texts);
  });

  it('notices a ledger that was set back to an earlier day', async () => {
    const scene = new PairScene();
    scene.add('early');
    await scene.planAndCopy();
    const backup = scene.ledger.backup();
    const late = scene.add('late');
    await scene.copy();
    scene.ledger.restore(backup);
    scene.open();
    expect(await scene.copy()).toEqual({ kind: 'unplanned' });
    expect(await scene.planAndCopy()).toMatchObject({ counters: { found: 2, copied: 1, alreadyThere: 1 } });
    expect(scene.texts()).toEqual(['early', 'late']);
    expect(await scene.entry(late)).toMatchObject({
      adopted: false,
      itemClass: 'IPM.Note',
      outcome: { kind: 'copied' },
    });
  });
});

/** A target that takes items, and from when it is told on loses each request that puts some. */
function losingPuts(losing: { isNow: boolean }): PairScene {
  return new PairScene({
    wrapTarget: (target) => {
      const putItems = target.putItems.bind(target);
      return Object.assign(target, {
        putItems: (...given: Parameters<typeof putItems>) =>
          losing.isNow ? Promise.reject(lostAnswer()) : putItems(...given),
      });
    },
  });
}
