import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Call, WouldHaveSent } from '../call';
import { EwsError, schemaFault, SoapFault } from '../errors';
import { OPERATIONS } from '../operations';
import { onlyFolder } from '../operations/resolve';
import type { Policy } from '../policy';
import type { Mailbox } from '../store/mailbox';
import type { Mailboxes } from '../store/mailboxes';
import { Answer } from '../xml/answer';
import type { Element } from '../xml/element';
import { child, childText, NAMESPACES, spoolsIn } from '../xml/element';
import { MalformedRequest } from '../xml/read-request';
import { ClientGone, NullSink, ResponseSink } from './body-sink';
import { closeEnvelope, faultEnvelope, isSchemaVersion, openEnvelope } from './envelope';
import type { Faults, RequestFaults } from './faults';
import { Aborted, readBody, TooLarge } from './read-body';
import { refuseTooLarge } from './refuse';
import { reset } from './reset';
import { challenges, givenName, signIn } from './sign-in';
import type { Throttle } from './throttle';
import { Transfer } from './transfer';

/** What the server is made of; `policy` may change while it runs. */
export interface ServerState {
  readonly name: string;
  readonly mailboxes: Mailboxes;
  readonly faults: Faults;
  readonly throttle: Throttle;
  policy: Policy;
  readonly wouldHaveSent: WouldHaveSent[];
  /** Requests seen, by operation. */
  readonly requests: Map<string, number>;
  /** Sign-ins refused, by the user name given in lower case: what a server locks an account for. */
  readonly refused: Map<string, number>;
  /** Requests that are neither answered nor given up. */
  readonly underWay: Set<Transfer>;
}

const XML = 'text/xml; charset=utf-8';
const ENDPOINT = /^\/ews\/exchange\.asmx\/?$/i;

/** Answers one HTTP request. Never rejects. */
export async function handle(
  state: ServerState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    response.setHeader('Server', 'Microsoft-IIS/10.0');
    response.setHeader('request-id', randomUUID());
    response.setHeader('X-Powered-By', 'ASP.NET');
    response.setHeader('X-FEServer', state.name.toUpperCase());
    await route(state, request, response);
  } catch (error) {
    if (error instanceof Aborted || error instanceof ClientGone || response.destroyed) return;
    if (error instanceof TooLarge) return refuseTooLarge(request, response, state.policy);
    if (response.headersSent) return void response.destroy();
    if (error instanceof MalformedRequest) return sendFault(response, schemaFault(error.message));
    if (error instanceof EwsError) return sendFault(response, error);
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    sendFault(
      response,
      new SoapFault('ErrorInternalServerError', 'An internal server error occurred. The operation failed.'),
    );
  }
}

async function route(state: ServerState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  if (!ENDPOINT.test(path)) return send(request, response, 404);
  const account = signIn(request, state.mailboxes, state.policy);
  if (!account) {
    const userName = givenName(request);
    if (userName !== undefined) state.refused.set(userName, (state.refused.get(userName) ?? 0) + 1);
    response.setHeader(
      'WWW-Authenticate',
      challenges(state.policy, request.headers.host?.split(':')[0] ?? state.name),
    );
    return send(request, response, 401);
  }
  if (!state.policy.ewsEnabled || !account.settings.ewsEnabled) {
    response.setHeader('X-EWS-Policy-Reason', 'EWS is disabled for this mailbox.');
    return send(request, response, 403);
  }
  if (request.method === 'GET') {
    response.setHeader('Location', '/EWS/Services.wsdl');
    return send(request, response, 302);
  }
  if (request.method !== 'POST') return send(request, response, 405);
  if (!/^(text|application)\/(soap\+)?xml/i.test(request.headers['content-type'] ?? ''))
    return send(request, response, 415);
  const transfer = new Transfer(() => state.policy);
  state.underWay.add(transfer);
  try {
    await answerSoap(state, account, request, response, transfer);
  } finally {
    state.underWay.delete(transfer);
  }
}

async function answerSoap(
  state: ServerState,
  account: Mailbox,
  request: IncomingMessage,
  response: ServerResponse,
  transfer: Transfer,
): Promise<void> {
  const newSpool = () => account.contents.newSpool();
  const { envelope, sizeBytes } = await readBody(request, state.policy.requestLimitBytes, newSpool, transfer);
  try {
    const operation = operationOf(envelope);
    state.requests.set(operation.name, (state.requests.get(operation.name) ?? 0) + 1);
    const mailbox = actingMailbox(state, account, envelope);
    const address = mailbox.settings.address;
    const faults = state.faults.draw(operation.name, address);
    if (beforeWork(state, faults, request, response)) return;
    const leave = state.throttle.enter(address, state.policy);
    try {
      state.throttle.bytes(address, sizeBytes, state.policy);
      const call: Call = {
        mailboxes: state.mailboxes,
        policy: state.policy,
        account,
        mailbox,
        faults,
        wouldHaveSent: (sent) => state.wouldHaveSent.push(sent),
      };
      await perform(call, operation, response, transfer);
    } finally {
      leave();
    }
  } finally {
    for (const spool of spoolsIn(envelope)) spool.discard();
  }
}

