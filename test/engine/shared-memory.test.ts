import { getEventListeners } from 'node:events';
import type { TargetMailbox } from '../../src/connectors/connector';
import { generatedContent, type MemorySource, type MemoryTarget } from '../../src/connectors/memory';
import { ByteBudget } from '../../src/engine/byte-budget';
import { busy } from './model/faults';
import { VirtualTime } from './model/virtual-time';
import { never, PairScene } from './pair-builder';

const minute = 60_000;
const itemBytes = 20_000;

/** A target that asks for a pause once it has taken something, and then takes everything. */
function busyOnce(waitMs: number, time: VirtualTime): (target: MemoryTarget) => TargetMailbox {
  let isAsked = false;
  return (target) => {
    const putItems = target.putItems.bind(target);
    return Object.assign(target, {
      putItems: async (...given: Parameters<typeof putItems>) => {
        await time.sleep(100);
        if (!isAsked) {
          isAsked = true;
          throw busy(waitMs);
        }
        return putItems(...given);
      },
    });
  };
}

/** Counts what is read of a source, and may ask for a pause itself. */
function countingReads(read: { items: number }, refuse: () => void = () => {}) {
  return (source: MemorySource) => {
    const readItems = source.readItems.bind(source);
    return Object.assign(source, {
      async *readItems(...given: Parameters<typeof readItems>) {
        refuse();
        for await (const item of readItems(...given)) {
          read.items += 1;
          yield item;
        }
      },
    });
  };
}

function fill(scene: PairScene, items: number, bytes = itemBytes): void {
  for (let at = 0; at < items; at += 1)
    scene.source.addItem(scene.inbox, { content: generatedContent(bytes, at) });
}

describe('mailboxes of one process, which share its memory', () => {
  const given = (time: VirtualTime, memory: ByteBudget) => ({
    process: { time, memory },
    bytesInFlight: 400_000,
    parcel: { items: 4, bytes: 100_000 },
  });

  afterEach(() => {
    // Whoever has waited listens no more.
    expect(getEventListeners(never, 'abort')).toEqual([]);
  });

  /** @returns when the free one had copied all, ms after the other was throttled */
  async function freeMeanwhile(
    held: (time: VirtualTime, memory: ByteBudget) => PairScene[],
  ): Promise<number> {
    const time = new VirtualTime();
    const memory = new ByteBudget(400_000);
    const throttled = held(time, memory);
    const free = new PairScene(given(time, memory));
    fill(free, 100);
    for (const scene of [...throttled, free]) await scene.plan();
    const copies = throttled.map((scene) => scene.copy());
    await time.until(time.sleep(1_000));
    const began = time.monotonic();
    expect(await free.copy()).toMatchObject({ kind: 'done', counters: { copied: 100 } });
    const took = time.monotonic() - began;
    for (const copy of await Promise.all(copies))
      expect(copy).toMatchObject({ kind: 'done', counters: { copied: 100, failed: 0 } });
    return took;
  }

  it.each([
    ['items travel together', itemBytes],
    ['each item is piped', 90_000],
  ])('go on where others wait for their targets, and %s', async (_how, bytes) => {
    const took = await freeMeanwhile((time, memory) =>
      [1, 2].map(() => {
        const scene = new PairScene({ ...given(time, memory), wrapTarget: busyOnce(50_000, time) });
        fill(scene, 100, bytes);
        return scene;
      }),
    );
    expect(took).toBeLessThan(3_000);
  });

  it('go on where others wait for their sources', async () => {
    const took = await freeMeanwhile((time, memory) =>
      [1, 2].map(() => {
        let reads = 0;
        const refuse = () => {
          reads += 1;
          if (reads === 2) throw busy(50_000);
        };
        const scene = new PairScene({
          ...given(time, memory),
          wrapSource: countingReads({ items: 0 }, refuse),
        });
        fill(scene, 100);
        return scene;
      }),
    );
    expect(took).toBeLessThan(3_000);
  });

  it('read nothing twice while nobody else wants the memory', async () => {
    const time = new VirtualTime();
    const read = { items: 0 };
    const scene = new PairScene({
      ...given(time, new ByteBudget(400_000)),
      wrapSource: countingReads(read),
      wrapTarget: busyOnce(50_000, time),
    });
    fill(scene, 100);
    expect(await scene.planAndCopy()).toMatchObject({ counters: { copied: 100 } });
    expect(read.items).toBe(100);
    expect(time.monotonic()).toBeLessThan(minute);
  });
});
