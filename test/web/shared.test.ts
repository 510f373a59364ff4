import { Shared } from '../../src/web/shared';

/** Work that ends when it is told to, and a clock that is set by hand. */
function scene() {
  const running: { resolve(result: number): void; reject(reason: Error): void }[] = [];
  const time = { ms: 0 };
  const work = () => new Promise<number>((resolve, reject) => running.push({ resolve, reject }));
  const shared = new Shared(work, 100, () => time.ms);
  return { shared, running, time };
}

describe('a shared result', () => {
  it('is worked out once for all who ask meanwhile, however long it takes, and for a while afterwards', async () => {
    const { shared, running, time } = scene();
    const first = shared.get();
    time.ms = 10_000;
    const second = shared.get();
    running[0]?.resolve(1);
    expect(await Promise.all([first, second])).toEqual([1, 1]);
    time.ms += 99;
    expect(await shared.get()).toBe(1);
    time.ms += 1;
    void shared.get();
    expect(running).toHaveLength(2);
  });

  it('is asked for anew after a failure, which only those are told who waited for it', async () => {
    const { shared, running } = scene();
    const first = shared.get();
    running[0]?.reject(new Error('the database is away'));
    await expect(first).rejects.toThrow('the database is away');
    const second = shared.get();
    running[1]?.resolve(2);
    expect(await second).toBe(2);
  });

  it('is not told any more once it is forgotten, also where it is still being worked out', async () => {
    const { shared, running } = scene();
    const before = shared.get();
    shared.forget();
    const after = shared.get();
    running[1]?.resolve(2);
    expect(await after).toBe(2);
    running[0]?.resolve(1);
    expect(await before).toBe(1);
    expect(await shared.get()).toBe(2);
  });
});
