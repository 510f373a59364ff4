import { Fault } from '../../src/domain/faults';
import { BackOff, type ConnectorWait } from '../../src/engine/back-off';
import { SharedTurns } from '../../src/engine/shared-turns';
import { Turns } from '../../src/engine/turns';
import { AdaptiveWidth, fixedWidth, type Width } from '../../src/engine/width';
import { busy, lostAnswer } from './model/faults';
import { VirtualTime } from './model/virtual-time';

const never = new AbortController().signal;

/** A server's door with its own time. */
function door(width: Width, connectorWait?: ConnectorWait) {
  const clock = new VirtualTime();
  const onHeldUp = () => width.refused(clock.monotonic(), clock.monotonic());
  const backOff = new BackOff({ clock, onHeldUp, ...(connectorWait && { connectorWait }) });
  const turns = new Turns({ clock, width, backOff, place: new SharedTurns(clock).join('ada') });
  const after = async (ms: number, fault?: Fault) => {
    await clock.sleep(ms);
    if (fault) throw fault;
  };
  return { clock, backOff, turns, after };
}

describe('Turns', () => {
  it('runs at most so many at once, in order, and goes on after a failure', async () => {
    const { clock, turns } = door(fixedWidth(2));
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const work = (at: number) => async () => {
      running += 1;
      most = Math.max(most, running);
      await clock.sleep(10);
      running -= 1;
      order.push(at);
      if (at === 1) throw new Error('fails');
    };
    const all = Array.from({ length: 6 }, (_, at) => turns.run(never, work(at)).catch(() => {}));
    await clock.until(Promise.all(all));
    expect([most, order]).toEqual([2, [0, 1, 2, 3, 4, 5]]);
  });

  it('frees the place of one that is aborted while it waits', async () => {
    const { clock, turns, after } = door(fixedWidth(1));
    const abort = new AbortController();
    const first = turns.run(never, () => after(10));
    const second = turns.run(abort.signal, () => after(10));
    abort.abort(new Error('stopped'));
    await expect(second).rejects.toThrow('stopped');
    await clock.until(first);
    await clock.until(turns.run(never, () => after(10)));
  });

  it('lets nobody ask before the wait is over that any request was told of', async () => {
    const { clock, turns, after } = door(fixedWidth(2));
    const asked: number[] = [];
    const refused = turns.run(never, () => after(10, busy(30_000))).catch(() => undefined);
    const others = Array.from({ length: 4 }, () =>
      turns.run(never, async () => {
        asked.push(clock.monotonic());
        await after(20);
      }),
    );
    await clock.until(Promise.all([refused, ...others]));
    // One was on its way already.
    expect(asked.filter((at) => at < 30_010)).toEqual([0]);
  });

  it('ends with the wait that is left where that is longer than a minute', async () => {
    const { clock, turns, after } = door(fixedWidth(2));
    await clock.until(turns.run(never, () => after(0, busy(90_000))).catch(() => undefined));
    await clock.until(clock.sleep(10_000));
    await expect(clock.until(turns.run(never, () => after(0)))).rejects.toMatchObject({
      details: { kind: 'throttled', retryAfterMs: 80_000 },
      notDone: true,
    });
  });

  it('takes an answer that refuses a part of what was asked for one refusal, and waits as long as it names', async () => {
    const width = new AdaptiveWidth(8, 4);
    const { clock, turns, after } = door(width);
    const answer = () => after(5).then(() => busy(30_000));
    const ask = (isPart: boolean) => clock.until(turns.run(never, answer, (fault) => ({ fault, isPart })));
    await ask(true);
    expect(width.requests).toBe(2);
    await ask(true);
    await clock.until(turns.run(never, () => after(0)));
    expect(clock.monotonic()).toBe(60_010);
    // Refused in whole, again and again, it waits longer than it was asked to.
    for (let times = 0; times < 6; times += 1) await ask(false);
    await clock.until(turns.run(never, () => after(0)));
    expect(clock.monotonic()).toBe(60_010 + 6 * 5 + 5 * 30_000 + 32_000);
  });

  it('never waits longer than ten minutes of its own accord', async () => {
    const { clock, backOff } = door(fixedWidth(1));
    for (let refusals = 0; refusals < 60; refusals += 1) {
      backOff.note(busy(1));
      await clock.until(clock.sleep(1));
    }
    await expect(backOff.ready(never)).rejects.toMatchObject({ details: { retryAfterMs: 599_999 } });
  });

  it('waits twice as long each time it is refused in a row, once for all that had left before', async () => {
    const { clock, turns, after } = door(fixedWidth(3));
    const waits: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const refused = [1, 2, 3].map(() => turns.run(never, () => after(5, busy(1))).catch(() => undefined));
      await clock.until(Promise.all(refused));
      const from = clock.monotonic();
      await clock.until(
        turns
          .run(never, async () => {
            waits.push(clock.monotonic() - from);
            return after(5, busy(1));
          })
          .catch(() => undefined),
      );
    }
    expect(waits.map((ms) => Math.round(ms / 1000))).toEqual([0, 4, 16]);
  });
});

/** Rounds of answers, one a second. @returns when the last one came */
const rounds = (width: AdaptiveWidth, count: number, from = 0) => {
  let now = from;
  for (let round = 0; round < count; round += 1) {
    now += 1_000;
    for (let left = width.requests; left > 0; left -= 1) width.answered(true, now);
  }
  return now;
};

