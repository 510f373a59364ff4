import type { Capabilities } from '../connector';
import type { Timeouts } from './http';
import type { ExchangeSettings } from './settings';

/** Times that a test shortens. */
export interface ExchangeTimes {
  /** By the engine's clock. Exchange ends a batch after one minute; the rest is for clocks and queues on the way. */
  settleMs: number;
  /** By this machine's clock: how long a silent server is waited for; absent: minutes. */
  timeouts?: Timeouts;
}

export const defaultTimes: ExchangeTimes = { settleMs: 75_000 };

const defaultConnections = 3;

export function connectionsOf(settings: ExchangeSettings): number {
  return Math.max(1, Math.min(27, settings.connectionsPerMailbox ?? defaultConnections));
}

export function capabilitiesOf(settings: ExchangeSettings, times: ExchangeTimes): Capabilities {
  return {
    formats: ['exchange'],
    delta: ['flags', 'gone', 'move'],
    itemsPerRequest: 50,
    bytesPerRequest: 4 * 1024 * 1024,
    connections: connectionsOf(settings),
    settleMs: times.settleMs,
  };
}
