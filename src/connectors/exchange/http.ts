import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import { trustedAuthorities } from './trust';

/** What went wrong below HTTP. `sent` says how much of the request's body may have left. */
export class TransportFailure extends Error {
  constructor(
    readonly code: string,
    readonly sent: Sent,
  ) {
    super(code);
  }
}

/** `nothing`: no byte of the body was written; `part`: its last byte surely was not; `all`: it may have been. */
export type Sent = 'nothing' | 'part' | 'all';

/** A body that may be taken only once; pieces are asked for when the socket can take them. */
export type OutgoingBody = string | AsyncIterable<string | Buffer>;

export interface HttpRequest {
  method: 'POST' | 'GET';
  body?: OutgoingBody;
  headers?: Readonly<Record<string, string>>;
  /** Asked before each piece of the body leaves and before the end of the body does; where it rejects the socket is destroyed. */
  hold?: () => Promise<void>;
  signal: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** To be read to its end or destroyed. Fails with `TransportFailure`. */
  body: AsyncIterable<Buffer>;
  destroy(): void;
}

export interface HttpOptions {
  endpoint: URL;
  /** Most connections, 1 or more. */
  connections: number;
  /** PEM of authorities trusted beside the usual ones. */
  certificateAuthority?: string;
  /** Sent with every request; may hold the sign-in, and is not told to anybody else. */
  headers: Readonly<Record<string, string>>;
  timeouts: Timeouts;
}

export interface Timeouts {
  connectMs: number;
  /** From the last byte of the request to the first of the answer. */
  headersMs: number;
  /** Between two pieces of the answer. */
  bodyMs: number;
}

export const defaultTimeouts: Timeouts = { connectMs: 20_000, headersMs: 150_000, bodyMs: 120_000 };

/** The same for servers that answer `scale` times faster. */
export function fasterTimeouts({ connectMs, headersMs, bodyMs }: Timeouts, scale: number): Timeouts {
  return { connectMs: connectMs / scale, headersMs: headersMs / scale, bodyMs: bodyMs / scale };
}

const mostCookies = 30;
const longestCookie = 4096;

/**
 * HTTPS to one server for one mailbox: its own connections, its own cookies. Follows no redirect and repeats nothing.
 * What it throws holds neither headers nor bodies.
 */
export class Http {
  private readonly agent: Agent;
  private readonly cookies = new Map<string, string>();
  private readonly closing = new AbortController();

  constructor(private readonly options: HttpOptions) {
    this.agent = new Agent({
      connections: options.connections,
      pipelining: 1,
      // Without an allowance for clocks a request could meet a connection that the server is just closing.
      keepAliveTimeout: 15_000,
      keepAliveMaxTimeout: 60_000,
      keepAliveTimeoutThreshold: 2_000,
      headersTimeout: options.timeouts.headersMs,
      bodyTimeout: options.timeouts.bodyMs,
      maxHeaderSize: 64 * 1024,
      connect: {
        timeout: options.timeouts.connectMs,
        secureContext: trustedAuthorities(options.certificateAuthority),
      },
    });
  }

