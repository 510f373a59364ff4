import { setMaxListeners } from 'node:events';
import { Fault } from '../../src/domain/faults';
import { BackOff } from '../../src/engine/back-off';
import { SharedTurns } from '../../src/engine/shared-turns';
import { partsOf } from '../../src/domain/turn-parts';
import { Turns } from '../../src/engine/turns';
import { AdaptiveWidth, fixedWidth } from '../../src/engine/width';
import { Chance } from './model/chance';
import { busy, lostAnswer } from './model/faults';
import { VirtualTime } from './model/virtual-time';

const never = new AbortController().signal;
setMaxListeners(0, never);
const minute = 60_000;
const requestMs = 4_000;
/** To the server. */
const wayMs = 40;

const crowded = () =>
  new Fault(
    { kind: 'throttled', retryAfterMs: 1_000, scope: 'mailbox', crowded: true },
    busy(1_000).text,
    true,
  );

/** A server that takes so many requests at once, and how many it has refused. */
class Door {
  running = 0;
  refused = 0;
  private readonly chance = new Chance(1);

  constructor(
    private readonly clock: VirtualTime,
    private readonly connections: number,
    private readonly refusal: () => Fault = crowded,
  ) {}

  async ask(): Promise<void> {
    await this.clock.sleep(wayMs);
    if (this.running >= this.connections) {
      this.refused += 1;
      throw this.refusal();
    }
    this.running += 1;
    // Servers are never as quick as the time before.
    await this.clock.sleep(requestMs * (0.7 + this.chance.number(61) / 100));
    this.running -= 1;
  }
}

let mailboxes = 0;

/** A mailbox that always has more to ask for, and how often it was answered. */
class Mailbox {
  answers = 0;
  private readonly turns: Turns;

  constructor(
    private readonly clock: VirtualTime,
    shared: SharedTurns,
    private readonly door: Door,
  ) {
    const backOff = new BackOff({ clock });
    this.turns = new Turns({
      clock,
      width: new AdaptiveWidth(27),
      backOff,
      place: shared.join(`${(mailboxes += 1)}`),
    });
  }

  /** Asks for so long, with always enough that waits for a turn. */
  async ask(untilMs: number): Promise<void> {
    const line = async () => {
      while (this.clock.monotonic() < untilMs) await this.once().catch((fault) => this.waitOut(fault));
    };
    await Promise.all(Array.from({ length: 8 }, line));
  }

  private async once(): Promise<void> {
    await this.turns.run(never, () => this.door.ask());
    this.answers += 1;
  }

  /** As the workflow does it where a wait is too long to be waited in place. */
  private async waitOut(fault: unknown): Promise<void> {
    if (!(fault instanceof Fault)) throw fault;
    if (fault.details.kind === 'throttled') await this.clock.sleep(fault.details.retryAfterMs);
  }
}

describe('a limit for the requests of several mailboxes together', () => {
  it.each([
    ['one for four', 1, 4],
    ['two for three', 2, 3],
    ['two for six', 2, 6],
    ['three for six', 3, 6],
    ['five for twenty', 5, 20],
    ['ten for six', 10, 6],
  ])('is divided evenly and made full use of: %s', async (_name, connections, count) => {
    const clock = new VirtualTime();
    const [shared, door] = [new SharedTurns(clock), new Door(clock, connections)];
    const all = Array.from({ length: count }, () => new Mailbox(clock, shared, door));
    const hour = 60 * minute;
    await clock.until(Promise.all(all.map((mailbox) => mailbox.ask(hour))));
    const answers = all.map((mailbox) => mailbox.answers);
    expect(Math.min(...answers) / Math.max(...answers)).toBeGreaterThan(0.8);
    const most = (connections * hour) / requestMs;
    expect(answers.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0.9 * most);
    expect(door.refused).toBeLessThan(0.1 * most);
  });

  it('is not narrowed for long by a mailbox that is always refused', async () => {
    const clock = new VirtualTime();
    const [shared, door, closed] = [new SharedTurns(clock), new Door(clock, 30), new Door(clock, 0)];
    const all = Array.from({ length: 8 }, () => new Mailbox(clock, shared, door));
    const refused = [1, 2].map(() => new Mailbox(clock, shared, closed));
    await clock.until(Promise.all([...all, ...refused].map((mailbox) => mailbox.ask(60 * minute))));
    const answers = all.map((mailbox) => mailbox.answers);
    expect(Math.min(...answers) / Math.max(...answers)).toBeGreaterThan(0.8);
    const most = (30 * 60 * minute) / requestMs;
    expect(answers.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0.85 * most);
  });

  it('leaves room for a mailbox that comes when others have long used all of it', async () => {
    const clock = new VirtualTime();
    const [shared, door] = [new SharedTurns(clock), new Door(clock, 6)];
    const newMailbox = () => new Mailbox(clock, shared, door);
    const [early, other, late] = [newMailbox(), newMailbox(), newMailbox()];
    const end = 60 * minute;
    const asking = [early.ask(end), other.ask(end)];
    await clock.until(clock.sleep(30 * minute));
    const before = early.answers;
    await clock.until(Promise.all([...asking, late.ask(end)]));
    expect(late.answers / (early.answers - before)).toBeGreaterThan(0.85);
  });
});

