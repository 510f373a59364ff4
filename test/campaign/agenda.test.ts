import { Agenda } from './agenda';

const flags = { seed: 7, runs: 3, atOnce: 1, isReplay: false, only: [], results: 'none' };
const seedsOf = (agenda: Agenda) => {
  const seeds: number[] = [];
  for (let plan = agenda.next(); plan; plan = agenda.next()) seeds.push(plan.seed);
  return seeds;
};

describe('the agenda of a campaign', () => {
  it('has as many runs as asked for, each with a seed of its own', () => {
    expect(seedsOf(new Agenda(flags))).toEqual([7, 8, 9]);
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
  });
});
