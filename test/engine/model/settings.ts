import fc from 'fast-check';
import { everything, type FilterSpec } from '../../../src/domain/item-filter';
import type { Setting } from './migration';
import type { World } from './world';

export const percent = (max: number) => fc.oneof(fc.constant(0), fc.integer({ min: 0, max }));

const filter = fc.constantFrom<FilterSpec>(
  everything,
  { ...everything, toDate: '2025-12-31' },
  { ...everything, fromDate: '2024-01-01' },
  { ...everything, greatestSizeBytes: 1_000 },
  { ...everything, kinds: ['mail', 'tasks'] },
  { ...everything, leaveOutFolders: ['folder 1'] },
  { ...everything, onlyFolders: ['inbox', 'folder 2'] },
);
const filters = fc.oneof(
  fc.constant<Setting['filters']>([everything]),
  fc.constant<Setting['filters']>([{ ...everything, toDate: '2025-12-31' }, everything]),
  fc.tuple(filter, filter),
  fc.tuple(filter, filter, filter),
);

/** @param worst percent of requests at most that anything goes wrong with */
export function settings({ folders = 5, items = 60, worst = 8, latestMs = 20_000 }): fc.Arbitrary<Setting> {
  const rate = percent(worst);
  return fc.record({
    seed: fc.integer(),
    folders: fc.integer({ min: 1, max: folders }),
    items: fc.integer({ min: 0, max: items }),
    updates: fc.boolean(),
    inTwo: fc.boolean(),
    rates: fc.record({
      ...{
        lostBefore: rate,
        lostAfter: rate,
        late: rate,
        part: rate,
        busy: rate,
        refused: rate,
        again: rate,
      },
      signIn: percent(2),
      latestMs: fc.constant(latestMs),
    }),
    ledgerFailing: percent(2),
    refusing: percent(50),
    filters: fc.oneof(fc.constant<Setting['filters']>([everything]), filters),
    followDeletions: fc.boolean(),
  });
}

export function worlds(ledgerLost: number): fc.Arbitrary<World> {
  return fc.record({
    sourceUsed: percent(60),
    sourceVanishes: fc.oneof(fc.constant(0), percent(3)),
    sourceDenies: fc.oneof(fc.constant(0), percent(20)),
    targetUsed: percent(30),
    killed: percent(10),
    stalled: percent(10),
    intruded: percent(6),
    statesExpire: percent(4),
    ledgerLost: percent(ledgerLost),
  });
}
