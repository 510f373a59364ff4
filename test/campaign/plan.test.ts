import { faultSchema } from '../../sandbox/exchange/server/faults';
import { faultKinds } from './catalogue';
import { planOf } from './plan';
import { moments } from './progress';

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

  it('has faults before the first sign-in, while all is compared and when it has ended, fewer than in its course', () => {
    const ats = seeds.flatMap((seed) => planOf(seed).faults.map(({ at }) => at));
    const share = (holds: (at: number) => boolean) => ats.filter(holds).length / ats.length;
    for (const holds of [
      (at: number) => at === moments.signIn,
      (at: number) => at > 0.92 && at < moments.end,
      (at: number) => at === moments.end,
    ]) {
      expect(share(holds)).toBeGreaterThan(0.02);
      expect(share(holds)).toBeLessThan(0.1);
    }
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