describe('a limit for the mailboxes of two processes that tell each other', () => {
  it.each([
    ['two for one and one', 2, 1, 1],
    ['three for three and three', 3, 3, 3],
    ['four for ten and ten', 4, 10, 10],
    ['six for one and five', 6, 1, 5],
    ['ten for two and four', 10, 2, 4],
    ['ten for five and one', 10, 5, 1],
    ['27 for six and six', 27, 6, 6],
  ])(
    'is divided about evenly, whoever came first, and made use of: %s',
    async (_name, connections, here, there) => {
      const clock = new VirtualTime();
      const door = new Door(clock, connections);
      const [beganMs, endMs] = [10 * minute, 70 * minute];
      const processes = [here, there].map((count, at) => {
        const turns = new SharedTurns(clock);
        return {
          id: `${at}`,
          turns,
          all: Array.from({ length: count }, () => new Mailbox(clock, turns, door)),
        };
      });
      const telling = async () => {
        while (clock.monotonic() < endMs) {
          await clock.sleep(3_000);
          const told = new Map(processes.flatMap(({ id, turns }) => (turns.told ? [[id, turns.told]] : [])));
          const parts = partsOf(told, clock.monotonic());
          const mailboxes = [...told.values()].reduce((sum, one) => sum + one.mailboxes, 0);
          for (const { id, turns } of processes)
            turns.hear(mailboxes - (told.get(id)?.mailboxes ?? 0), parts.get(id));
        }
      };
      const all = processes.flatMap((one) => one.all);
      const asking = processes.map(async (one, at) => {
        await clock.sleep(at * beganMs);
        await Promise.all(one.all.map((mailbox) => mailbox.ask(endMs)));
      });
      const told = telling();
      await clock.until(clock.sleep(beganMs));
      const before = all.map(({ answers }) => answers);
      await clock.until(Promise.all([...asking, told]));
      const answers = all.map((mailbox, at) => mailbox.answers - (before[at] ?? 0));
      expect(Math.min(...answers) / Math.max(...answers)).toBeGreaterThan(0.7);
      const most = (connections * (endMs - beganMs)) / requestMs;
      expect(answers.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0.8 * most);
      expect(door.refused).toBeLessThan(0.1 * most);
    },
  );
});

describe('a limit that each mailbox has for itself', () => {
  it('holds up none of the others', async () => {
    const clock = new VirtualTime();
    const shared = new SharedTurns(clock);
    const [narrow, wide] = [new Door(clock, 2), new Door(clock, 20)];
    const [one, other] = [new Mailbox(clock, shared, narrow), new Mailbox(clock, shared, wide)];
    await clock.until(Promise.all([one.ask(30 * minute), other.ask(30 * minute)]));
    expect(narrow.refused).toBeGreaterThan(0);
    expect(shared.requests).toBe(Infinity);
  });

  it('is not taken for a shared one where the server names a wait, or an answer is lost', async () => {
    const clock = new VirtualTime();
    const shared = new SharedTurns(clock);
    for (const refusal of [() => busy(1_000), lostAnswer]) {
      const door = new Door(clock, 3, refusal);
      const all = [1, 2, 3].map(() => new Mailbox(clock, shared, door));
      const end = clock.monotonic() + 10 * minute;
      await clock.until(Promise.all(all.map((mailbox) => mailbox.ask(end))));
      expect(door.refused).toBeGreaterThan(0);
    }
    expect(shared.requests).toBe(Infinity);
  });

  it('is not taken for a shared one by a mailbox that is alone', async () => {
    const clock = new VirtualTime();
    const shared = new SharedTurns(clock);
    const alone = new Mailbox(clock, shared, new Door(clock, 3));
    await clock.until(alone.ask(30 * minute));
    expect(shared.requests).toBe(Infinity);
  });
});

