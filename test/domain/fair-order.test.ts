import fc from 'fast-check';
import {
  chooseFairly,
  fairPlaces,
  lastPlaceTold,
  queuesOf,
  turnsAfter,
  type Waiting,
} from '../../src/domain/fair-order';

const waiting = (id: string, batch: string, since: number, source = 's', target = 't'): Waiting => ({
  id,
  batch,
  since,
  sourceConnectorId: source,
  targetConnectorId: target,
});
const choose = (
  all: Waiting[],
  free: Record<string, number>,
  held: Record<string, number> = {},
  turns: string[] = [],
  most = Infinity,
) =>
  chooseFairly(all, {
    free: new Map(Object.entries(free)),
    heldByBatch: new Map(Object.entries(held)),
    most,
    turns,
  }).map(({ id }) => id);

describe('chooseFairly', () => {
  it('takes batches in turn, oldest first in each', () => {
    const all = [waiting('a2', 'a', 2), waiting('a1', 'a', 1), waiting('a3', 'a', 3), waiting('b1', 'b', 9)];
    expect(choose(all, { s: 9, t: 9 })).toEqual(['a1', 'b1', 'a2', 'a3']);
  });

  it('lets the batch that holds least go first', () => {
    const all = [waiting('a1', 'a', 1), waiting('b1', 'b', 2)];
    expect(choose(all, { s: 1, t: 1 }, { a: 3 })).toEqual(['b1']);
  });

  it('lets the batch that was given a slot longest ago go first where all hold as many', () => {
    const all = [waiting('a1', 'a', 1), waiting('b1', 'b', 2), waiting('c1', 'c', 3)];
    expect(choose(all, { s: 1, t: 1 }, {}, ['a', 'c'])).toEqual(['b1']);
    expect(choose(all, { s: 1, t: 1 }, {}, ['b', 'c', 'a'])).toEqual(['b1']);
    expect(choose(all, { s: 3, t: 3 }, {}, ['a', 'c', 'b'])).toEqual(['a1', 'c1', 'b1']);
  });

  it('takes a slot of both connectors or none, and passes over whoever finds one full', () => {
    const all = [waiting('full', 'a', 1, 's', 'full'), waiting('next', 'a', 2)];
    expect(choose(all, { s: 1, t: 1, full: 0 })).toEqual(['next']);
    expect(choose(all, { s: 1, t: 1 })).toEqual(['next']);
  });

  it('takes no more than may stand in line, whatever is free', () => {
    const all = [waiting('a1', 'a', 1), waiting('a2', 'a', 2), waiting('b1', 'b', 3)];
    expect(choose(all, { s: 9, t: 9 }, {}, [], 2)).toEqual(['a1', 'b1']);
    expect(choose(all, { s: 9, t: 9 }, {}, [], 0)).toEqual([]);
    expect(choose(all, { s: 9, t: 9 }, {}, [], -3)).toEqual([]);
  });

  it('is quick with ten thousand that wait in vain', () => {
    const all = Array.from({ length: 10_000 }, (_, n) => waiting(`${n}`, `b${n % 50}`, n));
    expect(choose(all, { s: 0, t: 5 })).toEqual([]);
  });
});

describe('turnsAfter', () => {
  it('has each batch once, by when it was given a slot last', () => {
    expect(turnsAfter(['a', 'b', 'c'], ['b', 'd', 'a', 'b'])).toEqual(['c', 'd', 'a', 'b']);
  });

  it('forgets those whose turn was longest ago', () => {
    const many = Array.from({ length: 150 }, (_, n) => `b${n}`);
    expect(turnsAfter(many, ['b0'])).toEqual([...many.slice(51), 'b0']);
  });
});

