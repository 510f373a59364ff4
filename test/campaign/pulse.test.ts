import type { Row } from './product';
import { Pulse } from './pulse';

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

/** Looks each minute at a run that begins at 0; of each look the row and the requests until then. @returns what was told each time */
async function told(looks: [row: Row | undefined, requests: number][]): Promise<boolean[]> {
  let requests = 0;
  const pulse = new Pulse(() => Promise.resolve(requests));
  const answers: boolean[] = [];
  for (const [minute, [row, seen]] of looks.entries()) {
    requests = seen;
    answers.push(await pulse.isStuck(row, minute * 60_000));
  }
  return answers;
}

describe('the pulse of a run', () => {
  it('is gone where nothing has changed for long', async () => {
    const looks = (row?: Row) => Array.from({ length: 5 }, (): [Row | undefined, number] => [row, 7]);
    expect(await told(looks(working))).toEqual([false, false, false, false, true]);
    expect((await told(looks())).at(-1)).toBe(true);
  });

  it('is there as long as items are copied, however slowly', async () => {
    const looks = Array.from({ length: 8 }, (_, look): [Row, number] => [
      { ...working, copied: Math.floor(look / 2) },
      7,
    ]);
    expect(await told(looks)).not.toContain(true);
  });

  it('is there as long as a server is asked anything', async () => {
    const looks = Array.from({ length: 8 }, (_, look): [Row, number] => [working, Math.floor(look / 2)]);
    expect(await told(looks)).not.toContain(true);
  });
});
