import { KeyTable } from '../../src/engine/key-table';

const keys = Array.from({ length: 1_000 }, (_, at) => `key ${at}`);

describe('KeyTable', () => {
  it('keeps the numbers of each key, also with more keys than it was made for', () => {
    const table = new KeyTable(['number', 'other'], 10);
    for (const [at, key] of keys.entries()) table.set(table.add(key), 'number', at);
    for (const key of keys) table.set(table.add(key), 'other', 7);
    expect(table.size).toBe(keys.length);
    const numberOf = (key: string) => table.get(table.find(key) ?? -1, 'number');
    expect(keys.map(numberOf)).toEqual(keys.map((_, at) => at));
    expect(table.get(table.find('key 5') ?? -1, 'other')).toBe(7);
    expect(numberOf('another')).toBeUndefined();
  });

  it('takes no more than it says', () => {
    const table = new KeyTable(['number'], keys.length);
    for (const key of keys) table.add(key);
    expect(KeyTable.bytes(1, keys.length)).toBeLessThan(20_000);
  });

  it('has a part of its keys in a smaller one', () => {
    const table = new KeyTable(['number'], keys.length);
    for (const [at, key] of keys.entries()) table.set(table.add(key), 'number', at);
    const few = table.only([...table.rows()].filter((row) => table.get(row, 'number') < 3));
    expect(few.size).toBe(3);
    expect(keys.filter((key) => few.find(key) !== undefined)).toEqual(['key 0', 'key 1', 'key 2']);
  });
});
