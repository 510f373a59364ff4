import type { TargetMailbox } from '../../src/connectors/connector';
import type { MemoryTarget } from '../../src/connectors/memory';
import { Fault } from '../../src/domain/faults';
import type { CopyFolderOrder, CopyFolderResult } from '../../src/engine/copy-folder';
import { fixedWidth } from '../../src/engine/width';
import { Chance } from './model/chance';
import { busy } from './model/faults';
import { PairScene } from './pair-builder';

const hour = 3_600_000;
const poison = 'poison'.padEnd(600, '.');
const isPoison = ({ sizeBytes }: { sizeBytes: number }) => sizeBytes > 500;

/** A target that answers for each item, or refuses it as busy. */
function busyFor(
  isRefused: (item: { sizeBytes: number }, at: number) => boolean,
  waitMs: () => number,
): (target: MemoryTarget) => TargetMailbox {
  return (target) => {
    const putItems = target.putItems.bind(target);
    return Object.assign(target, {
      putItems: async (...[folder, items, ...rest]: Parameters<typeof putItems>) => {
        const refused = items.map(isRefused);
        const taken = items.filter((_item, at) => !refused[at]);
        const outcomes = taken.length > 0 ? await putItems(folder, taken, ...rest) : [];
        const fault = busy(waitMs());
        return refused.map((is) => (is ? { kind: 'again' as const, fault } : outcomes.shift()));
      },
    } as Partial<TargetMailbox>);
  };
}

/** A target that refuses a request as busy for the sake of one of its items. */
function busyWhole(
  waitMs: number,
  onRefused: () => void = () => {},
): (target: MemoryTarget) => TargetMailbox {
  return (target) => {
    const putItems = target.putItems.bind(target);
    return Object.assign(target, {
      putItems: async (...given: Parameters<typeof putItems>) => {
        if (given[1].some(isPoison)) {
          onRefused();
          throw busy(waitMs);
        }
        return putItems(...given);
      },
    });
  };
}

/** As the workflow does it: opened anew once a wait is over that was too long for an open mailbox. */
async function copied(
  scene: PairScene,
  order: Partial<CopyFolderOrder> = {},
  mostMs = 40 * hour,
): Promise<CopyFolderResult | 'never'> {
  const { time } = scene;
  for (const until = time.monotonic() + mostMs; time.monotonic() < until;) {
    try {
      return await scene.copy(order);
    } catch (fault) {
      if (!(fault instanceof Fault) || fault.details.kind !== 'throttled') throw fault;
      await time.until(time.sleep(fault.details.retryAfterMs));
      scene.open();
    }
  }
  return 'never';
}

