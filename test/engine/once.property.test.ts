import fc from 'fast-check';
import { settleMs } from './model/migration';
import { wrongs } from './model/outcome';
import { settings, worlds } from './model/settings';
import { live } from './model/world';
import { propertySeed as seed } from './model/property-seed';

const runs = Number(process.env.PROPERTY_RUNS ?? 40);

const parameters = { numRuns: runs, seed, endOnFailure: process.env.PROPERTY_SHRINK === undefined };

describe(`a mailbox on its worst days (PROPERTY_SEED=${seed}, PROPERTY_RUNS=${runs})`, () => {
  it('has each source item in the target once or named, whatever went wrong between any two steps', async () => {
    const property = fc.asyncProperty(settings({}), worlds(0), async (setting, world) => {
      const { wrong, migration } = await live(setting, world);
      expect(wrong).toEqual([]);
      const doubled = migration.verified.reduce((sum, { doubled }) => sum + doubled, 0);
      if (setting.updates) expect(doubled).toBe(0);
    });
    await fc.assert(property, parameters);
  }, 3_600_000);

  it('has each source item in the target once or named, though its ledger was lost or set back', async () => {
    const property = fc.asyncProperty(settings({}), worlds(3), async (setting, world) => {
      expect((await live(setting, world)).wrong).toEqual([]);
    });
    await fc.assert(property, parameters);
  }, 3_600_000);

  it('loses nothing and leaves nothing twice where a server breaks its promise to settle', async () => {
    const property = fc.asyncProperty(
      settings({ latestMs: 4 * settleMs }),
      worlds(0),
      async (setting, world) => {
        const lived = await live(setting, world);
        // The last late requests have taken effect by now: a further pass finds them.
        await lived.migration.time.until(lived.migration.run());
        expect(await wrongs(lived)).toEqual([]);
      },
    );
    await fc.assert(property, parameters);
  }, 3_600_000);
});