describe('SharedTurns', () => {
  /** With a limit of two. */
  function narrow() {
    const clock = new VirtualTime();
    const shared = new SharedTurns(clock);
    shared.refused(4, clock.monotonic());
    expect(shared.requests).toBe(2);
    return { clock, shared };
  }

  /** A mailbox that waits for its turn since 10 ms, as another has both; and when it asked. */
  async function inLine(clock: VirtualTime, shared: SharedTurns, backOff: BackOff) {
    const turns = new Turns({ clock, width: fixedWidth(4), backOff, place: shared.join('a') });
    const other = shared.join('b');
    await shared.take(other, never);
    await shared.take(other, never);
    const asked: number[] = [];
    const asking = turns.run(never, async () => void asked.push(clock.monotonic()));
    await clock.until(clock.sleep(10));
    return { asked, asking, other };
  }

  it('gives the next turn to the mailbox with the fewest under way, of several to the one whose last is longest ago', async () => {
    const { shared } = narrow();
    const [first, second, third] = [shared.join('a'), shared.join('b'), shared.join('c')];
    await shared.take(first, never);
    await shared.take(second, never);
    const order: string[] = [];
    const waiting = [
      shared.take(first, never).then(() => order.push('first')),
      shared.take(second, never).then(() => order.push('second')),
      shared.take(third, never).then(() => order.push('third')),
    ];
    shared.give(second);
    await waiting[2];
    shared.give(third);
    await waiting[1];
    shared.give(second);
    await Promise.all(waiting);
    expect(order).toEqual(['third', 'second', 'first']);
  });

  it('passes over one that no longer waits', async () => {
    const { shared } = narrow();
    const [busyOne, stopped, next] = [shared.join('a'), shared.join('b'), shared.join('c')];
    await shared.take(busyOne, never);
    await shared.take(busyOne, never);
    const abort = new AbortController();
    const given = shared.take(stopped, abort.signal);
    const waiting = shared.take(next, never);
    abort.abort(new Error('stopped'));
    await expect(given).rejects.toThrow('stopped');
    shared.give(busyOne);
    await waiting;
    expect(shared.underWay).toBe(2);
  });

  it('tells of a limit for five minutes after it was met: then all may find out anew what there is', async () => {
    const clock = new VirtualTime();
    const turns = new SharedTurns(clock);
    const place = turns.join('mailbox');
    await place.turns.take(place, never);
    expect(turns.told).toEqual({ mailboxes: 1, requests: 0, isLimited: false });
    turns.hear(1);
    place.refused({ atMs: 0, underWay: 1, ofAll: 1 });
    expect(turns.told?.isLimited).toBe(true);
    await clock.until(clock.sleep(5 * minute - 1));
    expect(turns.told?.isLimited).toBe(true);
    await clock.until(clock.sleep(1));
    expect(turns.told?.isLimited).toBe(false);
  });

  it('counts as at work whoever came or asked within a minute, or still asks', async () => {
    const clock = new VirtualTime();
    const shared = new SharedTurns(clock);
    const [done, asking] = [shared.join('a'), shared.join('b')];
    await shared.take(done, never);
    await shared.take(asking, never);
    shared.give(done);
    expect([shared.atWork, asking.hasOthers]).toEqual([2, true]);
    await clock.until(clock.sleep(minute + 1));
    expect([shared.atWork, asking.hasOthers]).toEqual([1, false]);
    shared.join('c');
    expect(shared.atWork).toBe(2);
  });

  it('lets nobody ask who waited for a turn when the server asked everybody for a pause', async () => {
    const { clock, shared } = narrow();
    let until = 0;
    const leftMs = () => Math.max(0, until - clock.monotonic());
    const connectorWait = {
      leftMs: async () => leftMs(),
      get knownLeftMs() {
        return leftMs();
      },
      note: () => undefined,
    };
    const backOff = new BackOff({ clock, connectorWait });
    const { asked, asking, other } = await inLine(clock, shared, backOff);
    until = 20_000;
    shared.give(other);
    await clock.until(asking);
    expect(asked).toEqual([20_000]);
  });

  it('knows a mailbox again that is opened anew, and forgets it an hour after it last asked', async () => {
    const clock = new VirtualTime();
    const shared = new SharedTurns(clock);
    const place = shared.join('a');
    await clock.until(clock.sleep(59 * minute));
    expect(shared.join('a')).toBe(place);
    await clock.until(clock.sleep(2 * minute));
    expect(shared.join('a')).not.toBe(place);
  });

  it('lets nobody hold a turn that has to wait', async () => {
    const { clock, shared } = narrow();
    const backOff = new BackOff({ clock });
    const { asked, asking, other } = await inLine(clock, shared, backOff);
    // While it waits for its turn, the server asks it for a pause.
    backOff.note(busy(20_000));
    shared.give(other);
    await clock.until(clock.sleep(10));
    expect(shared.underWay).toBe(1);
    await clock.until(asking);
    expect(asked).toEqual([20_010]);
  });
});