describe('AdaptiveWidth', () => {
  it('grows by one a round up to its connections, and only while it is made use of', () => {
    const width = new AdaptiveWidth(5);
    expect(width.requests).toBe(2);
    rounds(width, 1);
    expect(width.requests).toBe(3);
    for (let answers = 0; answers < 100; answers += 1) width.answered(false, 5_000);
    expect(width.requests).toBe(3);
    rounds(width, 20);
    expect(width.requests).toBe(5);
  });

  it('halves at once, once for all requests that had left before, and never below one', () => {
    const width = new AdaptiveWidth(27, 16);
    width.refused(90, 100);
    width.refused(95, 110);
    expect(width.requests).toBe(8);
    for (let at = 200; at < 2_000; at += 100) width.refused(at, at + 1);
    expect(width.requests).toBe(1);
  });

  it('is soon what it was after a server was away for a moment', () => {
    const width = new AdaptiveWidth(3, 3);
    for (let at = 0; at < 30_000; at += 1_000) width.refused(at, at + 1);
    expect(width.requests).toBe(1);
    rounds(width, 10, 30_000);
    expect(width.requests).toBe(2);
    rounds(width, 10, 61_000);
    expect(width.requests).toBe(3);
  });

  it.each([3, 10, 26])(
    'stays close below the %i that a server takes, and seldom tries to pass it',
    (limit) => {
      const width = new AdaptiveWidth(27);
      const [hour, warmUp] = [3600, 60];
      let [refusals, sum] = [0, 0];
      for (let second = 0; second < hour; second += 1) {
        if (second > warmUp) sum += Math.min(width.requests, limit);
        if (width.requests > limit) refusals += 1;
        if (width.requests > limit) width.refused(second * 1000, second * 1000 + 1);
        else rounds(width, 1, second * 1000);
      }
      expect(sum / (hour - warmUp)).toBeGreaterThan(0.9 * limit);
      expect(refusals).toBeLessThan(12);
    },
  );

  it('goes on growing once what was refused goes well', () => {
    const width = new AdaptiveWidth(27, 10);
    width.refused(0, 1);
    rounds(width, 200);
    expect(width.requests).toBe(27);
  });
});

describe('a limit that several mailboxes share', () => {
  const refusedAt = (width: AdaptiveWidth, now: number) => width.refused(now, now + 1);

  it('leaves the server in peace for as long as a request took, while it may not have one all of the time', async () => {
    const width = new AdaptiveWidth(3);
    const { clock, turns, after } = door(width);
    await clock.until(clock.sleep(10));
    refusedAt(width, 10);
    expect([width.requests, width.share]).toEqual([1, 1 / 2]);
    const began: number[] = [];
    const ask = () =>
      turns.run(never, () => {
        began.push(clock.monotonic());
        return after(4_000);
      });
    await clock.until(Promise.all([ask(), ask(), ask()]));
    // All went well, so that it goes on without a rest.
    expect(began).toEqual([10, 8_010, 12_010]);
  });

  it('has whoever is refused below what he kept to keep to less, and soon try again', () => {
    const width = new AdaptiveWidth(27, 12);
    refusedAt(width, 0);
    rounds(width, 20, 1);
    expect(width.requests).toBe(11);
    refusedAt(width, 30_000);
    rounds(width, 20, 30_001);
    expect(width.requests).toBe(8);
  });

  it('is tried again sooner by the narrow than by the wide', () => {
    const [narrow, wide] = [new AdaptiveWidth(27, 3), new AdaptiveWidth(27, 12)];
    for (const width of [narrow, wide]) {
      refusedAt(width, 0);
      rounds(width, 30, 60_000);
    }
    expect(narrow.requests).toBeGreaterThan(3);
    expect(wide.requests).toBe(11);
  });
});

describe('a wait that a server asked of a whole connector', () => {
  const waitUntil = (clock: VirtualTime, until: number): ConnectorWait => ({
    leftMs: async () => Math.max(0, until - clock.monotonic()),
    get knownLeftMs() {
      return Math.max(0, until - clock.monotonic());
    },
    note: () => undefined,
  });

  it('holds mailboxes that were not refused themselves, and has them go on at half their width', async () => {
    const clock = new VirtualTime();
    const width = new AdaptiveWidth(8, 8);
    const wait = waitUntil(clock, 20_000);
    const onHeldUp = () => width.refused(clock.monotonic(), clock.monotonic());
    const backOff = new BackOff({ clock, onHeldUp, connectorWait: wait });
    const turns = new Turns({ clock, width, backOff, place: new SharedTurns(clock).join('ada') });
    const asked: number[] = [];
    const all = [1, 2, 3].map(() => turns.run(never, async () => void asked.push(clock.monotonic())));
    await clock.until(Promise.all(all));
    expect(asked).toEqual([20_000, 20_000, 20_000]);
    expect(width.requests).toBe(4);
  });

  it('is told of when a server says that it is meant for all, and not otherwise', async () => {
    const told: Fault[] = [];
    const { clock, turns, after } = door(fixedWidth(1), {
      leftMs: async () => 0,
      knownLeftMs: 0,
      note: (fault) => void told.push(fault),
    });
    const forAll = new Fault({ kind: 'throttled', retryAfterMs: 5, scope: 'connector' }, busy(1).text, true);
    for (const fault of [busy(1), lostAnswer(), forAll])
      await clock.until(turns.run(never, () => after(1, fault)).catch(() => undefined));
    expect(told).toEqual([forAll]);
  });
});
