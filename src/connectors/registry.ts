import type { Connector } from './connector';
import { exchangeConnector, type ExchangeSettings, type ExchangeTimes } from './exchange';
import type { ConnectorKind } from './kinds';

/** Settings by kind, as a connector's document holds them. */
export interface SettingsByKind {
  exchange: ExchangeSettings;
}

export type Connectors = { readonly [Kind in ConnectorKind]: Connector<SettingsByKind[Kind]> };

/** The connector of each kind; the only list of back ends. */
export function createConnectors(times: { exchange: ExchangeTimes }): Connectors {
  return { exchange: exchangeConnector(times.exchange) };
}
