import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import type { Logger } from '../log';

/**
 * Gives each request an id, told in `X-Request-Id` and on fault pages, and logs one line per answer:
 * method, route (never the URL: it may hold a link's token), status and duration.
 */
export function requestLog(log: Logger): RequestHandler {
  return (request, response, next) => {
    const requestId = randomUUID();
    const begun = process.hrtime.bigint();
    response.locals['requestId'] = requestId;
    response.set('X-Request-Id', requestId);
    response.once('close', () => {
      const durationMs = Math.round(Number(process.hrtime.bigint() - begun) / 1e6);
      const { method } = request;
      const status = response.writableFinished ? response.statusCode : 499;
      log.info({ requestId, method, route: routeOf(request), status, durationMs }, 'request');
    });
    next();
  };
}

/** The pattern that matched, such as `/m/:token`; parameters of enclosing routers are masked. */
function routeOf(request: Request): string {
  const route = (request as { route?: { path?: unknown } }).route;
  if (typeof route?.path !== 'string') return 'none';
  const values = Object.values(request.params).filter((value): value is string => typeof value === 'string');
  const base = request.baseUrl
    .split('/')
    .map((part) => (values.includes(decoded(part)) ? ':param' : part))
    .join('/');
  return `${base}${route.path === '/' ? '' : route.path}` || '/';
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
