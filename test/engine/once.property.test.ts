import fc from 'fast-check';
import { settleMs } from './model/migration';
import { wrongs } from './model/outcome';
import { live } from './model/world';

const runs = Number(process.env.PROPERTY_RUNS ?? 40);
const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 2 ** 31);

const percent = (max: number) => fc.oneof(fc.constant(0), fc.integer({ min: 0, max }));

const settings = (latestMs: number) =>
  fc.record({
    seed: fc.integer(),
    folders: fc.integer({ min: 1, max: 5 }),
    items: fc.integer({ min: 0, max: 60 }),
    updates: fc.boolean(),
    inTwo: fc.boolean(),
    rates: fc.record({
      lostBefore: percent(8),
      lostAfter: percent(8),
      late: percent(8),
      part: percent(8),
      busy: percent(8),
      refused: percent(8),
      again: percent(8),
      signIn: percent(2),
      latestMs: fc.constant(latestMs),
    }),
    ledgerFailing: percent(2),
  });

const worlds = (ledgerLost: number) =>
  fc.record({
    sourceUsed: percent(60),
    targetUsed: percent(30),
    killed: percent(10),
    stalled: percent(10),
    intruded: percent(6),
    statesExpire: percent(4),
    ledgerLost: percent(ledgerLost),
  });

const parameters = { numRuns: runs, seed, endOnFailure: process.env.PROPERTY_SHRINK === undefined };

describe(`a mailbox on its worst days (PROPERTY_SEED=${seed}, PROPERTY_RUNS=${runs})`, () => {
  it('has each source item in the target once or named, whatever went wrong between any two steps', async () => {
    const property = fc.asyncProperty(settings(settleMs), worlds(0), async (setting, world) => {
      const { wrong, migration } = await live(setting, world);
      expect(wrong).toEqual([]);
      const doubled = migration.verified.reduce((sum, { doubled }) => sum + doubled, 0);
      if (setting.updates) expect(doubled).toBe(0);
    });
    await fc.assert(property, parameters);
  }, 3_600_000);

  it('has each source item in the target once or named, though its ledger was lost or set back', async () => {
    const property = fc.asyncProperty(settings(settleMs), worlds(3), async (setting, world) => {
      expect((await live(setting, world)).wrong).toEqual([]);
    });
    await fc.assert(property, parameters);
  }, 3_600_000);

  it('loses nothing and leaves nothing twice where a server breaks its promise to settle', async () => {
    const property = fc.asyncProperty(settings(4 * settleMs), worlds(0), async (setting, world) => {
      const { migration, user } = await live(setting, world);
      // The last late requests have taken effect by now: a further pass finds them.
      await migration.time.until(migration.run());
      expect(await wrongs(migration, user)).toEqual([]);
    });
    await fc.assert(property, parameters);
  }, 3_600_000);
});