describe('an item that is refused as busy again and again', () => {
  const fill = (scene: PairScene, count: number) =>
    Array.from({ length: count }, (_, at) => scene.add(`item ${at}`));
  const named = {
    kind: 'failed',
    reason: { code: 'Busy', message: 'the server is busy', remedy: 'checkItem' },
  };

  it.each([
    ['a wait is waited in place', 30_000],
    ['each wait closes the mailbox', 300_000],
  ])('is named after some hours where those behind it were taken, and %s', async (_how, waitMs) => {
    const scene = new PairScene({ wrapTarget: busyFor(isPoison, () => waitMs) });
    fill(scene, 5);
    const key = scene.add(poison);
    fill(scene, 4);
    await scene.plan();
    expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { copied: 9, failed: 1 } });
    expect(await scene.entry(key)).toMatchObject({ outcome: named });
    expect(scene.time.monotonic()).toBeGreaterThan(2 * hour);
    expect(scene.time.monotonic()).toBeLessThan(3 * hour);
  });

  it('is named after some hours where it is the only one, and others came and went through since', async () => {
    const scene = new PairScene({ wrapTarget: busyFor(isPoison, () => 120_000) });
    fill(scene, 3);
    await scene.planAndCopy();
    const key = scene.add(poison);
    await expect(scene.copy()).rejects.toMatchObject({ details: { kind: 'throttled' } });
    fill(scene, 2);
    expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { copied: 5, failed: 1 } });
    expect(await scene.entry(key)).toMatchObject({ outcome: named });
    expect(scene.time.monotonic()).toBeLessThan(3 * hour);
  });

  it.each([10, 180])(
    'is named after a day where none is left that could show it, %i minutes each time',
    async (minutes) => {
      const waitMs = minutes * 60_000;
      const scene = new PairScene({ wrapTarget: busyFor(isPoison, () => waitMs) });
      fill(scene, 9);
      const key = scene.add(poison);
      await scene.plan();
      expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { copied: 9, failed: 1 } });
      expect(await scene.entry(key)).toMatchObject({ outcome: named });
      expect(scene.time.monotonic()).toBeGreaterThan(24 * hour);
    },
  );

  it('is put on retry, and the time begins anew then', async () => {
    let isBusy = true;
    const scene = new PairScene({
      wrapTarget: busyFor(
        (item) => isBusy && isPoison(item),
        () => 600_000,
      ),
    });
    const key = scene.add(poison);
    fill(scene, 9);
    await scene.plan();
    expect(await copied(scene)).toMatchObject({ counters: { failed: 1 } });
    const before = scene.time.monotonic();
    expect(await copied(scene, { retry: 'first' })).toMatchObject({ counters: { failed: 1 } });
    expect(scene.time.monotonic() - before).toBeGreaterThan(2 * hour);
    isBusy = false;
    expect(await copied(scene, { retry: 'second' })).toMatchObject({ counters: { copied: 10, failed: 0 } });
    expect(await scene.entry(key)).toMatchObject({ outcome: { kind: 'copied' } });
  });

  it('is put once on retry together with others, however many attempts that takes', async () => {
    let isBusy = true;
    let waitMs = 600_000;
    const scene = new PairScene({
      width: () => fixedWidth(1),
      wrapTarget: busyFor(
        (item) => isBusy && isPoison(item),
        () => waitMs,
      ),
    });
    for (let at = 0; at < 3; at += 1) {
      scene.add(poison);
      fill(scene, 3);
    }
    await scene.plan();
    expect(await copied(scene)).toMatchObject({ counters: { copied: 9, failed: 3 } });
    const before = scene.time.monotonic();
    // In company they tell nothing where no other is taken: each is asked for by itself after waits in place.
    waitMs = 30_000;
    expect(await copied(scene, { retry: 'first' }, hour / 2)).toBe('never');
    waitMs = 600_000;
    fill(scene, 1);
    expect(await copied(scene, { retry: 'first' })).toMatchObject({ counters: { copied: 10, failed: 3 } });
    expect(scene.time.monotonic() - before).toBeGreaterThan(5 * hour);
    isBusy = false;
    expect(await copied(scene, { retry: 'second' })).toMatchObject({ counters: { copied: 13, failed: 0 } });
  });

  it.each([
    [3, 'target'],
    [3, 'source'],
    [25, 'target'],
  ])('is named on retry as one of %i, where nothing else is asked for, of a %s', async (count, side) => {
    let waitMs = 1_200_000;
    const isOfTarget = side === 'target';
    const scene = new PairScene(isOfTarget ? { wrapTarget: busyFor(isPoison, () => waitMs) } : {});
    for (let at = 0; at < count; at += 1) {
      const item = scene.source.item(scene.inbox, scene.add(poison)) ?? {};
      if (!isOfTarget) Object.assign(item, { busy: () => busy(waitMs) });
    }
    fill(scene, count);
    await scene.plan();
    const all = { kind: 'done', counters: { copied: count, failed: count } };
    expect(await copied(scene, {}, 8 * count * hour)).toMatchObject(all);
    const before = scene.time.monotonic();
    waitMs = 3 * hour;
    expect(await copied(scene, { retry: 'first' }, count * 60 * hour)).toMatchObject(all);
    expect(scene.time.monotonic() - before).toBeGreaterThan(24 * hour);
  });

  it('has the next retry put again what the one before named that came to no end', async () => {
    let isBusy = true;
    const scene = new PairScene({
      wrapTarget: busyFor(
        (item) => isBusy && isPoison(item),
        () => 600_000,
      ),
    });
    scene.target.refuses = ({ content }) =>
      content.sizeBytes === 7 ? { code: 'No', remedy: 'checkItem', message: 'no' } : undefined;
    const key = scene.add('refused');
    scene.add(poison);
    fill(scene, 9);
    await scene.plan();
    expect(await copied(scene)).toMatchObject({ counters: { copied: 9, failed: 2 } });
    const { seq = 0 } = (await scene.entry(key)) ?? {};
    expect(await copied(scene, { retry: 'first' }, hour)).toBe('never');
    expect((await scene.entry(key))?.seq).toBeGreaterThan(seq);
    isBusy = false;
    scene.target.refuses = () => undefined;
    expect(await copied(scene, { retry: 'second' })).toMatchObject({ counters: { copied: 11, failed: 0 } });
  });

  it('is forgotten once it is named, while others are left that are busy', async () => {
    const scene = new PairScene({ wrapTarget: busyFor(isPoison, () => 300_000) });
    await scene.plan();
    for (let at = 0; at < 25; at += 1) {
      scene.add(poison);
      fill(scene, 1);
      expect(await copied(scene, {}, 1.5 * hour)).toBe('never');
    }
    expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { copied: 25, failed: 25 } });
  });

  it('is forgotten where it left the source meanwhile', async () => {
    const scene = new PairScene({ wrapTarget: busyFor(isPoison, () => 300_000) });
    fill(scene, 5);
    const key = scene.add(poison);
    await scene.plan();
    expect(await copied(scene, {}, hour)).toBe('never');
    scene.source.removeItem(scene.inbox, key);
    expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { copied: 5, failed: 0 } });
    const { busy } = (await scene.ledger.folder({ pairId: scene.pair.id, folderKey: scene.inbox })) ?? {};
    expect(busy).toEqual([]);
  });

  it.each([10_000, 300_000])(
    'is told from those that share its request, refused for %i ms',
    async (waitMs) => {
      const scene = new PairScene({ wrapTarget: busyWhole(waitMs) });
      fill(scene, 7);
      const key = scene.add(poison);
      fill(scene, 40);
      await scene.plan();
      expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { copied: 47, failed: 1 } });
      expect(await scene.entry(key)).toMatchObject({ outcome: named });
    },
  );

  it('is told from those that share its request, while mail keeps coming that others are taken with', async () => {
    const scene: PairScene = new PairScene({
      width: () => fixedWidth(4),
      wrapTarget: busyWhole(300_000, () => scene.add('late')),
    });
    const key = scene.add(poison);
    fill(scene, 2);
    await scene.plan();
    expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { failed: 1 } });
    expect(await scene.entry(key)).toMatchObject({ outcome: named });
    expect(scene.time.monotonic()).toBeLessThan(4 * hour);
  });

  it('is named with another that is refused as well', async () => {
    const scene = new PairScene({ wrapTarget: busyFor(isPoison, () => 90_000) });
    fill(scene, 5);
    scene.add(poison);
    scene.add(poison);
    fill(scene, 5);
    await scene.plan();
    expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { copied: 10, failed: 2 } });
  });

  it.each([
    [2, 1, 300_000],
    [3, 2, 300_000],
    [10, 2, 300_000],
    [9, 2, 20_000],
  ])(
    'is named as one of %i, where %i of them have their turn before a wait of %i ms',
    async (count, width, waitMs) => {
      const scene = new PairScene({
        width: () => fixedWidth(width),
        wrapTarget: busyFor(isPoison, () => waitMs),
      });
      for (let at = 0; at < count; at += 1) {
        scene.add(poison);
        fill(scene, 2);
      }
      await scene.plan();
      expect(await copied(scene, {}, 100 * hour)).toMatchObject({
        kind: 'done',
        counters: { copied: 2 * count, failed: count },
      });
    },
  );

  it('holds up none that was refused but once, where one of them has its turn before a wait', async () => {
    let refusals = 0;
    const scene = new PairScene({
      width: () => fixedWidth(1),
      wrapTarget: busyFor(
        ({ sizeBytes }) => sizeBytes > 500 && (sizeBytes > 590 || (refusals += 1) === 1),
        () => 300_000,
      ),
    });
    fill(scene, 5);
    const key = scene.add(poison);
    const good = scene.add(poison.slice(0, 550));
    fill(scene, 5);
    await scene.plan();
    expect(await copied(scene, {}, hour)).toBe('never');
    expect(await scene.entry(good)).toMatchObject({ outcome: { kind: 'copied' } });
    expect(await scene.entry(key)).toBeUndefined();
  });

  it.each([
    ['a wait is waited in place', 30_000, 16_000_000],
    ['each wait closes the mailbox', 300_000, 16_000_000],
    ['each item is piped', 60_000, 16_000],
  ])('is named where it is the source that is busy for it, and %s', async (_how, waitMs, bytesInFlight) => {
    const scene = new PairScene({ bytesInFlight });
    const key = fill(scene, 30)[12] ?? '';
    Object.assign(scene.source.item(scene.inbox, key) ?? {}, { busy: () => busy(waitMs) });
    await scene.plan();
    expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { copied: 29, failed: 1 } });
    expect(await scene.entry(key)).toMatchObject({ outcome: named });
    expect(scene.time.monotonic()).toBeGreaterThan(2 * hour);
  });

  it('is named where each item is piped', async () => {
    const scene = new PairScene({ bytesInFlight: 16_000, wrapTarget: busyWhole(60_000) });
    const key = scene.add(poison);
    fill(scene, 9);
    await scene.plan();
    expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { copied: 9, failed: 1 } });
    expect(await scene.entry(key)).toMatchObject({ outcome: named });
  });
});