  /** @throws TransportFailure, or the signal's reason */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const progress: { sent: Sent } = { sent: 'nothing' };
    const signal = AbortSignal.any([request.signal, this.closing.signal]);
    try {
      const answer = await this.agent.request({
        origin: this.options.endpoint.origin,
        path: this.options.endpoint.pathname,
        method: request.method,
        headers: this.headersOf(request),
        body: outgoing(request, progress),
        signal,
      });
      this.keepCookies(answer.headers['set-cookie']);
      return this.incoming(answer, request.signal, progress);
    } catch (error) {
      throw this.failure(error, request.signal, progress.sent);
    }
  }

  /** Ends all connections; requests on their way fail. Repeating it is harmless. */
  async close(): Promise<void> {
    this.closing.abort(new TransportFailure('Closed', 'all'));
    await this.agent.destroy();
  }

  private headersOf(request: HttpRequest): Record<string, string> {
    const cookies = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return {
      'user-agent': 'Mailporter',
      accept: 'text/xml',
      'client-request-id': randomUUID(),
      'return-client-request-id': 'false',
      ...(request.body === undefined ? {} : { 'content-type': 'text/xml; charset=utf-8' }),
      ...this.options.headers,
      ...request.headers,
      ...(cookies === '' ? {} : { cookie: cookies }),
    };
  }

  /** Cookies keep a mailbox on the server that has it open; they go back to this one origin only. */
  private keepCookies(header: string | string[] | undefined): void {
    for (const line of [header ?? []].flat()) {
      const [pair = '', ...attributes] = line.split(';');
      const at = pair.indexOf('=');
      const name = pair.slice(0, at).trim();
      const value = pair.slice(at + 1).trim();
      if (
        at < 1 ||
        pair.length > longestCookie ||
        !/^[\x21-\x7e]+$/.test(name) ||
        !/^[\x20-\x7e]*$/.test(value)
      )
        continue;
      if (value === '' || attributes.some(isExpired)) this.cookies.delete(name);
      else if (this.cookies.has(name) || this.cookies.size < mostCookies) this.cookies.set(name, value);
    }
  }

  private incoming(
    answer: Dispatcher.ResponseData,
    signal: AbortSignal,
    progress: { sent: Sent },
  ): HttpAnswer {
    const failure = (error: unknown) => this.failure(error, signal, progress.sent);
    async function* pieces(): AsyncGenerator<Buffer> {
      try {
        for await (const piece of answer.body) yield piece as Buffer;
      } catch (error) {
        throw failure(error);
      }
    }
    // An answer nobody reads must not end the process when its connection is destroyed.
    answer.body.on('error', () => undefined);
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: pieces(),
      destroy: () => answer.body.destroy(),
    };
  }

  private failure(error: unknown, signal: AbortSignal, sent: Sent): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof PassedThrough) return error.reason;
    if (error instanceof TransportFailure) return error;
    const code = codeOf(error);
    return new TransportFailure(code, unconnected.has(code) ? 'nothing' : sent);
  }
}

/** Wraps what a body's own source threw, so that it comes out as it is. */
class PassedThrough extends Error {
  constructor(readonly reason: unknown) {
    super('body failed');
  }
}

function outgoing({ body, hold }: HttpRequest, progress: { sent: Sent }): string | Readable | null {
  if (body === undefined) return null;
  if (typeof body === 'string' && !hold) {
    progress.sent = 'all';
    return body;
  }
  const pieces = typeof body === 'string' ? [body] : body;
  // Each piece is handed out one behind, so that `all` is said before the last one leaves, and asks for leave when it goes.
  async function* counted(): AsyncGenerator<Buffer> {
    let held: Buffer | undefined;
    try {
      for await (const piece of pieces) {
        if (held) {
          await hold?.();
          progress.sent = 'part';
          yield held;
        }
        held = Buffer.from(piece as string);
      }
      await hold?.();
      progress.sent = 'all';
      if (held) yield held;
      await hold?.();
    } catch (error) {
      throw new PassedThrough(error);
    }
  }
  // undici takes any async iterable and asks it for the next piece only when the socket has room; its types know streams only.
  return counted() as unknown as Readable;
}

function isExpired(attribute: string): boolean {
  const [name = '', value = ''] = attribute.split('=').map((each) => each.trim());
  if (/^max-age$/i.test(name)) return Number(value) <= 0;
  return /^expires$/i.test(name) && Date.parse(value) < Date.now();
}

/** The code that says most: a failure to connect may be wrapped. Looks at no message, which may hold anything. */
function codeOf(error: unknown): string {
  for (
    let at: unknown = error;
    typeof at === 'object' && at !== null;
    at = 'cause' in at ? at.cause : undefined
  ) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return 'Unknown';
}

/** Codes of connections that never came to be, over which nothing can have been sent. */
const unconnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
