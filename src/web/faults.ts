import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { Logger } from '../log';
import type { MessageKey } from '../locales';

/** The pages that say why something was not done; each has a title, what happened and what to do in the catalogue. */
const faultPages = {
  badRequest: 400,
  forbidden: 403,
  formTooOld: 403,
  plainHttp: 403,
  notFound: 404,
  conflict: 409,
  reportPurged: 410,
  tooLarge: 413,
  tooMany: 429,
  internal: 500,
  databaseAway: 503,
  temporalAway: 503,
} as const;
export type FaultPage = keyof typeof faultPages;

/** Thrown by a route whose answer is one of the fault pages. */
export class PageFault extends Error {
  override readonly name = 'PageFault';

  constructor(
    readonly page: FaultPage,
    options?: ErrorOptions,
  ) {
    super(page, options);
  }
}

/** Answers every path that no route knows. */
export const unknownPath: RequestHandler = () => {
  throw new PageFault('notFound');
};

/**
 * The one mapping of errors to answers: a page with what happened, what to do and the request id, never a stack trace.
 * What was not foreseen is logged with its cause.
 */
export function faultPage(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const page = pageOf(error);
    const status = faultPages[page];
    const requestId = String(response.locals['requestId'] ?? '');
    if (status >= 500) log.error({ requestId, err: error }, 'request failed');
    if (response.headersSent) {
      next(error);
      return;
    }
    answer(request, response, page, status);
  };
}

function answer(request: Request, response: Response, page: FaultPage, status: number): void {
  response.status(status);
  if (!request.accepts('html')) {
    response.type('text/plain').send(page);
    return;
  }
  const key = (part: 'title' | 'what' | 'todo'): MessageKey => `web.faults.${page}.${part}`;
  response.set('Cache-Control', 'no-store').render('fault', {
    layout: 'plain',
    title: key('title'),
    what: key('what'),
    todo: key('todo'),
    status,
    // htmx replaces only a part of the page: the reason has to be seen in the whole window.
    home: request.path.startsWith('/admin') ? '/admin' : undefined,
  });
}

/** Which page tells of an error; everything unknown is `internal`. */
export function pageOf(error: unknown): FaultPage {
  if (error instanceof PageFault) return error.page;
  const { name, code, status, type } = (error ?? {}) as { [part: string]: unknown };
  if (code === 'EBADCSRFTOKEN') return 'formTooOld';
  if (name === 'CastError' || name === 'BSONError') return 'notFound';
  if (type === 'entity.too.large' || type === 'parameters.too.many' || status === 413) return 'tooLarge';
  if (
    typeof name === 'string' &&
    /^Mongo(ServerSelection|Network|NotConnected|ose?ServerSelection)/.test(name)
  )
    return 'databaseAway';
  if (name === 'MongooseServerSelectionError') return 'databaseAway';
  if (name === 'ServiceError') return 'temporalAway';
  if (status === 404) return 'notFound';
  if (typeof status === 'number' && status >= 400 && status < 500) return 'badRequest';
  return 'internal';
}
