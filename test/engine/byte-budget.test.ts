import { ByteBudget } from '../../src/engine/byte-budget';
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

  it('has small shares at once, though others hold all of it or wait before them', async () => {
    const budget = new ByteBudget(100, { atOnce: 10 });
    await budget.take(100, never);
    const large = budget.take(50, never);
    await budget.take(10, never);
    expect(budget.inFlight).toBe(110);
    budget.give(100);
    await large;
    expect(budget.inFlight).toBe(60);
    await expect(budget.take(10, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });

  it('refuses what it could never give', async () => {
    await expect(new ByteBudget(100).take(101, never)).rejects.toThrow(RangeError);
  });
});

describe('ByteBudget of a mailbox in a process with others', () => {
  it('holds no more together than the process has, and gives back what it could not take', async () => {
    const whole = new ByteBudget(100);
    const [one, other] = [new ByteBudget(80, { whole }), new ByteBudget(80, { whole })];
    await one.take(70, never);
    const abort = new AbortController();
    const waiting = other.take(40, abort.signal);
    abort.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    expect([one.inFlight, other.inFlight, whole.inFlight]).toEqual([70, 0, 70]);
    const later = other.take(80, never);
    one.give(70);
    await later;
    expect([one.inFlight, other.inFlight, whole.inFlight]).toEqual([0, 80, 80]);
  });
});
