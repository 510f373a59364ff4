import { Agenda } from './agenda';
import { planOf } from './plan';

const flags = { seed: 7, runs: 3, atOnce: 1, isReplay: false, only: [], having: [], results: 'none' };
const seedsOf = (agenda: Agenda) => {
  const seeds: number[] = [];
  for (let plan = agenda.next(); plan; plan = agenda.next()) seeds.push(plan.seed);
  return seeds;
};

describe('the agenda of a campaign', () => {
  it('has as many runs as asked for, each with a seed of its own', () => {
    expect(seedsOf(new Agenda(flags))).toEqual([7, 8, 9]);
  });

  it('passes over the seeds that draw none of the faults asked for', () => {
    const having = ['keyRotated', 'reset'];
    const seeds = seedsOf(new Agenda({ ...flags, having }));
    expect(seeds).toHaveLength(3);
    const last = seeds.at(-1) ?? 0;
    const drawn = Array.from({ length: last - 6 }, (_, number) => planOf(7 + number));
    const wanted = drawn.filter(({ faults }) => faults.some(({ kind }) => having.includes(kind)));
    expect(seeds).toEqual(wanted.map(({ seed }) => seed));
  });

  it('has none more for which the time that the longest took is not left', () => {
    const agenda = new Agenda({ ...flags, forMs: 60_000 });
    expect(agenda.next()).toBeDefined();
    agenda.ended('kept', 61_000);
    expect(agenda.next()).toBeUndefined();
  });

  it('has none more once it is closed', () => {
    const agenda = new Agenda(flags);
    agenda.next();
    agenda.close();
    expect(agenda.next()).toBeUndefined();
  });

  it('refuses kinds that there are not before anything is started', () => {
    expect(() => new Agenda({ ...flags, only: ['earthquake'] })).toThrow(/There are these faults/);
    expect(() => new Agenda({ ...flags, having: ['earthquake'] })).toThrow(/There are these faults/);
    expect(() => new Agenda({ ...flags, only: ['killWeb'], having: ['reset'] })).toThrow(/No fault/);
  });
});
