import { defaultBatchPlan, type BatchPlan, type PassKind } from '../../src/domain/batch-plan';
import { nextPass, passesOfStart, type PassMade, type WantedPass } from '../../src/domain/passes';

const byHand: BatchPlan = { ...defaultBatchPlan, cutOver: { kind: 'byHand' } };
const hour = 60 * 60_000;
const beganAt = '2026-11-01T00:00:00.000Z';
const endedAt = '2026-11-01T12:00:00.000Z';
const made = (...kinds: PassKind[]): PassMade[] => kinds.map((kind) => ({ kind, beganAt, endedAt }));

/** What comes next, in the words of a test. */
function next(plan: BatchPlan, passes: PassMade[] = [], wanted?: WantedPass, now = endedAt): string {
  const answer = nextPass({ plan, made: passes, wanted, now: new Date(now) });
  if (answer.kind === 'now') return answer.order.kind;
  return `${answer.pass} ${answer.at === undefined ? 'when asked for' : answer.at.toISOString()}`;
}

describe('the passes of a batch', () => {
  it('are one, which is the last, where nobody has planned others', () => {
    expect(next(defaultBatchPlan)).toBe('cutOver');
    expect(next(defaultBatchPlan, made('prestage'))).toBe('cutOver');
  });

  it('are a full one, then deltas when somebody asks, then the cut-over', () => {
    expect(next(byHand)).toBe('full');
    expect(next(byHand, made('full'))).toBe('cutOver when asked for');
    expect(next(byHand, made('full'), 'delta')).toBe('delta');
    expect(next(byHand, made('full', 'delta'), 'delta')).toBe('delta');
    expect(next(byHand, made('full', 'delta'), 'cutOver')).toBe('cutOver');
    expect(next(byHand, [], 'cutOver')).toBe('cutOver');
  });

  it('begin with what is older than a day, and leave the rest to the next one', () => {
    const plan = { ...byHand, prestageOlderThan: '2026-10-01' };
    const answer = nextPass({ plan, made: [], now: new Date(endedAt) });
    expect(answer).toMatchObject({ order: { kind: 'prestage', filter: { toDate: '2026-09-30' } } });
    expect(next(plan, made('prestage'))).toBe('cutOver when asked for');
    expect(next(plan, made('prestage'), 'delta')).toBe('full');
    expect(next(plan, made('prestage', 'full'), 'delta')).toBe('delta');
    const narrower = { ...plan, filter: { ...plan.filter, toDate: '2020-01-01' } };
    expect(nextPass({ plan: narrower, made: [], now: new Date(endedAt) })).toMatchObject({
      order: { filter: { toDate: '2020-01-01' } },
    });
  });

  it('are a full one at once where somebody asks for a delta before the first has begun', () => {
    const plan = { ...byHand, prestageOlderThan: '2026-10-01' };
    expect(next(plan, [], 'delta')).toBe('full');
    expect(next(byHand, [], 'delta')).toBe('full');
    expect(next(defaultBatchPlan, [], 'delta')).toBe('cutOver');
  });

  it('follow each other after the time that was set', () => {
    const plan = { ...byHand, deltaEveryMs: 24 * hour };
    expect(next(plan, made('full'))).toBe('delta 2026-11-02T12:00:00.000Z');
    expect(next(plan, made('full'), undefined, '2026-11-02T12:00:00.000Z')).toBe('delta');
    expect(next({ ...plan, prestageOlderThan: '2026-10-01' }, made('prestage'))).toBe(
      'full 2026-11-02T12:00:00.000Z',
    );
  });

  it('end at the moment that was set, whatever was to come before', () => {
    const plan: BatchPlan = { ...byHand, cutOver: { kind: 'at', at: '2026-11-02T00:00:00.000Z' } };
    expect(next(plan)).toBe('full');
    expect(next(plan, made('full'))).toBe('cutOver 2026-11-02T00:00:00.000Z');
    expect(next({ ...plan, deltaEveryMs: 24 * hour }, made('full'))).toBe('cutOver 2026-11-02T00:00:00.000Z');
    expect(next({ ...plan, deltaEveryMs: hour }, made('full'))).toBe('delta 2026-11-01T13:00:00.000Z');
    expect(next(plan, made('full'), undefined, '2026-11-02T00:00:00.000Z')).toBe('cutOver');
    expect(next(plan, [], undefined, '2026-11-03T00:00:00.000Z')).toBe('cutOver');
  });

  it('that were cut off are made again', () => {
    expect(next(byHand, [{ kind: 'full', beganAt }])).toBe('full');
    expect(next(byHand, [...made('full'), { kind: 'delta', beganAt }], 'delta')).toBe('delta');
  });
});

describe('a migration that is started again', () => {
  it('goes on with the pass that it was ended in', () => {
    expect(passesOfStart({ made: [...made('full'), { kind: 'delta', beganAt }] }, 'start')).toMatchObject({
      made: [{ kind: 'full' }, { kind: 'delta' }],
      wanted: 'delta',
    });
  });

  it('makes the cut-over that was cut off where the plan still wants one, and no other', () => {
    const cutOff: PassMade[] = [{ kind: 'cutOver', beganAt }];
    const begins = (plan: BatchPlan, reason: 'start' | 'retry', passes = cutOff) => {
      const { made: before, wanted } = passesOfStart({ made: passes }, reason);
      return next(plan, before, wanted);
    };
    for (const reason of ['start', 'retry'] as const) {
      expect(begins(defaultBatchPlan, reason)).toBe('cutOver');
      expect(begins({ ...byHand, cutOver: { kind: 'at', at: beganAt } }, reason)).toBe('cutOver');
      expect(begins(byHand, reason)).toBe('full');
      expect(begins({ ...byHand, prestageOlderThan: '2026-10-01' }, reason)).toBe('prestage');
      expect(begins(byHand, reason, [...made('full'), ...cutOff])).toBe('delta');
    }
  });

  it('makes what was asked for and not done where it goes on, and not where it is started', () => {
    const asked = { made: made('full'), wanted: 'cutOver' } as const;
    expect(passesOfStart(asked, 'retry').wanted).toBe('cutOver');
    expect(passesOfStart(asked, 'resend').wanted).toBe('cutOver');
    expect(passesOfStart(asked, 'start').wanted).toBe('delta');
    const cutOff: PassMade[] = [...made('full'), { kind: 'cutOver', beganAt }];
    expect(passesOfStart({ made: cutOff, wanted: 'cutOver' }, 'retry').wanted).toBe('cutOver');
  });

  it('begins with the pass that the plan has first where none was ended', () => {
    expect(passesOfStart({ made: [] }, 'start')).toEqual({ made: [] });
    const cutOff = [{ kind: 'prestage', beganAt } as const];
    expect(passesOfStart({ made: cutOff }, 'retry')).toEqual({ made: cutOff });
  });

  it('is a new move after its last pass, unless what failed in that is tried again', () => {
    expect(passesOfStart({ made: made('full', 'cutOver') }, 'start')).toEqual({ made: [] });
    expect(passesOfStart({ made: made('full', 'cutOver') }, 'retry').wanted).toBe('cutOver');
  });
});
