import { createHash } from 'node:crypto';
import type { Mailbox } from '../../sandbox/exchange/store/mailbox';
import type { Sample } from '../../sandbox/exchange/sample/fill';
import { openSimulator } from './simulator';
import type { Simulator } from './simulator';

describe('generated mailboxes', () => {
  let simulator: Simulator;
  let made = 0;
  beforeAll(async () => {
    simulator = await openSimulator();
  });
  afterAll(() => simulator.close());

  const fill = (sample: Sample) =>
    simulator.exchange.addMailbox({
      address: `sample${made++}@contoso.example`,
      displayName: 'Sample',
      password: 'x',
      sample,
    });

  /** Everything but ids, one line per folder and item. */
  function contents(mailbox: Mailbox): string[] {
    const own = mailbox.settings.address;
    return [...mailbox.folders.values()].flatMap(({ record, items }) => [
      `${record.parent} ${record.displayName} ${record.folderClass}`,
      ...[...items.values()].map((item) => {
        const mime =
          item.mime &&
          createHash('sha256')
            .update(mailbox.contents.read(item.mime).toString('latin1').replaceAll(own, 'own'))
            .digest('hex');
        const body =
          item.body && mailbox.contents.read(item.body.content).toString('latin1').replaceAll(own, 'own');
        return JSON.stringify([
          item.itemClass,
          item.read,
          item.received,
          item.fields,
          item.ext,
          mime,
          body,
          item.attachments.length,
        ]).replaceAll(own, 'own');
      }),
    ]);
  }

  it('are the same for the same seed, and others for another', async () => {
    const one = contents(await fill({ items: 300, largestBytes: 60_000, seed: 5 }));
    expect(contents(await fill({ items: 300, largestBytes: 60_000, seed: 5 }))).toEqual(one);
    expect(contents(await fill({ items: 300, largestBytes: 60_000, seed: 6 }))).not.toEqual(one);
  });

  it('hold exactly as many items as asked for, of every kind from some size on', async () => {
    for (const items of [0, 1, 7, 25, 500]) {
      const mailbox = await fill({ items, largestBytes: 60_000, seed: 1 });
      const all = [...mailbox.folders.values()].flatMap((folder) => [...folder.items.values()]);
      expect(all).toHaveLength(items);
      if (items < 500) continue;
      expect(new Set(all.map((item) => item.element))).toEqual(
        new Set(['Message', 'CalendarItem', 'Contact', 'DistributionList', 'Task', 'PostItem']),
      );
      expect(all.some((item) => item.itemClass === 'IPM.StickyNote')).toBe(true);
      expect(all.some((item) => item.draft)).toBe(true);
      expect(all.some((item) => item.occurrences?.some((each) => each.deleted))).toBe(true);
      expect(all.some((item) => item.received === '1970-01-01T00:00:00Z')).toBe(true);
    }
  });

  it('weigh about what was asked for, with one item of the greatest size', async () => {
    const mailbox = await fill({ items: 400, bytes: 12_000_000, largestBytes: 2_000_000, seed: 3 });
    expect(mailbox.usedBytes).toBeGreaterThan(10_000_000);
    expect(mailbox.usedBytes).toBeLessThan(14_000_000);
    const sizes = [...mailbox.folders.values()]
      .flatMap((folder) => [...folder.items.values()])
      .map((item) => item.sizeBytes);
    expect(Math.max(...sizes)).toBeGreaterThan(1_850_000);
    expect(Math.max(...sizes)).toBeLessThan(2_150_000);
  });

  it('hold no content twice', async () => {
    const mailbox = await fill({ items: 500, bytes: 6_000_000, seed: 4 });
    const mimes = [...mailbox.folders.values()]
      .flatMap((folder) => [...folder.items.values()])
      .flatMap((item) =>
        item.mime ? [createHash('sha256').update(mailbox.contents.read(item.mime)).digest('hex')] : [],
      );
    expect(new Set(mimes).size).toBe(mimes.length);
  });
});
