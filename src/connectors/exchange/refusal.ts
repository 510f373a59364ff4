import type { HttpAnswer, Sent } from './http';

/** The server answered HTTP with something that is no SOAP answer to the request. */
export class HttpRefusal extends Error {
  constructor(
    readonly status: number,
    readonly details: {
      /** Sign-ins the server offers, lower case, as `WWW-Authenticate` names them. */
      signIns: readonly string[];
      /** Of Exchange's own 403: why EWS is blocked. */
      policyReason?: string;
      /** As said by `Retry-After` or `X-RetryAfter`. */
      retryAfterMs?: number;
      /** Where a redirect leads: a host, or `errorPage` for Exchange's own page for passing troubles. */
      leadsTo?: string;
      sent: Sent;
    },
  ) {
    super(`HTTP ${status}`);
  }
}

/** The server answered SOAP, and it is an error: a fault for the whole request, or the error of one response message. */
export class EwsRefusal extends Error {
  constructor(
    /** The response code, for example `ErrorServerBusy`. */
    readonly code: string,
    readonly details: {
      /** False where it came as a SOAP fault or as one error for a whole batch. */
      ofOneItem: boolean;
      backOffMs?: number;
      /** A busy server may hide behind `ErrorInternalServerError`. */
      innerCode?: string;
    },
  ) {
    super(code);
  }

  /** The same, as the answer to a whole request. */
  ofWholeRequest(): EwsRefusal {
    return new EwsRefusal(this.code, { ...this.details, ofOneItem: false });
  }
}

/** What an HTTP answer that is no SOAP answer says. */
export function firstRefusal(
  answer: Pick<HttpAnswer, 'status' | 'headers'>,
  sent: Sent,
  nowMs = Date.now(),
): HttpRefusal {
  const one = (name: string) => [answer.headers[name] ?? []].flat()[0];
  const retryAfterMs = pauseFrom(one('retry-after'), nowMs);
  const policy = one('x-ews-policy-reason');
  const location = one('location');
  return new HttpRefusal(answer.status, {
    signIns: signInsOf(answer.headers['www-authenticate']),
    sent,
    ...(policy === undefined ? {} : { policyReason: /^[\w .-]{1,80}$/.test(policy) ? policy : 'EwsPolicy' }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(location === undefined || answer.status < 300 || answer.status > 399
      ? {}
      : { leadsTo: placeOf(location) }),
  });
}

/** `Retry-After` in seconds or as a date. @see RFC 9110 10.2.3 */
function pauseFrom(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** The schemes of all challenges, whether in one header or several. @see RFC 9110 11.6.1 */
export function signInsOf(header: string | string[] | undefined): string[] {
  const schemes = [header ?? []].flat().flatMap((line) =>
    line
      .replace(/"(\\.|[^"\\])*"/g, '""')
      .split(',')
      .map((each) => /^\s*([A-Za-z][\w-]*)(?=\s*$|\s+[^=\s])/.exec(each)?.[1]?.toLowerCase())
      .filter((each) => each !== undefined),
  );
  return [...new Set(schemes)];
}

function placeOf(location: string): string {
  if (/\/ews\/genericerrorpage\.htm/i.test(location)) return 'errorPage';
  return URL.canParse(location) ? new URL(location).host : 'another page of its own';
}
