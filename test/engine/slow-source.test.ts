import type { ItemRef, ReadItem } from '../../src/connectors/connector';
import type { MemorySource } from '../../src/connectors/memory';
import { Fault } from '../../src/domain/faults';
import { PairScene } from './pair-builder';

const notInTime = () =>
  new Fault(
    { kind: 'retryable', tooLarge: true },
    { code: 'ErrorTimeoutExpired', remedy: 'wait', message: 'The server did not finish in time.' },
  );

/** A mailbox of 512 items in parcels of 50, whose source gives up some requests. */
function sceneOf(givesUp: (refs: readonly ItemRef[]) => boolean) {
  const sizes: number[] = [];
  const wrapSource = (source: MemorySource) => {
    const readItems = source.readItems.bind(source);
    return Object.assign(source, {
      capabilities: { ...source.capabilities, itemsPerRequest: 50 },
      async *readItems(...given: Parameters<typeof readItems>): AsyncGenerator<ReadItem> {
        sizes.push(given[1].length);
        if (givesUp(given[1])) throw notInTime();
        yield* readItems(...given);
      },
    });
  };
  const scene = new PairScene({ wrapSource, parcel: { items: 100, bytes: 4e6 }, sourcePageItems: 512 });
  const keys = Array.from({ length: 512 }, (_, at) => scene.add(`item ${at}`));
  return { scene, keys, sizes };
}

describe('a source that gives up large reads', () => {
  it.each([40, 10, 1])('is asked for less at once, down to what it gives: %i items', async (most) => {
    const { scene, sizes } = sceneOf((refs) => refs.length > most);
    expect(await scene.planAndCopy()).toMatchObject({ kind: 'done', counters: { copied: 512, failed: 0 } });
    expect(sizes.filter((size) => size > most).length).toBeLessThan(60);
  });

  it('has the items named that spoil every read they are part of, and all others copied', async () => {
    const bad = new Set<string>();
    const { scene, keys } = sceneOf((refs) => refs.some(({ sourceKey }) => bad.has(sourceKey)));
    keys.forEach((key, at) => at % 40 === 20 && bad.add(key));
    expect(await scene.planAndCopy()).toMatchObject({
      kind: 'done',
      counters: { copied: 512 - bad.size, failed: bad.size },
    });
  });
});
