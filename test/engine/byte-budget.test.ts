import { ByteBudget } from '../../src/engine/byte-budget';
import { Turns } from '../../src/engine/turns';
import { never } from './pair-builder';

const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('ByteBudget', () => {
  it('lets in no more than its total, first come first served', async () => {
    const budget = new ByteBudget(100);
    const order: string[] = [];
    await budget.take(60, never);
    const large = budget.take(80, never).then(() => order.push('large'));
    const small = budget.take(10, never).then(() => order.push('small'));
    await soon();
    expect(order).toEqual([]);
    budget.give(60);
    await Promise.all([large, small]);
    expect(order).toEqual(['large', 'small']);
    expect(budget.inFlight).toBe(90);
  });

  it('lets those behind pass when one that waits is aborted', async () => {
    const budget = new ByteBudget(100);
    const abort = new AbortController();
    await budget.take(60, never);
    const large = budget.take(80, abort.signal);
    const small = budget.take(40, never);
    abort.abort(new Error('stopped'));
    await expect(large).rejects.toThrow('stopped');
    await small;
    expect(budget.inFlight).toBe(100);
  });

  it('refuses what it could never give', async () => {
    await expect(new ByteBudget(100).take(101, never)).rejects.toThrow(RangeError);
  });
});

describe('Turns', () => {
  it('runs at most so many at once, in order, and goes on after a failure', async () => {
    const turns = new Turns(() => 2);
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const work = (at: number) => async () => {
      running += 1;
      most = Math.max(most, running);
      await soon();
      running -= 1;
      order.push(at);
      if (at === 1) throw new Error('fails');
    };
    const all = Array.from({ length: 6 }, (_, at) => turns.run(never, work(at)).catch(() => {}));
    await Promise.all(all);
    expect([most, order]).toEqual([2, [0, 1, 2, 3, 4, 5]]);
  });

  it('frees the place of one that is aborted while it waits', async () => {
    const turns = new Turns(() => 1);
    const abort = new AbortController();
    const first = turns.run(never, soon);
    const second = turns.run(abort.signal, soon);
    abort.abort(new Error('stopped'));
    await expect(second).rejects.toThrow('stopped');
    await first;
    await turns.run(never, soon);
  });
});
