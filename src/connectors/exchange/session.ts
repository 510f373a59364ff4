import type { Credential } from '../connector';
import type { Side } from '../../domain/mailbox';
import { Http, type HttpAnswer, type HttpRequest, type Sent, type Timeouts } from './http';
import { firstRefusal, HttpRefusal } from './refusal';
import { distinguishedFolderXml, envelope } from './soap/envelope';
import { OversizeAnswer, readAnswer, type Part } from './soap/answer';
import type { Element } from './soap/element';
import { refusalOf } from './soap/message';
import { endpointOf, type ExchangeSettings } from './settings';

export interface SessionOptions {
  settings: ExchangeSettings;
  /** The mailbox that is opened, whoever signs in. */
  address: string;
  credential: Credential;
  side: Side;
  timeouts: Timeouts;
}

/** What a request wants beyond its envelope. */
export interface Call {
  body: HttpRequest['body'];
  signal: AbortSignal;
  /** Set on requests that change the mailbox. */
  hold?: () => Promise<void>;
  /** Sees the answer's bytes as they arrive. */
  tap?: (bytes: Buffer) => void;
}

export interface Answer {
  /** Response messages in the server's order; to be read to the end or, once begun, given up by `return()`. */
  parts: AsyncGenerator<Part, void, undefined>;
  /** Gives up what was not read, though nothing was: a generator that was never begun cleans up nothing. Repeating it is harmless. */
  destroy(): void;
}

/**
 * One mailbox over EWS: the connections, the sign-in, and what a refused sign-in does to all requests.
 *
 * Once the mailbox is open, a 401 stops the pool: no request leaves until one small request has tried the sign-in again, since a
 * server that wants to be left in peace answers 401 at times. Refused again, every later request fails without asking the server.
 */
export class Session {
  readonly settings: ExchangeSettings;
  readonly address: string;
  readonly side: Side;
  private readonly http: Http;
  private opened = false;
  private trial: Promise<void> | undefined;
  private refused: HttpRefusal | undefined;

  constructor(options: SessionOptions) {
    this.settings = options.settings;
    this.address = options.address;
    this.side = options.side;
    this.http = new Http({
      endpoint: endpointOf(options.settings.serverName),
      connections: options.settings.connectionsPerMailbox ?? 3,
      ...(options.settings.certificateAuthority
        ? { certificateAuthority: options.settings.certificateAuthority }
        : {}),
      headers: { authorization: basic(options.credential), 'x-anchormailbox': headerSafe(options.address) },
      timeouts: options.timeouts,
    });
  }

  /** From now on a 401 may be the server's way to ask for peace. */
  markOpened(): void {
    this.opened = true;
  }

  /**
   * Sends a request. Repeated after a passing 401 only where it changes nothing.
   * @throws HttpRefusal, EwsRefusal, TransportFailure, MalformedAnswer, or the signal's reason
   */
  async call(call: Call): Promise<Answer> {
    await this.trial;
    if (this.refused) throw this.refused;
    try {
      return await this.once(call);
    } catch (error) {
      if (!(error instanceof HttpRefusal) || error.status !== 401 || !this.opened) throw error;
      await this.tryAgain(call.signal, error);
      if (call.hold || typeof call.body !== 'string')
        // Passing, and not done; a pause that this one mailbox was given must not be taken for the whole server's.
        throw new HttpRefusal(503, { signIns: error.details.signIns, sent: 'nothing' });
      return await this.once(call);
    }
  }

  /** All response messages of a small answer. Errors of single messages are left to the caller, a SOAP fault is thrown. */
  async messages(operation: string, signal: AbortSignal, hold?: () => Promise<void>): Promise<Element[]> {
    const answer = await this.call({
      body: envelope(this.settings.serverVersion, operation),
      signal,
      ...(hold ? { hold } : {}),
    });
    return collect(answer.parts);
  }

  distinguished(name: string): string {
    return distinguishedFolderXml(name, this.address);
  }

  async close(): Promise<void> {
    await this.http.close();
  }

