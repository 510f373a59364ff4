import { createHmac } from 'node:crypto';
import cookieParser from 'cookie-parser';
import { doubleCsrf } from 'csrf-csrf';
import express, { type Request, type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import type { WebConfig } from '../config';
import { PageFault } from './faults';

/** Whether browsers reach us by https, so that cookies are sent over nothing else. */
export const isHttps = (config: Pick<WebConfig, 'PUBLIC_URL'>): boolean =>
  config.PUBLIC_URL.startsWith('https:');

/** Headers of every answer: nothing is loaded from another host, nothing inline runs, nobody frames us. */
export function securityHeaders(config: Pick<WebConfig, 'PUBLIC_URL'>): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        objectSrc: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: isHttps(config) ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    frameguard: { action: 'deny' },
  });
}

/** Reads ordinary forms; at most `64 kB` and 500 fields. A pasted list goes through the upload's own reader. */
export const readForm: RequestHandler = express.urlencoded({
  extended: false,
  limit: '64kb',
  parameterLimit: 500,
});

/** A key for one purpose, made of the session secret, so that no two purposes share one. */
export function derivedKey(config: Pick<WebConfig, 'SESSION_SECRET_FILE'>, purpose: string): string {
  return createHmac('sha256', config.SESSION_SECRET_FILE).update(`mailporter ${purpose}`).digest('base64url');
}

/**
 * Refuses every form that was not opened here (a signed double-submit cookie, bound to the administrator's session where there is one),
 * and gives pages their token as `csrfToken` (the partial `csrf`). Works without a session, for `/m/`.
 */
export function csrf(
  config: Pick<WebConfig, 'SESSION_SECRET_FILE' | 'PUBLIC_URL'>,
  area: 'user' | 'administrator',
): RequestHandler[] {
  const secure = isHttps(config);
  // An administrator opens users' pages in the same browser: one area's token must not replace the other's.
  const cookie = `mailporter-${area}-form`;
  const { doubleCsrfProtection, generateCsrfToken } = doubleCsrf({
    getSecret: () => derivedKey(config, 'csrf'),
    getSessionIdentifier: (request) => boundTo(request),
    cookieName: secure ? `__Host-${cookie}` : cookie,
    cookieOptions: { secure, sameSite: 'lax', httpOnly: true, path: '/' },
    getCsrfTokenFromRequest: tokenOf,
  });
  const giveToken: RequestHandler = (request, response, next) => {
    // Asked for only where a page prints it: an answer without a form sets no cookie.
    Object.defineProperty(response.locals, 'csrfToken', {
      enumerable: true,
      get: () => generateCsrfToken(request, response, { overwrite: false, validateOnReuse: false }),
    });
    next();
  };
  return [cookieParser(), giveToken, doubleCsrfProtection];
}

/** Only a session that is kept has an id that the next request has too. */
function boundTo(request: Request): string {
  const session = (request as Partial<Pick<Request, 'session'>>).session;
  return session?.administratorId === undefined ? 'visitor' : request.sessionID;
}

function tokenOf(request: Request): string | undefined {
  const header = request.headers['x-csrf-token'];
  if (typeof header === 'string') return header;
  const field = (request.body as { _csrf?: unknown } | undefined)?._csrf;
  return typeof field === 'string' ? field : undefined;
}

const loopback = new Set(['localhost', '127.0.0.1', '::1', '[::1]']);

/** Whether what is typed here travels where nobody listens in: by https, or within the browser's own machine. */
export function isPrivate(request: Request): boolean {
  return request.secure || loopback.has(request.hostname);
}

/** Refuses forms with a password over plain http, except where the browser talks to its own machine. */
export const refusePlainHttp: RequestHandler = (request, _response, next) => {
  if (request.method !== 'GET' && request.method !== 'HEAD' && !isPrivate(request))
    throw new PageFault('plainHttp');
  next();
};

/** At most `limit` forms per address and window, then a page that says to wait. Successful ones are not counted where `failedOnly`. */
export function limitForms(limit: number, windowMs: number, failedOnly = false): RequestHandler {
  return rateLimit({
    windowMs,
    limit,
    skip: (request) => request.method === 'GET' || request.method === 'HEAD',
    skipSuccessfulRequests: failedOnly,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    handler: () => {
      throw new PageFault('tooMany');
    },
  });
}
