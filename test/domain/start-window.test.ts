import { windowsAt, type StartWindow } from '../../src/domain/start-window';

const everyDay = [1, 2, 3, 4, 5, 6, 7];
const nights: StartWindow = { from: '19:00', to: '06:00', days: everyDay, timeZone: 'Europe/Berlin' };

/** The state in the words of a test: `open until …`, `closed`. */
function stateAt(now: string, ...windows: StartWindow[]): string {
  const { isOpen, until } = windowsAt(windows, new Date(now));
  return `${isOpen ? 'open' : 'closed'}${until === undefined ? '' : ` until ${until.toISOString().slice(0, 16)}`}`;
}

describe('a start window', () => {
  it('that nobody has set is always open', () => {
    expect(stateAt('2026-11-23T12:00Z')).toBe('open');
  });

  it('is open from its first minute until before its last, over midnight, in its own zone', () => {
    expect(stateAt('2026-11-23T17:59Z', nights)).toBe('closed until 2026-11-23T18:00');
    expect(stateAt('2026-11-23T18:00Z', nights)).toBe('open until 2026-11-24T05:00');
    expect(stateAt('2026-11-24T04:59Z', nights)).toBe('open until 2026-11-24T05:00');
    expect(stateAt('2026-11-24T05:00Z', nights)).toBe('closed until 2026-11-24T18:00');
  });

  it('opens and closes to the second', () => {
    const short: StartWindow = {
      from: '12:00:30',
      to: '12:00:45',
      days: everyDay,
      timeZone: 'Europe/Berlin',
    };
    const endOf = (now: string) => windowsAt([short], new Date(now)).until?.toISOString();
    expect(endOf('2026-11-23T11:00:29Z')).toBe('2026-11-23T11:00:30.000Z');
    expect(endOf('2026-11-23T11:00:44Z')).toBe('2026-11-23T11:00:45.000Z');
  });

  it('opens on its days only, and lasts into a day that is none of them', () => {
    const fridays = { ...nights, days: [5] };
    expect(stateAt('2026-11-28T03:00Z', fridays)).toBe('open until 2026-11-28T05:00');
    expect(stateAt('2026-11-28T19:00Z', fridays)).toBe('closed until 2026-12-04T18:00');
  });

  it('is open around the clock where it ends when the next one begins', () => {
    expect(stateAt('2026-11-23T12:00Z', { ...nights, from: '00:00', to: '00:00' })).toBe('open');
    const weekend = { ...nights, from: '00:00', to: '00:00', days: [6, 7], timeZone: 'UTC' };
    expect(stateAt('2026-11-28T12:00Z', weekend)).toBe('open until 2026-11-30T00:00');
    expect(stateAt('2026-11-30T00:00Z', weekend)).toBe('closed until 2026-12-05T00:00');
  });

  it('follows the clocks when they change', () => {
    expect(stateAt('2026-03-28T18:30Z', nights)).toBe('open until 2026-03-29T04:00');
    expect(stateAt('2026-10-24T17:30Z', nights)).toBe('open until 2026-10-25T05:00');
    const skipped = { ...nights, from: '02:15', to: '02:45' };
    expect(stateAt('2026-03-29T00:00Z', skipped)).toBe('closed until 2026-03-29T01:15');
  });
});

describe('several start windows', () => {
  it('are open while all of them are', () => {
    const early: StartWindow = { from: '00:00', to: '08:00', days: everyDay, timeZone: 'UTC' };
    expect(stateAt('2026-11-23T19:00Z', nights, early)).toBe('closed until 2026-11-24T00:00');
    expect(stateAt('2026-11-24T00:00Z', nights, early)).toBe('open until 2026-11-24T05:00');
    expect(stateAt('2026-11-24T06:00Z', nights, early)).toBe('closed until 2026-11-25T00:00');
  });

  it('that never meet are closed without an end', () => {
    const mornings: StartWindow = { from: '08:00', to: '12:00', days: everyDay, timeZone: 'Europe/Berlin' };
    expect(stateAt('2026-11-23T19:00Z', nights, mornings)).toBe('closed');
    expect(stateAt('2026-11-23T08:00Z', { ...nights, days: [1] }, { ...nights, days: [3] })).toBe('closed');
  });
});