describe('a server that is busy for long', () => {
  it.each([1, 2, 45])('has no item named where it leaves %i untaken for most of a day', async (left) => {
    let taken = 0;
    const scene: PairScene = new PairScene({
      wrapTarget: busyFor(
        () => scene.time.monotonic() < 20 * hour && (taken += 1) > 50 - left,
        () => 600_000,
      ),
    });
    for (let at = 0; at < 50; at += 1) scene.add(`item ${at}`);
    await scene.plan();
    expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { copied: 50, failed: 0 } });
  });

  it.each([3_000, 60_000, 180_000])(
    'has no item named where it takes one and refuses another for hours, for %i ms each time',
    async (waitMs) => {
      const chance = new Chance(7);
      const scene: PairScene = new PairScene({
        wrapTarget: busyFor(
          () => chance.is(60),
          () => waitMs,
        ),
      });
      for (let at = 0; at < 600; at += 1) scene.add(`item ${at}`);
      await scene.plan();
      expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { copied: 600, failed: 0 } });
    },
  );

  it('is asked for no fewer at once where it takes the next time what it refused', async () => {
    const sizes: number[] = [];
    let [left, refusesUntil] = [3, 0];
    const scene: PairScene = new PairScene({
      width: () => fixedWidth(4),
      wrapTarget: (target) => {
        const putItems = target.putItems.bind(target);
        return Object.assign(target, {
          putItems: async (...given: Parameters<typeof putItems>) => {
            const now = scene.time.monotonic();
            if (left === 0 && now >= refusesUntil) left = 3;
            if (now < refusesUntil || left === 0) throw busy(300_000);
            left -= 1;
            if (left === 0) refusesUntil = now + 299_000;
            sizes.push(given[1].length);
            await scene.time.sleep(500);
            return putItems(...given);
          },
        });
      },
    });
    for (let at = 0; at < 600; at += 1) scene.add(`item ${at}`);
    await scene.plan();
    expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { copied: 600, failed: 0 } });
    expect(600 / sizes.length).toBeGreaterThan(8);
  });

  it('has no item named where it answers nothing at all for a week', async () => {
    let isAway = false;
    const scene: PairScene = new PairScene({
      wrapTarget: (target) => {
        const { putItems, listAdded } = {
          putItems: target.putItems.bind(target),
          listAdded: target.listAdded.bind(target),
        };
        const answered = () => {
          if (isAway) throw busy(hour);
        };
        return Object.assign(target, {
          putItems: async (...given: Parameters<typeof putItems>) => {
            answered();
            return putItems(...given);
          },
          listAdded: async (...given: Parameters<typeof listAdded>) => {
            answered();
            return listAdded(...given);
          },
        });
      },
    });
    scene.add('item');
    await scene.planAndCopy();
    for (let at = 0; at < 3; at += 1) scene.add(`item ${at}`);
    isAway = true;
    expect(await copied(scene, {}, 7 * 24 * hour)).toBe('never');
    isAway = false;
    expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { copied: 4, failed: 0 } });
  });

  it('has no item named where it refuses requests as a whole', async () => {
    const scene: PairScene = new PairScene({
      wrapTarget: (target) => {
        const putItems = target.putItems.bind(target);
        return Object.assign(target, {
          putItems: async (...given: Parameters<typeof putItems>) => {
            if (scene.time.monotonic() < 20 * hour) throw busy(600_000);
            return putItems(...given);
          },
        });
      },
    });
    for (let at = 0; at < 3; at += 1) scene.add(`item ${at}`);
    await scene.plan();
    expect(await copied(scene)).toMatchObject({ kind: 'done', counters: { copied: 3, failed: 0 } });
  });
});
