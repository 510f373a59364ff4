import type { Connector } from '../connector';
import { defaultTimes, type ExchangeTimes } from './capabilities';
import { checkExchange } from './check';
import { openSession } from './open';
import type { ExchangeSettings } from './settings';
import { exchangeSource } from './source';
import { exchangeTarget } from './target';

export type { ExchangeTimes } from './capabilities';
export { defaultTimeouts, fasterTimeouts } from './http';
export type { ExchangeSettings } from './settings';

/** Exchange Server 2013 and later, over EWS with Basic sign-in. */
export function exchangeConnector(times: ExchangeTimes = defaultTimes): Connector<ExchangeSettings> {
  return {
    kind: 'exchange',
    openSource: async (settings, address, credential, signal) =>
      exchangeSource(
        await openSession(settings, address, credential, 'source', times.timeouts, signal),
        times,
      ),
    openTarget: async (settings, address, credential, signal) =>
      exchangeTarget(
        await openSession(settings, address, credential, 'target', times.timeouts, signal),
        times,
      ),
    check: checkExchange,
  };
}
