import { faultSchema } from '../../sandbox/exchange/server/faults';
import { faultKinds } from './catalogue';
import { planFrom, planOf, sizeOf } from './plan';
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

  it('has one mailbox in most runs, and in a third of them two to four smaller ones in two batches', () => {
    const plans = seeds.map((seed) => planOf(seed));
    const several = plans.filter((plan) => sizeOf(plan).mailboxes > 1);
    expect(several.length / plans.length).toBeGreaterThan(0.28);
    expect(several.length / plans.length).toBeLessThan(0.39);
    expect(new Set(plans.map((plan) => sizeOf(plan).mailboxes))).toEqual(new Set([1, 2, 3, 4]));
    for (const plan of plans) expect(plan.batches).toHaveLength(several.includes(plan) ? 2 : 1);
    const meanItems = (of: typeof plans) =>
      of.reduce((sum, plan) => sum + sizeOf(plan).items, 0) / Math.max(1, of.length);
    expect(meanItems(several)).toBeLessThan(meanItems(plans));
    expect(new Set(several.map(({ mailboxesAtOnce }) => mailboxesAtOnce))).toEqual(new Set([1, 2]));
  });

  it('has faults of each of its mailboxes, and of no other', () => {
    const drawn = new Set<string>();
    for (const plan of seeds.map((seed) => planOf(seed))) {
      const { mailboxes } = sizeOf(plan);
      for (const { of } of plan.faults) {
        expect(of).toBeLessThan(mailboxes);
        drawn.add(`${of} of ${mailboxes}`);
      }
    }
    expect(drawn.size).toBe(1 + 2 + 3 + 4);
  });

  it('is read as it was kept, also from before a run could have several mailboxes', () => {
    const plan = planOf(7);
    expect(planFrom(JSON.stringify(plan))).toEqual(plan);
    const mailbox = { items: 68, folders: 18, seed: 9 };
    const journey = plan.batches[0].journey;
    const faults = [{ kind: 'killWorker', at: 0.3, plusMs: 9, deed: { do: 'kill', part: 'worker' } }];
    const earlier = { seed: 7, mailbox, journey, slowedByMs: 21, faults };
    expect(planFrom(JSON.stringify(earlier))).toEqual({
      seed: 7,
      batches: [{ journey, mailboxes: [mailbox] }],
      mailboxesAtOnce: 1,
      slowedByMs: 21,
      faults: [{ ...faults[0], of: 0 }],
    });
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
