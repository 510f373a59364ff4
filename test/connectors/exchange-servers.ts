import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startExchange, type Exchange, type ExchangeOptions } from '../../sandbox/exchange/start';
import type { Credential, SendWindow } from '../../src/connectors/connector';
import { exchangeConnector } from '../../src/connectors/exchange';
import type { ExchangeSettings } from '../../src/connectors/exchange/settings';

/** A simulator with its own data directory, and how to reach it. */
export interface TestExchange {
  exchange: Exchange;
  settings: ExchangeSettings;
  close(): Promise<void>;
}

export async function openExchange(options: Partial<ExchangeOptions> = {}): Promise<TestExchange> {
  const data = mkdtempSync(join(tmpdir(), 'mailporter-exchange-'));
  const exchange = await startExchange({ data, controlPort: false, ...options });
  return {
    exchange,
    settings: {
      serverName: exchange.ewsUrl,
      serverVersion: 'Exchange2013',
      certificateAuthority: readFileSync(exchange.ca, 'utf8'),
    },
    close: async () => {
      await exchange.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

export const samplePassword = 'not-to-be-found-anywhere-7c1f';

export function credentialOf(address: string, password = samplePassword): Credential {
  return { kind: 'password', userName: address, password };
}

export const connector = exchangeConnector({ settleMs: 100 });
export const freeWindow: SendWindow = { hold: async () => {} };
export const never = new AbortController().signal;
