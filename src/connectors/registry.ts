import type { Connector } from './connector';
import { exchangeConnector, type ExchangeSettings } from './exchange';
import type { ConnectorKind } from './kinds';

/** Settings by kind, as a connector's document holds them. */
export interface SettingsByKind {
  exchange: ExchangeSettings;
}

const connectors: { readonly [Kind in ConnectorKind]: Connector<SettingsByKind[Kind]> } = {
  exchange: exchangeConnector(),
};

/** The connector of a kind; the only list of back ends. */
export function connectorFor<Kind extends ConnectorKind>(kind: Kind): Connector<SettingsByKind[Kind]> {
  return connectors[kind];
}
