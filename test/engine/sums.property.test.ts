import fc from 'fast-check';
import { agrees, fateOf, noCounters, type ItemCounts } from '../../src/domain/item-counts';
import { pairId } from '../../src/engine/pair-id';
import type { FolderId, LedgerEntry, LedgerStore } from '../../src/engine/ledger';
import type { MemoryLedger } from '../support/memory-ledger';
import { settings, worlds } from './model/settings';
import type { Migration } from './model/migration';
import { live } from './model/world';
import { propertySeed as seed } from './model/property-seed';

const runs = Number(process.env.PROPERTY_RUNS ?? 6);
const small = { folders: 4, items: 40, worst: 6 };

/** A folder's figures as its parcels say them, without those that its document does not know to be done. */
async function recounted(
  ledger: MemoryLedger,
  id: FolderId,
): Promise<{ said: ItemCounts; counted: ItemCounts }> {
  const folder = await ledger.folder(id);
  const pending = new Set(folder?.pending.map(({ parcelId }) => parcelId));
  const newest = new Map<string, LedgerEntry>();
  for await (const { parcelId, entries } of ledger.stream(id))
    if (!pending.has(parcelId)) for (const entry of entries) newest.set(entry.sourceKey, entry);
  const counted = { ...noCounters, filteredBytes: 0, sourceGone: 0 };
  for (const { outcome, sizeBytes } of newest.values()) {
    const fate = fateOf(outcome);
    if (fate === undefined) continue;
    counted.found += 1;
    counted.foundBytes += sizeBytes;
    counted[fate] += 1;
    if (fate === 'copied' || fate === 'alreadyThere') counted.copiedBytes += sizeBytes;
    if (fate === 'filtered') counted.filteredBytes += sizeBytes;
    if ('sourceGone' in outcome && outcome.sourceGone) counted.sourceGone += 1;
  }
  return { said: folder?.counters ?? noCounters, counted };
}

/** Looks at the figures after each write of a folder's document. */
function watching(seen: (id: FolderId) => Promise<void>): (ledger: LedgerStore) => LedgerStore {
  return (ledger) => ({
    ...ledger,
    writeFolder: async (id, fence, patch) => {
      const written = await ledger.writeFolder(id, fence, patch);
      await seen(id);
      return written;
    },
  });
}

describe(`the figures of a mailbox on its worst days (PROPERTY_SEED=${seed}, PROPERTY_RUNS=${runs})`, () => {
  const parameters = { numRuns: runs, seed, endOnFailure: process.env.PROPERTY_SHRINK === undefined };

  it('add up at every moment and say what the ledger says, item by item', async () => {
    const property = fc.asyncProperty(settings(small), worlds(0), async (setting, world) => {
      const wrong: unknown[] = [];
      const watched: { migration?: Migration } = {};
      const ledger = watching(async (id) => {
        if (!watched.migration) return;
        const { said, counted } = await recounted(watched.migration.ledger, id);
        if (!agrees(said) || JSON.stringify(said) !== JSON.stringify({ ...said, ...counted }))
          wrong.push({ said, counted });
      });
      const { migration } = await live({ ...setting, broken: { ledger } }, world, (one) => {
        watched.migration = one;
      });
      expect(wrong.slice(0, 1)).toEqual([]);
      const counters = await migration.counters();
      expect(agrees(counters)).toBe(true);
      expect(counters.remaining).toBe(0);
    });
    await fc.assert(property, parameters);
  }, 3_600_000);

  it('add up at every moment, and say in the end what the ledger says, though it was lost or set back', async () => {
    const property = fc.asyncProperty(settings(small), worlds(3), async (setting, world) => {
      const wrong: unknown[] = [];
      const watched: { migration?: Migration } = {};
      const ledger = watching(async (id) => {
        const counters = (await watched.migration?.ledger.folder(id))?.counters;
        if (counters && !agrees(counters)) wrong.push(counters);
      });
      const { migration } = await live({ ...setting, broken: { ledger } }, world, (one) => {
        watched.migration = one;
      });
      expect(wrong.slice(0, 1)).toEqual([]);
      for await (const folder of migration.ledger.folders(pairId('source', 'target'))) {
        if (folder.plan.targetId === undefined || folder.pending.length > 0) continue;
        const { said, counted } = await recounted(migration.ledger, folder);
        expect(said).toEqual({ ...said, ...counted });
      }
    });
    await fc.assert(property, parameters);
  }, 3_600_000);
});
