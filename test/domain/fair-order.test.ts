import { chooseFairly, type Waiting } from '../../src/domain/fair-order';

const waiting = (id: string, batch: string, since: number, source = 's', target = 't'): Waiting => ({
  id,
  batch,
  since,
  sourceConnectorId: source,
  targetConnectorId: target,
});
const choose = (all: Waiting[], free: Record<string, number>, held: Record<string, number> = {}) =>
  chooseFairly(all, {
    free: new Map(Object.entries(free)),
    heldByBatch: new Map(Object.entries(held)),
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

  it('takes a slot of both connectors or none, and passes over whoever finds one full', () => {
    const all = [waiting('full', 'a', 1, 's', 'full'), waiting('next', 'a', 2)];
    expect(choose(all, { s: 1, t: 1, full: 0 })).toEqual(['next']);
    expect(choose(all, { s: 1, t: 1 })).toEqual(['next']);
  });

  it('is quick with ten thousand that wait in vain', () => {
    const all = Array.from({ length: 10_000 }, (_, n) => waiting(`${n}`, `b${n % 50}`, n));
    expect(choose(all, { s: 0, t: 5 })).toEqual([]);
  });
});
