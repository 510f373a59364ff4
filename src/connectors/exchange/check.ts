import { lookup } from 'node:dns/promises';
import type { FaultText } from '../../domain/faults';
import type { CheckReport, Credential } from '../connector';
import { certificateFaults, notTls } from './codes';
import { checkMailbox } from './check-mailbox';
import { Steps, textOfFault } from './check-steps';
import { faultOf, microsoftText, noBasicMessage } from './faults';
import { defaultTimeouts, Http, TransportFailure } from './http';
import { firstRefusal, signInsOf } from './refusal';
import { endpointOf, InvalidServerName, isMicrosoft365, type ExchangeSettings } from './settings';

/** The steps of **Test connection**, in order; the first that fails for the whole server ends it. */
export async function checkExchange(
  settings: ExchangeSettings,
  mailbox: { address: string; credential: Credential; write: boolean } | undefined,
  signal: AbortSignal,
): Promise<CheckReport> {
  const steps = new Steps();
  const usable = await checkServer(settings, steps, signal);
  if (usable && mailbox) await checkMailbox(settings, mailbox, steps, signal);
  if (usable && !mailbox) {
    steps.grey('version', 'Known after the first sign-in.');
    steps.grey('mailbox', 'Known after the first sign-in.');
  }
  signal.throwIfAborted();
  return { steps: steps.list(), usable: usable && !steps.isRed('version') };
}

/** Whether a sign-in was found that works with a typed password. */
async function checkServer(settings: ExchangeSettings, steps: Steps, signal: AbortSignal): Promise<boolean> {
  const endpoint = nameOf(settings, steps);
  if (!endpoint) return false;
  if (isMicrosoft365(endpoint)) {
    steps.green('name', `${endpoint.hostname} belongs to Microsoft 365.`);
    steps.red('signIns', microsoftText);
    return false;
  }
  if (!(await resolves(endpoint, steps))) return false;
  const { certificateAuthority } = settings;
  const http = new Http({
    ...{
      endpoint,
      connections: 1,
      headers: {},
      timeouts: { ...defaultTimeouts, headersMs: 20_000, bodyMs: 20_000 },
    },
    ...(certificateAuthority ? { certificateAuthority } : {}),
  });
  try {
    return await checkService(http, endpoint, steps, signal);
  } finally {
    await http.close();
  }
}

function nameOf(settings: ExchangeSettings, steps: Steps): URL | undefined {
  try {
    return endpointOf(settings.serverName);
  } catch (error) {
    const text = error instanceof InvalidServerName ? error.message : 'This is no server name.';
    steps.red('name', { code: 'InvalidServerName', remedy: 'checkServerName', message: text });
    return undefined;
  }
}

async function resolves(endpoint: URL, steps: Steps): Promise<boolean> {
  const host = endpoint.hostname.replace(/^\[|\]$/g, '');
  try {
    await lookup(host);
    steps.green('name', `${host} is known.`);
    return true;
  } catch {
    const message = `There is no server named ${host}. Check the spelling, and whether this name is known where Mailporter runs.`;
    steps.red('name', { code: 'ENOTFOUND', remedy: 'checkServerName', message });
    return false;
  }
}

/** Asks without signing in: a server that has EWS says 401 and which sign-ins it takes. */
async function checkService(http: Http, endpoint: URL, steps: Steps, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await http.send({ method: 'GET', signal });
    answer.destroy();
    steps.green('tls', 'The connection is protected, and the server’s certificate is good.');
    if (answer.status === 401)
      return checkSignIns(signInsOf(answer.headers['www-authenticate']), endpoint, steps);
    steps.red('service', refusedService(answer));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const text = textOfFault(faultOf(error, { side: 'source', about: 'open' }));
    steps.red(isOfTls(error) ? 'tls' : 'service', text);
  }
  return false;
}

function isOfTls(error: unknown): boolean {
  return error instanceof TransportFailure && (error.code in certificateFaults || notTls.has(error.code));
}

function refusedService(answer: Parameters<typeof firstRefusal>[0]): FaultText {
  if (answer.status === 200) {
    const message =
      'The server answers without asking for a sign-in: this is not EWS, or something stands in front of it.';
    return { code: 'HTTP 200', remedy: 'checkServerName', message };
  }
  return textOfFault(faultOf(firstRefusal(answer, 'nothing'), { side: 'source', about: 'open' }));
}

function checkSignIns(offered: readonly string[], endpoint: URL, steps: Steps): boolean {
  steps.green('service', `EWS answers at ${endpoint.pathname}.`);
  if (offered.includes('basic')) {
    steps.green('signIns', 'The server takes a typed name and password (Basic).');
    return true;
  }
  const message =
    offered.length === 0 ? 'The server does not say which sign-ins it takes.' : noBasicMessage(offered);
  steps.red('signIns', { code: 'BasicNotOffered', remedy: 'enableBasic', message });
  return false;
}
