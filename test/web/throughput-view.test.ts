import { translator } from '../../src/locales';
import { bars, throughputView } from '../../src/web/admin/throughput-view';
import { ThroughputMeter } from '../../activities/throughput-meter';

const now = new Date('2026-11-23T12:00:30Z');
const at = (minutesAgo: number) => new Date(Date.parse('2026-11-23T12:00:00Z') - minutesAgo * 60_000);
const minute = (minutesAgo: number, items: number) => ({
  at: at(minutesAgo),
  items,
  sizeBytes: items * 1000,
});
const { t } = translator('en');

describe('the speed of the overview', () => {
  it('is the average of the last five minutes, the one that is under way counted as far as it has come', () => {
    const [items, bytes] = throughputView([minute(5, 900), minute(3, 60), minute(0, 30)], now, {
      t,
      language: 'en',
    });
    expect(items?.now).toBe('20 items a minute');
    expect(bytes?.now).toBe('20 kB a minute');
  });

  it('of the last day stands in bars of half an hour, the newest at the right', () => {
    const [items] = throughputView([minute(23 * 60, 300), minute(1, 600)], now, { t, language: 'en' });
    const tall = items?.bars.flatMap(({ height }, place) => (height > 0 ? [[place, height]] : []));
    expect(tall).toEqual([
      [1, 30],
      [bars - 1, 60],
    ]);
  });
});

describe('the meter of a worker', () => {
  it('writes whole minutes, over all mailboxes, and never counts backwards', async () => {
    const written: unknown[] = [];
    const meter = new ThroughputMeter((one) => Promise.resolve(void written.push({ ...one })));
    const copied = (items: number) => ({ copied: items, copiedBytes: items * 10 });
    await meter.add(copied(0), copied(5), at(2));
    await meter.add(copied(9), copied(3), at(2));
    await meter.add(copied(0), copied(2), new Date(at(2).getTime() + 20_000));
    await meter.add(copied(2), copied(4), at(1));
    await meter.flush();
    expect(written.at(-2)).toEqual({ at: at(2), items: 7, sizeBytes: 70 });
    expect(written.at(-1)).toEqual({ at: at(1), items: 2, sizeBytes: 20 });
  });
});