  /** The answer of the service to a request it need not be signed in for; for **Test connection** and other transports. */
  raw(request: HttpRequest): Promise<HttpAnswer> {
    return this.http.send(request);
  }

  private async once(call: Call): Promise<Answer> {
    const answer = await this.http.send({
      method: 'POST',
      signal: call.signal,
      ...(call.body === undefined ? {} : { body: call.body }),
      ...(call.hold ? { hold: call.hold } : {}),
    });
    return soapAnswer(call.tap ? tapped(answer, call.tap) : answer, call.hold ? 'all' : 'nothing');
  }

  /** One request for all that were refused; it decides for all of them. */
  private async tryAgain(signal: AbortSignal, refusal: HttpRefusal): Promise<void> {
    // A refusal that was on its way while the trial was refused must not cost another one.
    this.throwIfRefused();
    this.trial ??= this.trySignIn(refusal).finally(() => (this.trial = undefined));
    await this.trial;
    signal.throwIfAborted();
    this.throwIfRefused();
  }

  private throwIfRefused(): void {
    if (this.refused) throw this.refused;
  }

  private async trySignIn(refusal: HttpRefusal): Promise<void> {
    const operation =
      '<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>' +
      `<m:FolderIds>${this.distinguished('msgfolderroot')}</m:FolderIds></m:GetFolder>`;
    const body = envelope(this.settings.serverVersion, operation);
    try {
      const answer = await this.once({ body, signal: AbortSignal.timeout(60_000) });
      await collect(answer.parts);
    } catch (error) {
      if (error instanceof HttpRefusal && error.status === 401) this.refused = refusal;
      // Any other trouble says nothing about the sign-in: the requests meet it themselves.
    }
  }
}

const mostCollected = 64 * 1024 * 1024;

/** Reads all messages, keeping bulk elements whole; a SOAP fault is thrown. For answers that are small by nature. */
export async function collect(parts: AsyncGenerator<Part, void, undefined>): Promise<Element[]> {
  const messages: Element[] = [];
  let held = 0;
  for await (const part of parts) {
    if (part.kind === 'bulk') {
      held += part.bytes.length;
      if (held > mostCollected) throw new OversizeAnswer('the answer is too long');
      (part.of.bulk ??= []).push(part.bytes);
    } else if (part.kind === 'message') messages.push(part.message);
  }
  return messages;
}

/** @throws HttpRefusal for what is no SOAP answer; EwsRefusal for a SOAP fault, while its parts are read */
export async function soapAnswer(answer: HttpAnswer, sent: Sent): Promise<Answer> {
  const type = String(answer.headers['content-type'] ?? '');
  const isXml = /^(text|application)\/(soap\+)?xml\b/i.test(type);
  if (!isXml || (answer.status !== 200 && answer.status !== 500)) {
    answer.destroy();
    throw firstRefusal(answer, sent);
  }
  return { parts: withoutFault(answer), destroy: () => answer.destroy() };
}

async function* withoutFault(answer: HttpAnswer): AsyncGenerator<Part, void, undefined> {
  try {
    for await (const part of readAnswer(answer.body)) {
      const refusal =
        part.kind === 'message' && part.message.name === 'Fault' ? refusalOf(part.message) : undefined;
      if (refusal) throw refusal;
      yield part;
    }
  } finally {
    answer.destroy();
  }
}

function tapped(answer: HttpAnswer, tap: (bytes: Buffer) => void): HttpAnswer {
  async function* pieces() {
    for await (const bytes of answer.body) {
      tap(bytes);
      yield bytes;
    }
  }
  return { ...answer, body: pieces() };
}

function basic(credential: Credential): string {
  return `Basic ${Buffer.from(`${credential.userName}:${credential.password}`, 'utf8').toString('base64')}`;
}

/** A header takes neither line ends nor what is not Latin-1; an address in other letters goes only into the request's XML. */
function headerSafe(address: string): string {
  return address.replace(/[^\x21-\x7e]/g, '');
}
