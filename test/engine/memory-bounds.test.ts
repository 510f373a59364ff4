import { Readable } from 'node:stream';
import type { ReadItem } from '../../src/connectors/connector';
import { generatedContent, type MemorySource } from '../../src/connectors/memory';
import { PairScene } from './pair-builder';

/** Counts the bytes of content that were read and not yet taken in by a target request that has ended. */
class Meter {
  read = 0;
  put = 0;
  most = 0;

  watchSource(source: MemorySource): MemorySource {
    const readItems = source.readItems.bind(source);
    const count = (bytes: number) => {
      this.read += bytes;
      this.most = Math.max(this.most, this.read - this.put);
    };
    return Object.assign(source, {
      async *readItems(...given: Parameters<typeof readItems>): AsyncGenerator<ReadItem> {
        for await (const item of readItems(...given)) {
          if (!('open' in item)) yield item;
          else yield { ...item, open: () => counted(item.open(), count) };
        }
      },
    });
  }
}

function counted(stream: Readable, count: (bytes: number) => void): Readable {
  async function* chunks() {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      count(chunk.length);
      yield chunk;
    }
  }
  return Readable.from(chunks(), { objectMode: false });
}

describe('memory', () => {
  const bytesInFlight = 4_000_000;

  /** A target whose bodies are counted as they are taken in. */
  const scene = (meter: Meter) =>
    new PairScene({
      bytesInFlight,
      parcel: { items: 50, bytes: 1_000_000 },
      sourcePageItems: 500,
      target: { capabilities: { itemsPerRequest: 50 } },
      wrapSource: (source) =>
        meter.watchSource(
          Object.assign(source, { capabilities: { ...source.capabilities, itemsPerRequest: 50 } }),
        ),
      wrapTarget: (target) => {
        const putItems = target.putItems.bind(target);
        return Object.assign(target, {
          putItems: async (...[folder, items, ...rest]: Parameters<typeof putItems>) => {
            const taken = items.map((item) => ({
              ...item,
              open: () => counted(item.open(), (bytes) => (meter.put += bytes)),
            }));
            return putItems(folder, taken, ...rest);
          },
        });
      },
    });

  it('holds no more than its bytes in flight, whatever the items', async () => {
    const meter = new Meter();
    const whole = scene(meter);
    for (let at = 0; at < 300; at += 1) {
      const sizeBytes = at % 10 === 0 ? 3_000_000 : at % 3 === 0 ? 200_000 : 500;
      whole.source.addItem(whole.inbox, { content: generatedContent(sizeBytes, at) });
    }
    expect(await whole.planAndCopy()).toMatchObject({ counters: { copied: 300 } });
    expect(meter.read).toBeGreaterThan(100_000_000);
    expect(meter.most).toBeLessThanOrEqual(bytesInFlight);
    expect(whole.pair.budget.inFlight).toBe(0);
  }, 60_000);

  it('does not believe sizes: an item listed as small and large in truth is piped', async () => {
    const meter = new Meter();
    const whole = scene(meter);
    const content = generatedContent(40_000_000, 1);
    const { digest } = content;
    const lying = { digest, chunks: () => content.chunks(), sizeBytes: 100 };
    whole.source.addItem(whole.inbox, { content: lying });
    expect(await whole.planAndCopy()).toMatchObject({ counters: { copied: 1 } });
    expect(meter.most).toBeLessThanOrEqual(bytesInFlight);
    expect(whole.target.items(whole.targetInbox)[0]?.content).toMatchObject({
      sizeBytes: 40_000_000,
      digest,
    });
  }, 60_000);
});
