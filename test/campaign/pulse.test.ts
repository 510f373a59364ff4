import type { Row } from './product';
import { Pulse, type Standstill } from './pulse';

const working: Row = {
  id: 'row',
  state: 'working',
  epoch: 1,
  startPending: false,
  hasIssues: false,
  ends: [],
  passesEnded: 0,
  copied: 10,
  changedInTarget: 0,
};

/** Looks at a run that begins at 0; of each look the row and the requests until then. @returns what was told each time */
async function told(
  looks: [row: Row | undefined, requests: number][],
  everyMs = 60_000,
  others: readonly Row[] = [],
): Promise<(Standstill | undefined)[]> {
  let requests = 0;
  const pulse = new Pulse(() => Promise.resolve(requests));
  const answers: (Standstill | undefined)[] = [];
  for (const [number, [row, seen]] of looks.entries()) {
    requests = seen;
    answers.push(await pulse.standstill([...others, row], number * everyMs));
  }
  return answers;
}

/** So many looks, each of its own. */
const looks = (count: number, look: (number: number) => [Row | undefined, number]) =>
  Array.from({ length: count }, (_, number) => look(number));

describe('the pulse of a run', () => {
  it('is gone where nothing has changed for long', async () => {
    const none = [undefined, undefined, undefined, undefined];
    expect(await told(looks(5, () => [working, 7]))).toEqual([...none, 'stuck']);
    expect(await told(looks(5, () => [undefined, 7]))).toEqual([...none, 'stuck']);
  });

  it('is there as long as items are copied, however slowly', async () => {
    const slow = looks(8, (number): [Row, number] => [{ ...working, copied: Math.floor(number / 2) }, 7]);
    expect(await told(slow)).toEqual(slow.map(() => undefined));
    const busy = looks(80, (number): [Row, number] => [
      { ...working, copied: Math.floor(number / 20) },
      number,
    ]);
    expect(await told(busy, 10_000)).toEqual(busy.map(() => undefined));
  });

  it('is there while a server is asked now and then, as by somebody who waits', async () => {
    const waiting = looks(60, (number): [Row, number] => [working, Math.floor(number / 15)]);
    expect(await told(waiting, 10_000)).not.toContain('stuck');
    expect(await told(waiting, 10_000)).not.toContain('circles');
  });

  it('goes in circles where a server is asked on and on and the row is what it was before', async () => {
    const states = ['working', 'scheduled', 'starting'];
    const turning = looks(40, (number): [Row, number] => [
      { ...working, state: states[number % states.length] ?? '' },
      number,
    ]);
    const answers = await told(turning, 10_000);
    expect(answers.indexOf('circles')).toBe(26);
    expect(answers).not.toContain('stuck');
  });

  it('does not go in circles while a server has it wait', async () => {
    const held = looks(80, (number): [Row, number] => [
      { ...working, state: number % 8 === 0 ? 'throttled' : 'working' },
      number,
    ]);
    expect(await told(held, 10_000)).toEqual(held.map(() => undefined));
  });

  it('is there while one of several mailboxes is copied, and others wait for its slot or have ended', async () => {
    const others = [
      { ...working, id: 'waits', state: 'scheduled' },
      { ...working, id: 'over', state: 'completed' },
    ];
    const busy = looks(80, (number): [Row, number] => [
      { ...working, copied: Math.floor(number / 20) },
      number,
    ]);
    expect(await told(busy, 10_000, others)).toEqual(busy.map(() => undefined));
    const still = looks(5, (): [Row, number] => [{ ...working, state: 'scheduled' }, 7]);
    expect((await told(still, 60_000, others)).at(-1)).toBe('stuck');
  });
});
