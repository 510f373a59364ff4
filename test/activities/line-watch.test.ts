import { LineWatch } from '../../activities/line-watch';
import type { SlotDocument } from '../../src/models/slots';

const takenAt = new Date('2026-03-02T10:00:00Z');
const inLine = (_id: string, at: Date = takenAt) =>
  ({ _id, ticket: `ticket ${_id}`, takenAt: at }) as SlotDocument;

function aWatch() {
  const clock = { ms: 5000 };
  const watch = new LineWatch(() => clock.ms);
  return { clock, look: (line: SlotDocument[], free: number) => watch.count(line, free) };
}

describe('those who stand in line for a worker', () => {
  it('count as long as no worker has room for them', () => {
    const { clock, look } = aWatch();
    for (let minutes = 0; minutes < 60; minutes += 1) {
      expect(look([inLine('a'), inLine('b')], 0)).toBe(2);
      clock.ms += 60_000;
    }
  });

  it('count no more when they have not come for a minute although there was room', () => {
    const { clock, look } = aWatch();
    for (const second of [0, 15, 30, 45]) {
      clock.ms = second * 1000;
      expect(look([inLine('a'), inLine(second < 30 ? 'b' : 'c')], 2)).toBe(2);
    }
    clock.ms = 60_000;
    expect(look([inLine('a'), inLine('c')], 2)).toBe(1);
    expect(look([inLine('a'), inLine('c')], 0)).toBe(1);
    clock.ms += 30_000;
    expect(look([inLine('a'), inLine('c')], 1)).toBe(1);
  });

  it('have the minute from when there is room', () => {
    const { clock, look } = aWatch();
    expect(look([inLine('a')], 1)).toBe(1);
    clock.ms += 45_000;
    expect(look([inLine('a')], 0)).toBe(1);
    clock.ms += 59_999;
    for (let looks = 0; looks < 5; looks += 1) expect(look([inLine('a')], 1)).toBe(1);
    clock.ms += 1;
    expect(look([inLine('a')], 1)).toBe(0);
  });

  it('count where a process looks rarely, and may have missed who took the room', () => {
    const { clock, look } = aWatch();
    for (let looks = 0; looks < 4; looks += 1) {
      expect(look([inLine('a')], 1)).toBe(1);
      clock.ms += 60_000;
    }
    expect(look([inLine('a')], 1)).toBe(0);
  });

  it('count anew when they ask for a worker again', () => {
    const { clock, look } = aWatch();
    for (let looks = 0; looks < 5; looks += 1) {
      look([inLine('a')], 1);
      clock.ms += 15_000;
    }
    expect(look([inLine('a')], 1)).toBe(0);
    expect(look([inLine('a', new Date(takenAt.getTime() + 1))], 1)).toBe(1);
  });
});