describe('slots handed out over time', () => {
  /** Hands out slots as the gate does, each held for a while, until everybody has had one. @returns the batch of each, in order */
  function handOut(
    batches: Record<string, number>,
    slots: number,
    holdFor: (n: number) => number,
    watch: (held: Map<string, number>, given: Set<string>, left: Set<string>) => void = () => undefined,
  ): string[] {
    const queue = Object.entries(batches).flatMap(([batch, rows]) =>
      Array.from({ length: rows }, (_, n) => waiting(`${batch}${n}`, batch, n)),
    );
    const order: string[] = [];
    let turns: string[] = [];
    let held: { batch: string; until: number }[] = [];
    for (let now = 0; queue.length > 0; now += 1) {
      held = held.filter(({ until }) => until > now);
      const free = slots - held.length;
      if (free === 0) continue;
      const heldByBatch = new Map<string, number>();
      for (const { batch } of held) heldByBatch.set(batch, (heldByBatch.get(batch) ?? 0) + 1);
      // The gate sees everybody; only the oldest of each batch can be chosen.
      const seen = Object.keys(batches).flatMap((batch) =>
        queue.filter((one) => one.batch === batch).slice(0, slots),
      );
      const given = new Set<string>();
      const before = order.length;
      for (const one of chooseFairly(seen, {
        heldByBatch,
        most: Infinity,
        free: new Map([
          ['s', free],
          ['t', slots],
        ]),
        turns,
      })) {
        queue.splice(queue.indexOf(one), 1);
        held.push({ batch: one.batch, until: now + holdFor(order.length) });
        order.push(one.batch);
        given.add(one.batch);
        heldByBatch.set(one.batch, (heldByBatch.get(one.batch) ?? 0) + 1);
      }
      turns = turnsAfter(turns, order.slice(before));
      watch(heldByBatch, given, new Set(queue.map(({ batch }) => batch)));
    }
    return order;
  }

  it('give a batch of 10 half of 20 slots beside a batch of 5,000', () => {
    const order = handOut({ big: 5_000, small: 10 }, 20, (n) => 1 + (n % 7));
    expect(order).toHaveLength(5_010);
    expect(order.slice(0, 20).filter((batch) => batch === 'small')).toHaveLength(10);
  });

  it('go from batch to batch where there is only one', () => {
    const property = fc.property(
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
      (rows, holds) => {
        const batches = Object.fromEntries(rows.map((count, at) => [`b${at}`, count]));
        const order = handOut(batches, 1, (n) => holds[n % holds.length] ?? 1);
        // In each round all batches that still have somebody get one.
        const expected = Array.from(
          { length: Math.max(...rows) },
          (_, round) => rows.filter((count) => count > round).length,
        );
        const rounds = expected.map((size, round) => {
          const from = expected.slice(0, round).reduce((sum, each) => sum + each, 0);
          return new Set(order.slice(from, from + size)).size;
        });
        expect(rounds).toEqual(expected);
      },
    );
    fc.assert(property, { numRuns: 60 });
  });

  it('never put a batch that waits behind one that holds more', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
      (slots, rows, holds) => {
        const batches = Object.fromEntries(rows.map((count, at) => [`b${at}`, count]));
        const unfair: string[] = [];
        const order = handOut(
          batches,
          slots,
          (n) => holds[n % holds.length] ?? 1,
          (held, given, left) => {
            for (const one of given)
              for (const other of left)
                if ((held.get(one) ?? 0) > (held.get(other) ?? 0) + 1) unfair.push(`${one} before ${other}`);
          },
        );
        expect(order).toHaveLength(rows.reduce((sum, count) => sum + count, 0));
        expect(unfair).toEqual([]);
      },
    );
    fc.assert(property, { numRuns: 60 });
  });
});

describe('the places of those who wait', () => {
  const places = (all: Waiting[], held: Record<string, number> = {}, turns: string[] = []) =>
    Object.fromEntries(fairPlaces(all, { heldByBatch: new Map(Object.entries(held)), turns }));

  it('go by whose batch is next, and not by who asked first', () => {
    const all = [waiting('a1', 'a', 1), waiting('a2', 'a', 2), waiting('b1', 'b', 3)];
    expect(places(all, { a: 1 })).toEqual({ b1: 1, a1: 2, a2: 3 });
    expect(places(all, { a: 1, b: 1 }, ['b', 'a'])).toEqual({ b1: 1, a1: 2, a2: 3 });
    expect(places(all, { a: 1, b: 1 }, ['a', 'b'])).toEqual({ a1: 1, b1: 2, a2: 3 });
  });

  it('are told up to the last that is told', () => {
    const all = Array.from({ length: 20_000 }, (_, n) => waiting(`${n}`, `b${n % 50}`, n));
    const told = fairPlaces(all, { heldByBatch: new Map(), turns: [] });
    expect([told.get('0'), told.get('999'), told.get('1000'), told.get('19999')]).toEqual([
      1,
      1000,
      lastPlaceTold + 1,
      lastPlaceTold + 1,
    ]);
  });
});

describe('the queues of those who wait', () => {
  const through = (id: string, sourceConnectorId: string, targetConnectorId: string): Waiting => ({
    ...waiting(id, 'a', 1),
    sourceConnectorId,
    targetConnectorId,
  });
  const queues = (all: Waiting[], ...full: string[]) =>
    queuesOf(all, (id) => full.includes(id), false).map((queue) => queue.map(({ id }) => id));

  it('join all whom no connector hinders where workers are full, and nobody else', () => {
    const all = [through('1', 'A', 'T'), through('2', 'B', 'U'), through('3', 'C', 'U')];
    const apart = queuesOf(all, (id) => id === 'A', true).map((queue) => queue.map(({ id }) => id));
    expect(apart).toEqual([['1'], ['2', '3']]);
  });

  it('join all who come through a full connector, and leave apart those of whom none waits for another', () => {
    const all = [
      through('1', 'A', 'T'),
      through('2', 'B', 'T'),
      through('3', 'A', 'U'),
      through('4', 'B', 'T'),
    ];
    expect(queues(all)).toEqual([['1'], ['2', '4'], ['3']]);
    expect(queues(all, 'T')).toEqual([['1', '2', '4'], ['3']]);
    expect(queues(all, 'A')).toEqual([
      ['1', '3'],
      ['2', '4'],
    ]);
  });

  it('join full connectors over those who need several of them, in whatever order they come', () => {
    const all = [
      through('1', 'C', 'U'),
      through('2', 'A', 'T'),
      through('3', 'C', 'T'),
      through('4', 'A', 'U'),
    ];
    expect(queues(all.slice(0, 3), 'C', 'T', 'U')).toEqual([['1', '2', '3']]);
    expect(queues(all, 'A', 'T', 'U')).toEqual([['1', '2', '3', '4']]);
  });
});
