import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startExchange } from '../../sandbox/exchange/start';
import type { Exchange, ExchangeOptions } from '../../sandbox/exchange/start';
import { ewsClient } from './ews-client';
import type { EwsClient } from './ews-client';

export const ADA = { user: 'ada@contoso.example', password: 'päss:wörd' };
export const BOB = { user: 'bob@contoso.example', password: 'other' };

/** A simulator with the mailboxes of Ada and Bob, and a client signed in as Ada. */
export interface Simulator {
  readonly exchange: Exchange;
  readonly ada: EwsClient;
  readonly directory: string;
  close(): Promise<void>;
}

export async function openSimulator(options: Partial<ExchangeOptions> = {}): Promise<Simulator> {
  const directory = mkdtempSync(join(tmpdir(), 'exchange-simulator-'));
  const exchange = await startExchange({ data: directory, controlPort: false, ...options });
  for (const { user, password } of [ADA, BOB]) await exchange.addMailbox({ address: user, password });
  const ada = ewsClient(exchange, ADA);
  return {
    exchange,
    ada,
    directory,
    close: async () => {
      ada.close();
      await exchange.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
