import { Fault, type FaultDetails, type FaultText, type ItemReason, type Remedy } from '../../domain/faults';
import type { Side } from '../../domain/mailbox';
import { certificateFaults, meaningOf, notTls, readDenied, words, writeDenied, type Meaning } from './codes';
import { TransportFailure } from './http';
import { EwsRefusal, HttpRefusal } from './refusal';
import { InvalidServerName } from './settings';
import { MalformedAnswer, OversizeAnswer } from './soap/answer';

/** What a request was about, as far as it decides what its failure means. */
export interface Request {
  side: Side;
  /**
   * `open`: the first of a mailbox; `folder`: one folder; `read`: items of one, whose word is not taken for their folder's; `put`: items into
   * a folder; `other`: the mailbox at large.
   */
  about: 'open' | 'folder' | 'read' | 'put' | 'other';
  /** Of content, that a put carries. */
  sizeBytes?: number;
  /** Others of the folder may be written just now: who may not write one is refused that one. */
  takesOthers?: boolean;
}

/** From this size on a bare 400 or 404 to a put is the request limit of the web server in front. */
export const surelyLargeBytes = 8 * 1024 * 1024;

const second = 1000;
const busyPauseMs = 60 * second;
/** The server names no wait: "try again once your other requests have completed". */
const crowdedPauseMs = second;
const longestPauseMs = 24 * 60 * 60 * second;

/** The only place where answers of an Exchange become kinds. What is unknown may pass and is tried again. */
export function faultOf(error: unknown, request: Request): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof EwsRefusal) return ofRefusal(error, request);
  if (error instanceof HttpRefusal) return ofStatus(error, request);
  if (error instanceof TransportFailure) return ofTransport(error, request);
  if (error instanceof InvalidServerName) {
    return fault(fatal(request), error.fault, 'checkServerName', error.message, true);
  }
  if (error instanceof MalformedAnswer) {
    const message =
      error.code === 'Truncated'
        ? 'The answer ended before it was complete.'
        : 'The answer is no EWS answer.';
    return fault({ kind: 'retryable' }, `${error.code}Answer`, 'wait', message);
  }
  if (error instanceof OversizeAnswer) {
    return fault(
      { kind: 'retryable', tooLarge: true },
      'OversizeAnswer',
      'askSupport',
      'The answer is larger than any honest one.',
    );
  }
  const name = error instanceof Error ? error.name : 'Unknown';
  return fault(
    { kind: 'retryable' },
    name,
    'askSupport',
    'Something unforeseen happened while talking to the server.',
  );
}

/** The same fault, saying that the server surely did nothing. */
export function asNotDone(found: Fault): Fault {
  return found.notDone ? found : new Fault(found.details, found.text, true);
}

/** Whether the server surely did nothing of a request that failed so. */
function fault(details: FaultDetails, code: string, remedy: Remedy, message: string, notDone = false): Fault {
  return new Fault(details, { code, remedy, message } satisfies FaultText, notDone);
}

type Pause = Extract<FaultDetails, { kind: 'throttled' }>;

const fatal = (request: Request): FaultDetails => ({ kind: 'fatal', side: request.side });

function pause(retryAfterMs: number, scope: 'mailbox' | 'connector'): Pause {
  return { kind: 'throttled', retryAfterMs: Math.min(longestPauseMs, Math.max(second, retryAfterMs)), scope };
}

function busy(code: string, backOffMs: number | undefined): FaultDetails {
  if (code === 'ErrorExceededConnectionCount')
    return { ...pause(backOffMs ?? crowdedPauseMs, 'mailbox'), crowded: true };
  return pause(backOffMs ?? (code === 'ErrorServerBusy' ? busyPauseMs : crowdedPauseMs), 'mailbox');
}

function ofRefusal(error: EwsRefusal, request: Request): Fault {
  const code =
    error.code === 'ErrorInternalServerError' && error.details.innerCode === 'ErrorServerBusy'
      ? 'ErrorServerBusy'
      : error.code;
  const meaning = meaningOf(code);
  if (!meaning)
    return fault(
      { kind: 'retryable' },
      code,
      'wait',
      'The server refused the request for a reason of its own.',
    );
  const { remedy, message } = words[meaning];
  // What refuses a request before it looks at its items has done nothing.
  const notDone = !['passing', 'overburdened'].includes(meaning);
  return fault(
    detailsOf(meaning, code, error, request),
    code,
    remedyFor(meaning, remedy, request),
    message,
    notDone,
  );
}

