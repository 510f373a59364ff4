import { once } from 'node:events';
import { createServer } from 'node:https';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { issueCertificate, openAuthority } from './authority';
import type { WouldHaveSent } from './call';
import { openControl } from './control';
import type { Mailbox } from './store/mailbox';
import { Mailboxes } from './store/mailboxes';
import type { NewMailbox } from './store/mailboxes';
import { DEFAULT_POLICY, policySchema } from './policy';
import type { Policy } from './policy';
import { fillMailbox } from './sample/fill';
import type { Sample } from './sample/fill';
import { faultSchema, Faults } from './server/faults';
import type { FaultInput } from './server/faults';
import type { ServerState } from './server/handle';
import { handle } from './server/handle';
import { rememberConnections } from './server/reset';
import { Throttle } from './server/throttle';

export interface ExchangeOptions {
  /** Name of the organisation, such as Contoso. */
  readonly name?: string;
  /** Address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** HTTPS port; a free one by default. */
  readonly port?: number;
  /** HTTP port of the control API on 127.0.0.1; a free one by default, `false` for none. */
  readonly controlPort?: number | false;
  /** Directory of the mailboxes. */
  readonly data: string;
  /** Directory of the certificate authority; `data` by default. */
  readonly ca?: string;
  /** Names beside localhost and 127.0.0.1 that the certificate is good for. */
  readonly hostNames?: readonly string[];
  readonly policy?: Partial<Policy>;
}

/** A running simulator. */
export interface Exchange {
  readonly ewsUrl: string;
  /** Path of the authority's certificate as PEM. */
  readonly ca: string;
  /** URL of the control API; empty where there is none. */
  readonly control: string;
  readonly mailboxes: Mailboxes;
  readonly state: ServerState;
  /** Makes a mailbox, filled by the sample generator where `sample` is given. @throws Error where the address is taken */
  addMailbox(mailbox: NewMailbox & { readonly sample?: Sample }): Promise<Mailbox>;
  /** @throws Error where there is none */
  mailbox(address: string): Mailbox;
  setPolicy(change: Partial<Policy>): void;
  addFault(fault: FaultInput): void;
  clearFaults(): void;
  /** Mails and invitations that a real server would have sent. */
  sent(): readonly WouldHaveSent[];
  /** Ends all connections; what was acknowledged is on disk. */
  close(): Promise<void>;
}

/** Starts a simulator on what its data directory holds. */
export async function startExchange(options: ExchangeOptions): Promise<Exchange> {
  const authority = await openAuthority(options.ca ?? options.data);
  const certificate = await issueCertificate(authority, [
    'localhost',
    '127.0.0.1',
    ...(options.hostNames ?? []),
  ]);
  const state: ServerState = {
    name: options.name ?? 'Contoso',
    mailboxes: await Mailboxes.open(join(options.data, 'mailboxes')),
    faults: new Faults(),
    throttle: new Throttle(),
    policy: { ...DEFAULT_POLICY, ...options.policy },
    wouldHaveSent: [],
    requests: new Map(),
    refused: new Map(),
    underWay: new Set(),
  };
  const server = createServer(
    { ...certificate, keepAliveTimeout: 120_000, requestTimeout: 0 },
    (request, response) => void handle(state, request, response),
  );
  server.on('tlsClientError', () => undefined);
  rememberConnections(server);
  const port = await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  const exchange = running(
    state,
    `https://localhost:${port}/EWS/Exchange.asmx`,
    authority.certificatePath,
    server,
  );
  if (options.controlPort === false) return exchange;
  const control = openControl(exchange);
  const controlPort = await listen(control, options.controlPort ?? 0, '127.0.0.1');
  const close = async (): Promise<void> => {
    control.close();
    control.closeAllConnections();
    await exchange.close();
  };
  return { ...exchange, control: `http://127.0.0.1:${controlPort}`, close };
}

function running(state: ServerState, ewsUrl: string, ca: string, server: Server): Exchange {
  return {
    ewsUrl,
    ca,
    control: '',
    mailboxes: state.mailboxes,
    state,
    addMailbox: async ({ sample, ...mailbox }) => {
      const made = await state.mailboxes.add(mailbox);
      if (sample) await fillMailbox(made, sample);
      return made;
    },
    mailbox: (address) => {
      const found = state.mailboxes.byMailAddress(address);
      if (!found) throw new Error(`there is no mailbox ${address}`);
      return found;
    },
    setPolicy: (change) => {
      state.policy = policySchema.parse({ ...state.policy, ...change });
    },
    addFault: (fault) => state.faults.add(faultSchema.parse(fault)),
    clearFaults: () => state.faults.clear(),
    sent: () => state.wouldHaveSent,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      state.mailboxes.close();
    },
  };
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}
