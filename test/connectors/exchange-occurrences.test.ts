import { makeExceptions } from '../../src/connectors/exchange/operations/occurrences';
import type { Session } from '../../src/connectors/exchange/session';
import type { Element } from '../../src/connectors/exchange/soap/element';
import { never } from './exchange-servers';

const day = 86_400_000;
const first = Date.parse('2013-01-01T09:00:00Z');
const dayOf = (index: number, laterMs = 0) => new Date(first + (index - 1) * day + laterMs).toISOString();

const element = (name: string, given: Partial<Element> = {}): Element => ({
  ...{ name, attributes: {}, children: [], text: '' },
  ...given,
});

/** A series that begins in 2013 and takes place each day; what was asked of it and written to it. */
class DailySeries {
  reads = 0;
  readonly written: string[] = [];

  constructor(private readonly occurrences = Infinity) {}

  makeExceptions(exceptions: { removed?: string[]; changed?: string[] }): Promise<void> {
    const session = {
      settings: { serverVersion: 'Exchange2013' },
      call: async ({ body }: { body: string }) => ({ parts: this.read(body) }),
      messages: async (operation: string) => {
        this.written.push(operation);
        return [element('m')];
      },
    };
    const { removed = [], changed = [] } = exceptions;
    const wanted = { removed, changed: changed.map((originalStart) => ({ originalStart, updates: '<x/>' })) };
    return makeExceptions(session as unknown as Session, 'master', wanted, async () => {}, never);
  }

  private async *read(body: string) {
    this.reads += 1;
    for (const [, index] of body.matchAll(/InstanceIndex="(\d+)"/g))
      yield { kind: 'message', message: this.answer(Number(index)) };
  }

  private answer(index: number): Element {
    const code = (text: string) => element('ResponseCode', { text });
    if (index > this.occurrences)
      return element('m', {
        attributes: { ResponseClass: 'Error' },
        children: [code('ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange')],
      });
    const id = element('ItemId', { attributes: { Id: `occurrence-${index}.`, ChangeKey: 'k' } });
    const item = element('CalendarItem', { children: [id, element('Start', { text: dayOf(index) })] });
    return element('m', { children: [code('NoError'), element('Items', { children: [item] })] });
  }
}

describe('the exceptions of a series', () => {
  it('are made among the first occurrences with one look', async () => {
    const series = new DailySeries(30);
    await series.makeExceptions({ removed: [dayOf(7)], changed: [dayOf(3)] });
    expect(series.reads).toBe(1);
    expect(series.written).toEqual([
      expect.stringContaining('occurrence-3.'),
      expect.stringContaining('occurrence-7.'),
    ]);
  });

  it('are made however long ago the series began, with a few looks', async () => {
    const series = new DailySeries();
    await series.makeExceptions({ removed: [dayOf(4_001)], changed: [dayOf(4_000), dayOf(150)] });
    expect(series.reads).toBeLessThanOrEqual(5);
    expect(series.written.join()).toMatch(/occurrence-4000\..*occurrence-150\..*occurrence-4001\./s);
  });

  it.each([
    ['removed', { removed: [dayOf(10, 3_600_000)] }],
    ['changed', { changed: [dayOf(10, 3_600_000)] }],
    ['changed behind its end', { changed: [dayOf(31)] }],
  ])('have the series refused where one that was %s is not in it', async (_what, exceptions) => {
    const series = new DailySeries(30);
    await expect(series.makeExceptions({ removed: [dayOf(5)], ...exceptions })).rejects.toMatchObject({
      code: 'OccurrenceNotFound',
      details: { ofOneItem: true },
    });
    expect(series.written).toEqual([]);
  });

  it('need not be removed behind its end', async () => {
    const series = new DailySeries(30);
    await series.makeExceptions({ removed: [dayOf(31)] });
    expect(series.written).toEqual([]);
  });
});