function detailsOf(meaning: Meaning, code: string, error: EwsRefusal, request: Request): FaultDetails {
  const side = request.side;
  switch (meaning) {
    case 'busy':
      return busy(code, error.details.backOffMs);
    case 'overburdened':
      return { kind: 'retryable', tooLarge: true };
    case 'signIn':
      return { kind: 'credential', side };
    case 'noAccess':
      return request.about === 'open' || request.about === 'other'
        ? fatal(request)
        : { kind: 'folder', side, reason: 'refused' };
    case 'folderGone':
    case 'folderBad':
    case 'idBad':
    case 'itemGone':
      if (request.about === 'open') return fatal(request);
      if (request.about === 'read' || request.about === 'other') return { kind: 'retryable' };
      return { kind: 'folder', side, reason: meaning === 'folderBad' ? 'refused' : 'gone' };
    case 'noMailbox':
    case 'blocked':
    case 'quota':
      return fatal(request);
    case 'requestBad':
      if (request.about === 'open') return fatal(request);
      return request.about === 'put' ? { kind: 'retryable', tooLarge: true } : { kind: 'retryable' };
    case 'passing':
    case 'itemBad':
    case 'itemTooLarge':
    case 'conflict':
      return { kind: 'retryable' };
  }
}

/** An Exchange hides a mailbox from those without a right to it: it says that the folder is not there. */
function remedyFor(meaning: Meaning, usual: Remedy, request: Request): Remedy {
  return request.about === 'open' && (meaning === 'folderGone' || meaning === 'itemGone')
    ? 'grantAccess'
    : usual;
}

function ofStatus(error: HttpRefusal, request: Request): Fault {
  const { status, details } = error;
  const code = `HTTP ${status}`;
  const made = (kind: FaultDetails, remedy: Remedy, message: string, notDone = false) =>
    fault(kind, details.policyReason ?? code, remedy, message, notDone);
  if (status === 401) return refusedSignIn(error, request);
  if (status === 403)
    return made(fatal(request), 'openEws', 'The server does not let this mailbox be reached over EWS.', true);
  if (status === 413 || isTooLarge(status, request)) {
    return made(
      { kind: 'retryable', tooLarge: true },
      'raiseRequestLimit',
      'The request is larger than the server takes.',
      true,
    );
  }
  if (status === 404 || status === 405 || status === 410) {
    // Where it was a moment ago it may be again in a moment; where it is not, the next opening says so.
    const isPassing = status === 404 && request.about !== 'open';
    return made(
      isPassing ? { kind: 'retryable' } : fatal(request),
      'checkServerName',
      'There is no EWS service at this address.',
      true,
    );
  }
  if (details.leadsTo && details.leadsTo !== 'errorPage') {
    return made(
      fatal(request),
      'checkServerName',
      `The server sends on to ${details.leadsTo}, which is not followed.`,
      true,
    );
  }
  if (details.retryAfterMs !== undefined) {
    return made(
      pause(details.retryAfterMs, isFrontDoor(status) ? 'connector' : 'mailbox'),
      'wait',
      'The server asks for a pause.',
      status === 429,
    );
  }
  if (status === 429)
    return made(pause(busyPauseMs, 'mailbox'), 'wait', 'The server asks for a pause.', true);
  if (status === 200)
    return made({ kind: 'retryable' }, 'checkServerName', 'The server answered with a page instead of EWS.');
  return made(
    { kind: 'retryable' },
    'wait',
    'The server does not answer as it should just now.',
    details.sent === 'nothing',
  );
}

/**
 * Whether a put was refused for its size. IIS says 404 (404.13), as it does where there is no EWS; a service behind it says 400, as to what
 * is ill-formed, which is found by halving.
 */
function isTooLarge(status: number, { about, sizeBytes = 0 }: Request): boolean {
  return about === 'put' && (status === 400 || (status === 404 && sizeBytes >= surelyLargeBytes));
}

/**
 * Whether a status comes from in front of EWS, where mailboxes are not told apart. Exchange counts budgets by the account that signs in,
 * and by the mailbox under impersonation, and says so in SOAP: `ErrorServerBusy`, `ErrorExceededConnectionCount`. A bare 503 means that
 * requests queue in IIS, before EWS has looked whose they are; EWS itself never answers 429, which comes from what stands before the
 * server and counts whoever connects, that is, all of a worker's mailboxes.
 * @see https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange (tables 3 and 4)
 * @see RFC 6585 4, RFC 9110 15.6.4
 */
function isFrontDoor(status: number): boolean {
  return status === 503 || status === 429;
}

export const refusedText: FaultText = {
  code: 'HTTP 401',
  remedy: 'checkNameAndPassword',
  message:
    'The server refused this name and password. It does not say why: mistyped, expired, to be changed first, or locked. ' +
    'Sign in once at the web mail, then try again.',
};

