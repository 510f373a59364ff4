import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ByteBudget } from '../../src/engine/byte-budget';
import { KeyComparison } from '../../src/engine/compare-keys';
import { newestEntries } from '../../src/engine/newest-entries';
import { noFindings } from '../../src/engine/verify-findings';
import { folderKey, LargeFolder, text } from '../support/large-folder';
import { never } from './pair-builder';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** Of what cannot be given up, in MB. */
const held = () => {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
};

/** Counts from where it is made. */
class Meter {
  most = 0;
  private readonly before = held();

  note(): void {
    this.most = Math.max(this.most, held() - this.before);
  }
}

const metered = (folder: LargeFolder): Meter => {
  const meter = new Meter();
  folder.onListed = () => meter.note();
  return meter;
};

describe('the memory of a large folder', () => {
  it('is a few MB while it is compared', async () => {
    const folder = new LargeFolder(15_000);
    const meter = metered(folder);
    expect(await folder.verify()).toEqual({ findings: noFindings(), repair: [] });
    expect(meter.most).toBeLessThan(5);
    expect(folder.sourceListings).toBe(1);
  });

  it('is taken for all that the ledger knows of it, though most of that is gone', async () => {
    const folder = new LargeFolder(2_000);
    const { plan, counters } = folder.document;
    plan.itemCount = counters.found = 10;
    let held = 0;
    folder.onListed = () => (held = folder.pair.keyMemory.inFlight);
    await folder.verify();
    expect(held).toBeGreaterThanOrEqual(KeyComparison.bytes(2_000));
  });

  it('is taken for its keys, and both sides are listed once, however often the ledger tells of each', async () => {
    const folder = new LargeFolder(2_000);
    const { ledger, keyMemory } = folder.pair;
    const stream = ledger.stream.bind(ledger);
    ledger.stream = async function* (...given) {
      for await (const parcel of stream(...given)) for (let times = 0; times < 60; times += 1) yield parcel;
    };
    let held = 0;
    folder.onListed = () => (held = keyMemory.inFlight);
    expect(await folder.verify()).toEqual({ findings: noFindings(), repair: [] });
    expect(folder.sourceListings).toBe(1);
    expect(held).toBeGreaterThanOrEqual(KeyComparison.bytes(2_000));
    expect(held).toBeLessThan(KeyComparison.bytes(4_000));
  });

  it('is that of some thousand items where many need more than a comparison', async () => {
    const target = (at: number) => text('target', at, 152);
    const isMissing = (at: number) => at === 7_000;
    const heldOf = (at: number) =>
      isMissing(at) ? [] : at < 6_000 ? [target(at), text('copy', at, 152)] : [target(at)];
    const folder = new LargeFolder(8_000, heldOf, isMissing);
    const meter = metered(folder);
    const findings = { ...noFindings(), copies: 6_000, missing: 1 };
    expect(await folder.verify()).toEqual({ findings, repair: [0] });
    expect(meter.most).toBeLessThan(12);
    // Once for all, and once more for each half of what is odd.
    expect(folder.sourceListings).toBe(3);
  });

  it('is waited for while others have all of it, and until it is told to stop', async () => {
    const keyMemory = new ByteBudget(100_000);
    const stop = new AbortController();
    const folder = new LargeFolder(500, undefined, undefined, keyMemory);
    await keyMemory.take(90_000, never);
    const stopped = folder.verify(stop.signal);
    const other = folder.verify();
    stop.abort(new Error('stopped'));
    await expect(stopped).rejects.toThrow('stopped');
    expect(folder.sourceListings).toBe(0);
    keyMemory.give(90_000);
    expect(await other).toEqual({ findings: noFindings(), repair: [] });
    expect(keyMemory.inFlight).toBe(0);
  });

  it('is a few MB while it is summed up', async () => {
    const folder = new LargeFolder(15_000);
    const meter = metered(folder);
    let entries = 0;
    for await (const { sourceKey } of newestEntries(folder.pair, { pairId: 'pair', folderKey }, never)) {
      entries += sourceKey === '' ? 0 : 1;
      if (entries === folder.items) meter.note();
    }
    expect(entries).toBe(folder.items);
    expect(meter.most).toBeLessThan(5);
  });
});
