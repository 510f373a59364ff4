import type { Sent } from './http';

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
