import { cutParcels, memoryOf } from '../../src/engine/parcels';
import type { Work, WorkAction } from '../../src/engine/works';

const limits = { items: 3, bytes: 1_000, memoryBytes: 100_000, togetherBytes: 100_000 };
const target = { targetId: 't', targetChangeKey: 'c' };

function work(sizeBytes: number, more: Partial<Work> = {}, action: WorkAction = { kind: 'put' }): Work {
  const entry = { sourceKey: `of ${sizeBytes}`, changeKey: 'v', itemClass: 'IPM.Note', sizeBytes };
  return { entry, action, tries: 0, alone: false, ...more };
}
const sizes = (works: Work[]) =>
  cutParcels(works, limits).map((parcel) => parcel.works.map(({ entry }) => entry.sizeBytes));

describe('cutParcels', () => {
  it('cuts by count and by bytes, in order', () => {
    expect(sizes([1, 2, 3, 4].map((size) => work(size)))).toEqual([[1, 2, 3], [4]]);
    expect(sizes([400, 500, 200, 900].map((size) => work(size)))).toEqual([[400, 500], [200], [900]]);
  });

  it('cuts by memory too, so that there is room for a parcel on each connection', () => {
    const narrow = { ...limits, bytes: 100_000, togetherBytes: 20_000 };
    const parcels = cutParcels([work(5_000), work(5_000), work(30_000), work(1)], narrow);
    expect(parcels.map(({ alone, works }) => [alone, works.map(({ entry }) => entry.sizeBytes)])).toEqual([
      [false, [5_000]],
      [false, [5_000]],
      [false, [30_000]],
      [false, [1]],
    ]);
  });

  it('lets an item that needs more memory than a share travel alone', () => {
    const parcels = cutParcels([work(10), work(90_000), work(20)], limits);
    expect(parcels.map(({ alone, works }) => [alone, works.length])).toEqual([
      [false, 2],
      [true, 1],
    ]);
    expect(cutParcels([work(10, { alone: true })], limits)).toMatchObject([{ alone: true }]);
  });

  it('never holds more memory than a share in one parcel', () => {
    const works = Array.from({ length: 60 }, (_, at) => work(at * 10));
    for (const parcel of cutParcels(works, { ...limits, items: 100, bytes: 1e9 })) {
      expect(parcel.memoryBytes).toBeLessThanOrEqual(limits.memoryBytes);
      expect(parcel.memoryBytes).toBe(parcel.works.reduce((sum, one) => sum + memoryOf(one), 0));
    }
  });

  it('keeps puts, updates and flags apart', () => {
    const flags: WorkAction = { kind: 'flags', target, flags: { read: true } };
    const works = [
      work(1),
      work(2, {}, { kind: 'update', target }),
      work(3, {}, flags),
      work(4, {}, { kind: 'replace', target }),
    ];
    expect(sizes(works)).toEqual([[1, 4], [2], [3]]);
  });

  it('sends by itself what failed in company', () => {
    expect(sizes([work(1, { tries: 2 }), work(2), work(3)])).toEqual([[1], [2, 3]]);
  });
});