export const microsoftText: FaultText = {
  code: 'Microsoft365',
  remedy: 'checkServerName',
  message: 'Microsoft accepts no typed password here.',
};

function refusedSignIn(error: HttpRefusal, request: Request): Fault {
  const offered = error.details.signIns;
  if (offered.includes('basic') || offered.length === 0) {
    const text: FaultText =
      request.about === 'open' ? refusedText : { ...refusedText, remedy: 'signInAgain' };
    return new Fault({ kind: 'credential', side: request.side }, text, true);
  }
  return fault(fatal(request), 'BasicNotOffered', 'enableBasic', noBasicMessage(offered), true);
}

/** What is offered instead of Basic, and the command that offers it. */
export function noBasicMessage(offered: readonly string[]): string {
  return (
    `The server offers ${offered.map(schemeName).join(' and ')} but not Basic, the one sign-in that works with a typed name and ` +
    'password here. Its administrator enables it with ' +
    'Set-WebServicesVirtualDirectory -Identity "<server>\\EWS (Default Web Site)" -BasicAuthentication $true and then iisreset.'
  );
}

const schemeNames: Readonly<Record<string, string>> = {
  ntlm: 'NTLM',
  negotiate: 'Negotiate',
  bearer: 'Bearer',
  kerberos: 'Kerberos',
  digest: 'Digest',
};
const schemeName = (scheme: string) => schemeNames[scheme] ?? 'a sign-in of its own';

function ofTransport(error: TransportFailure, request: Request): Fault {
  const notDone = error.sent !== 'all';
  const certificate = certificateFaults[error.code];
  if (certificate) {
    const remedy = `${certificate} Give the authority’s certificate on the connector, or have the server’s certificate put right.`;
    return fault(fatal(request), error.code, 'checkCertificate', remedy, true);
  }
  if (notTls.has(error.code)) {
    return fault(
      fatal(request),
      error.code,
      'checkServerName',
      'The server does not speak TLS at this address.',
      true,
    );
  }
  if (error.code === 'ENOTFOUND') {
    return fault(
      { kind: 'retryable' },
      error.code,
      'checkServerName',
      'There is no server of this name.',
      notDone,
    );
  }
  const timedOut = /TIMEOUT|TIMEDOUT/.test(error.code);
  const message = timedOut ? 'The server did not answer in time.' : 'The connection to the server broke.';
  return fault({ kind: 'retryable' }, error.code, 'wait', message, notDone);
}

/** What one item's refusal means, apart from the request it was part of. */
export type ItemVerdict =
  | { kind: 'gone' }
  | { kind: 'conflict' }
  | { kind: 'failed'; reason: ItemReason }
  /** Passing, or no item's business; `notDone` where it was surely not put. */
  | { kind: 'fault'; fault: Fault };

/** Of all that says that a right is missing, what may be said of one item: a private one, or one that a rule of the server keeps out. */
const itemDenied = new Set(['ErrorAccessDenied', 'ErrorCreateItemAccessDenied']);

/** Whether it may be the item that may not be read or written, and not its folder. */
export function mayBeOfItem({ code, details }: EwsRefusal): boolean {
  return details.ofOneItem && itemDenied.has(code);
}

function isDenied(refusal: EwsRefusal, { about, takesOthers }: Request): boolean {
  return mayBeOfItem(refusal) && (about === 'read' || takesOthers === true);
}

/** A code that is unknown says that this one item is refused: it is named in the report and tried again on Retry. */
export function itemVerdict(refusal: EwsRefusal, request: Request): ItemVerdict {
  if (refusal.code === 'ErrorBatchProcessingStopped') {
    const message = 'The server stopped before it came to this item.';
    return {
      kind: 'fault',
      fault: fault({ kind: 'retryable', tooLarge: true }, refusal.code, 'wait', message, true),
    };
  }
  if (isDenied(refusal, request)) {
    const reason = request.side === 'source' ? readDenied : writeDenied;
    return { kind: 'failed', reason: { code: refusal.code, ...reason } };
  }
  const meaning = meaningOf(refusal.code);
  switch (meaning) {
    case 'itemGone':
      return { kind: 'gone' };
    case 'conflict':
      return { kind: 'conflict' };
    case 'itemTooLarge':
      return { kind: 'failed', reason: { code: refusal.code, ...words.itemTooLarge } };
    case undefined:
    case 'idBad':
    case 'itemBad':
    case 'requestBad':
      return { kind: 'failed', reason: { code: refusal.code, ...words.itemBad } };
    default:
      return { kind: 'fault', fault: faultOf(refusal, request) };
  }
}
