import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faultKinds } from './catalogue';
import { emptyVerdict, faulty } from './oracle';
import { planOf, sizeOf } from './plan';
import { reportOf } from './report';
import { append, brokePromise, hasPassed, isHopeless, lineOf, readResults } from './results';
import type { RunResult } from './run';

const nothing = emptyVerdict();
const stray = { path: '/Inbox', key: 'a', hash: 'h' };
const result = (change: Partial<RunResult> = {}): RunResult => ({
  items: 100,
  state: 'completed',
  faults: { answerLost: 3, killWorker: 1 },
  starts: 2,
  passes: 1,
  verdict: nothing,
  reasons: {},
  durationMs: 20_000,
  ...change,
});
const line = (seed: number, change?: Partial<RunResult>) =>
  lineOf(result(change), {
    plan: planOf(seed),
    only: [],
    database: 'MongoDB',
    version: 'abc1234 2026-11-23',
    impossible: [],
    at: new Date('2026-11-23T18:00:00Z'),
  });

describe('the results of the campaign', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'mailporter-results-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are kept a line each, in a folder that is made where it is missing', () => {
    const file = join(folder, 'docs', 'reliability.jsonl');
    expect(readResults(file)).toEqual([]);
    for (const seed of [1, 2]) append(file, line(seed));
    expect(readResults(file)).toEqual([line(1), line(2)]);
  });

  it('call a run failed that loses, doubles, alters, does not end or ends as failed', () => {
    expect(hasPassed(result())).toBe(true);
    expect(hasPassed(result({ state: 'completedWithIssues' }))).toBe(true);
    for (const what of faulty)
      expect(hasPassed(result({ verdict: { ...nothing, [what]: [stray] } }))).toBe(false);
    expect(hasPassed(result({ claims: ['the target lacks the folder /Projects'] }))).toBe(false);
    const { verdict: _none, ...withoutEnd } = result({ state: 'doesNotEnd:working' });
    expect(hasPassed(withoutEnd)).toBe(false);
    expect(hasPassed(result({ state: 'failed' }))).toBe(false);
  });

  it('tell a wrong end from none: the one breaks the promise, the other may be slow', () => {
    const { verdict: _none, ...withoutEnd } = result({ state: 'doesNotEnd:working' });
    expect(brokePromise(withoutEnd)).toBe(false);
    expect(brokePromise(result())).toBe(false);
    expect(brokePromise(result({ state: 'failed' }))).toBe(true);
    expect(brokePromise(result({ verdict: { ...nothing, doubled: [stray] } }))).toBe(true);
  });

  it('tell what stands still on any machine from what may be slow', () => {
    const ended = (state: string) => isHopeless(result({ state }));
    for (const state of ['stuck:working', 'circles:working', 'pagesAway']) expect(ended(state)).toBe(true);
    for (const state of ['doesNotEnd:working', 'brokeOff']) expect(ended(state)).toBe(false);
  });

  it('tell how many mailboxes a run had where there were several, and the report how many such runs there were', () => {
    const seedOf = (isSeveral: boolean) =>
      Array.from({ length: 50 }, (_, seed) => seed).find(
        (seed) => sizeOf(planOf(seed)).mailboxes > 1 === isSeveral,
      ) ?? -1;
    const [one, several] = [line(seedOf(false)), line(seedOf(true))];
    expect(one).not.toHaveProperty('mailboxes');
    expect(several.mailboxes).toBe(sizeOf(planOf(several.seed)).mailboxes);
    const report = reportOf([one, several, one]);
    expect(report).toContain('| Runs | 3 |\n| … with several mailboxes on the same connectors | 1 |');
  });

  it('keep what makes a run again that failed', () => {
    expect(line(1).plan).toBeUndefined();
    expect(line(1, { state: 'failed' })).toMatchObject({ plan: planOf(1), seed: 1, database: 'MongoDB' });
  });

  it('say how many of the runs were compared, by which of the questions, and how many were not judged', () => {
    const early = line(3);
    delete early.claims;
    const report = reportOf([
      line(1, { compared: 90 }),
      early,
      line(4, { state: 'stuck:working' }),
      line(5, { state: 'brokeOff', why: 'the witness | has gone' }),
    ]);
    for (const row of [
      '| Runs | 4 |',
      '| Runs that came to no end | 1 |',
      '| Runs that broke off by the campaign’s own doing, and are not judged (before 2026-11-29 they left no line) | 1 |',
      '| Runs that came to an end: all items compared | 2 |',
      '| … of them judged by what is marked with * too; of the others nothing is known there | 1 |',
      '| Items compared | 190 |',
      '| 5 | abc1234 2026-11-23 | the witness \\| has gone |',
    ])
      expect(report).toContain(row);
    expect(report.split('## Runs that failed')[1]).not.toMatch(/\| 5 \|.*brokeOff/);
  });

  it('are summed up in the report, with every fault of the catalogue and every run that failed', () => {
    const lost = line(42, { verdict: { ...nothing, lost: [stray] } });
    const report = reportOf([line(1), line(2, { reasons: { TooLarge: 2 } }), lost]);
    expect(report).toContain('| Runs | 3 |');
    expect(report).toContain('| Items lost: neither in the target nor named | 1 |');
    expect(report).toContain('| Items named with a reason | 2 |');
    expect(report).toMatch(/\| `answerLost` \| 9 \| 3 \| 1 \|/);
    expect(report).toMatch(/\| 42 \| abc1234 2026-11-23 \| completed \| 1 \| 0 \| 0 \|/);
    expect(report).toMatch(/\| answerLost, killWorker \| open \|/);
    expect(reportOf([{ ...lost, mended: 'abc1235 no more' }])).toContain('| abc1235 no more |');
    for (const kind of faultKinds) expect(report).toContain(`\`${kind}\``);
  });
});