function operationOf(envelope: Element): Element {
  if (envelope.name !== 'Envelope' || envelope.ns !== NAMESPACES.s)
    throw schemaFault('The root element is not a SOAP 1.1 envelope.');
  const header = child(envelope, 'Header');
  const version = header && child(header, 'RequestServerVersion')?.attrs['Version'];
  if (version !== undefined && !isSchemaVersion(version))
    throw new SoapFault('ErrorInvalidServerVersion', 'The specified server version is invalid.');
  const body = child(envelope, 'Body');
  const operation = body?.children[0];
  if (!operation) throw new SoapFault('ErrorInvalidRequest', 'The request is invalid.');
  if (!(operation.name in OPERATIONS) || operation.ns !== NAMESPACES.m)
    throw new SoapFault('ErrorInvalidOperation', `The operation '${operation.name}' is not supported.`);
  return operation;
}

/** The account's own mailbox, or the one that ExchangeImpersonation names. */
function actingMailbox(state: ServerState, account: Mailbox, envelope: Element): Mailbox {
  const header = child(envelope, 'Header');
  const impersonation = header && child(header, 'ExchangeImpersonation');
  const sid = impersonation && child(impersonation, 'ConnectingSID');
  if (!sid) return account;
  const address =
    childText(sid, 'PrimarySmtpAddress') ??
    childText(sid, 'SmtpAddress') ??
    childText(sid, 'PrincipalName') ??
    '';
  if (!account.settings.mayImpersonate)
    throw new SoapFault(
      'ErrorImpersonateUserDenied',
      'The account does not have permission to impersonate the requested user.',
    );
  const mailbox = state.mailboxes.byMailAddress(address);
  if (!mailbox)
    throw new SoapFault('ErrorNonExistentMailbox', 'The SMTP address has no mailbox associated with it.');
  return mailbox;
}

/** @returns whether a fault has already answered instead of the operation */
function beforeWork(
  state: ServerState,
  faults: RequestFaults,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  if (faults.get('resetBefore')) {
    reset(response);
    return true;
  }
  if (faults.get('unauthorized')) {
    response.setHeader(
      'WWW-Authenticate',
      challenges(state.policy, request.headers.host?.split(':')[0] ?? state.name),
    );
    send(request, response, 401);
    return true;
  }
  const http = faults.get('http');
  if (http) {
    if (http.retryAfterSeconds !== undefined)
      response.setHeader('Retry-After', String(http.retryAfterSeconds));
    if (http.status < 400) response.setHeader('Location', '/ews/genericerrorpage.htm');
    send(request, response, http.status);
    return true;
  }
  const fault = faults.soapFault();
  if (fault) throw fault;
  return false;
}

async function perform(
  call: Call,
  operation: Element,
  response: ServerResponse,
  transfer: Transfer,
): Promise<void> {
  const { faults } = call;
  const late = faults.get('late');
  if (late) {
    if (late.connection === 'reset') reset(response);
    await wait(late.ms);
  }
  if (faults.get('deleteTargetFolder')) deleteTarget(call, operation);
  const lost = faults.get('resetAfter') !== undefined || late?.connection === 'reset';
  const latency = faults.get('latency');
  if (lost) {
    await run(call, operation, new Answer(new NullSink()));
    return reset(response);
  }
  const answer = new Answer(
    new DelayedSink(
      response,
      operation.name,
      latency?.ms,
      new ResponseSink(response, transfer, faults.get('truncate')?.bytes),
    ),
  );
  await run(call, operation, answer);
  answer.raw(closeEnvelope(operation.name));
  await answer.flush();
  response.end();
}

async function run(call: Call, operation: Element, answer: Answer): Promise<void> {
  answer.raw(openEnvelope(operation.name));
  await OPERATIONS[operation.name]?.(call, operation, answer);
}

/** Sends the head of the answer with its first piece, so that a refusal before it can still be a fault of its own. */
class DelayedSink {
  private started = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly operation: string,
    private readonly delayMs: number | undefined,
    private readonly sink: ResponseSink,
  ) {}

  async write(piece: string | Buffer): Promise<void> {
    if (!this.started) {
      this.started = true;
      // An answer that is still to leave keeps no process alive.
      if (this.delayMs !== undefined) await wait(this.delayMs, undefined, { ref: false });
      if (!this.response.destroyed)
        this.response.writeHead(200, { 'Content-Type': XML, 'X-DiagInfo': this.operation });
    }
    await this.sink.write(piece);
  }
}

function deleteTarget(call: Call, operation: Element): void {
  const saved = child(operation, 'SavedItemFolderId') ?? child(operation, 'ToFolderId');
  if (!saved) return;
  const { mailbox, folder } = onlyFolder(call, saved);
  mailbox.removeFolder(folder.record);
}

function sendFault(response: ServerResponse, error: EwsError): void {
  const text = faultEnvelope(error);
  response.writeHead(500, { 'Content-Type': XML, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

/** A bare status; what the client still sends is read and dropped. */
function send(request: IncomingMessage, response: ServerResponse, status: number): void {
  request.resume();
  response.writeHead(status, { 'Content-Length': 0 });
  response.end();
}
