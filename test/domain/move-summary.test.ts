import { MoveSummaryBuilder } from '../../src/domain/move-summary';

const tooLarge = {
  code: 'ErrorMessageSizeExceeded',
  remedy: 'raiseRequestLimit',
  message: 'The item is too large.',
} as const;

describe('MoveSummaryBuilder', () => {
  it('counts what is in the target per kind', () => {
    const summary = new MoveSummaryBuilder();
    for (const itemClass of ['IPM.Note', 'IPM.Note.SMIME', 'IPM.Appointment', 'IPM.Contact', 'IPM.DistList'])
      summary.add({ itemClass, outcome: { kind: 'copied' } });
    summary.add({ itemClass: 'IPM.Note', outcome: { kind: 'removed' } });
    expect(summary.build()).toEqual({ inTarget: { mail: 2, calendar: 1, contacts: 2 }, notCopied: [] });
  });

  it('makes one line of what was left out for the same reason, the most frequent first', () => {
    const summary = new MoveSummaryBuilder();
    summary.add({
      itemClass: 'IPM.Task',
      outcome: { kind: 'skipped', reason: { ...tooLarge, code: 'Odd' } },
    });
    for (let n = 0; n < 3; n++)
      summary.add({ itemClass: 'IPM.Note', outcome: { kind: 'failed', reason: tooLarge } });
    expect(summary.build().notCopied).toEqual([
      { kind: 'mail', ...tooLarge, count: 3 },
      { kind: 'tasks', ...tooLarge, code: 'Odd', count: 1 },
    ]);
  });
});
