import { KnownKeys } from '../../src/engine/known-keys';
import type { FolderDocument } from '../../src/engine/ledger';
import { noCounters } from '../../src/domain/item-counts';
import { MemoryLedger } from '../support/memory-ledger';
import { PairScene } from './pair-builder';

const id = { pairId: 'p', folderKey: 'f' };

/** A ledger that counts what is asked of it. */
class CountingLedger extends MemoryLedger {
  lookUps = 0;
  streams = 0;

  override lookUp(...given: Parameters<MemoryLedger['lookUp']>) {
    this.lookUps += 1;
    return super.lookUp(...given);
  }

  override stream(...given: Parameters<MemoryLedger['stream']>) {
    this.streams += 1;
    return super.stream(...given);
  }
}

async function setting(seq: number) {
  const ledger = new CountingLedger();
  const outcome = { kind: 'copied' as const, targetId: 't', targetChangeKey: 'c' };
  const entry = { sourceKey: 'known', changeKey: 'v', itemClass: '', sizeBytes: 1, outcome };
  if (seq > 0) await ledger.append({ ...id, parcelId: `${seq}.x`, seq, adopted: false, entries: [entry] });
  const plan = { position: 0, name: 'F', folderClass: '', itemCount: 5, gone: false };
  const folder: FolderDocument = {
    ...id,
    plan,
    fence: 1,
    writes: 1,
    pending: [],
    seq,
    completeSince: 0,
    counters: noCounters,
  };
  return { ledger, entry, keys: new KnownKeys(ledger, folder) };
}

describe('KnownKeys', () => {
  it('asks nothing about keys that are surely not in the ledger', async () => {
    const { ledger, keys } = await setting(3);
    await keys.readAll();
    expect(await keys.lookUp(['a', 'b', 'c'])).toEqual(new Map());
    expect(ledger).toMatchObject({ lookUps: 0, streams: 1 });
    expect((await keys.lookUp(['a', 'known'])).get('known')).toHaveLength(1);
    expect(keys.highestSeq).toBe(3);
  });

  it('knows what was added since it was read', async () => {
    const { ledger, entry, keys } = await setting(0);
    await keys.lookUp(['known']);
    await ledger.append({ ...id, parcelId: '1.x', seq: 1, adopted: false, entries: [entry] });
    keys.add([entry]);
    expect((await keys.lookUp(['known'])).has('known')).toBe(true);
  });

  it('looks the few keys of a delta up, and reads the whole folder only when there are many', async () => {
    const { ledger, keys } = await setting(3);
    for (let at = 0; at < 8; at += 1) expect((await keys.lookUp(['known'])).has('known')).toBe(true);
    expect(ledger).toMatchObject({ lookUps: 8, streams: 0 });
    await keys.lookUp(['other']);
    expect(ledger).toMatchObject({ lookUps: 8, streams: 1 });
  });

  it('asks the database for no key on a first pass over a large folder', async () => {
    const scene = new PairScene({ sourcePageItems: 100 });
    for (let at = 0; at < 2_000; at += 1) scene.add(`item ${at}`);
    let asked = 0;
    const lookUp = scene.ledger.lookUp.bind(scene.ledger);
    scene.ledger.lookUp = (...given) => ((asked += given[1].length), lookUp(...given));
    expect(await scene.planAndCopy()).toMatchObject({ counters: { copied: 2_000 } });
    expect(asked).toBeLessThan(20);
  });
});
