import { BloomFilter } from '../../src/engine/bloom';

describe('BloomFilter', () => {
  it('never forgets a key', () => {
    const filter = new BloomFilter(1000);
    for (let at = 0; at < 5000; at += 1) filter.add(`item-${at}`);
    for (let at = 0; at < 5000; at += 1) expect(filter.mayHave(`item-${at}`)).toBe(true);
  });

  it('seldom believes to know a key it was not given', () => {
    const filter = new BloomFilter(20_000);
    for (let at = 0; at < 20_000; at += 1) filter.add(`item-${at}`);
    let wrong = 0;
    for (let at = 0; at < 20_000; at += 1) wrong += filter.mayHave(`other-${at}`) ? 1 : 0;
    expect(wrong).toBeLessThan(20);
  });
});
