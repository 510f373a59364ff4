import { faultSchema } from '../../sandbox/exchange/server/faults';
import { faultKinds } from './catalogue';
import { planOf } from './plan';

const seeds = Array.from({ length: 400 }, (_, seed) => seed);

describe('the plan of a run', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(planOf(7)).toEqual(planOf(7));
    expect(planOf(7)).not.toEqual(planOf(8));
  });

  it('has one to six faults in the order of their moments, and in many runs every kind of them', () => {
    const plans = seeds.map((seed) => planOf(seed));
    for (const { faults } of plans) {
      expect(faults.length).toBeGreaterThanOrEqual(1);
      expect(faults.length).toBeLessThanOrEqual(6);
      expect(faults).toEqual([...faults].sort((a, b) => a.at - b.at));
    }
    const drawn = new Set(plans.flatMap(({ faults }) => faults.map(({ kind }) => kind)));
    expect([...drawn].sort()).toEqual([...faultKinds].sort());
  });

  it('asks the simulator for faults that it knows', () => {
    const armed = seeds
      .flatMap((seed) => planOf(seed).faults)
      .flatMap(({ deed }) => (deed.do === 'arm' ? deed.faults : []));
    expect(armed.length).toBeGreaterThan(100);
    for (const fault of armed) expect(() => faultSchema.parse(fault)).not.toThrow();
  });

  it('draws from the kinds that were asked for', () => {
    const kinds = seeds.flatMap((seed) => planOf(seed, ['answerLost']).faults.map(({ kind }) => kind));
    expect(new Set(kinds)).toEqual(new Set(['answerLost']));
    expect(() => planOf(1, ['earthquake'])).toThrow(/There are these faults: killWorker/);
  });
});
