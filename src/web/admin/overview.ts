import type { RequestHandler } from 'express';
import type { WebDeps } from '../deps';

/** How many are in which state, what needs a person, and what happened last. */
export function overview(_deps: WebDeps): RequestHandler {
  return (_request, response) => {
    response.render('admin/overview', { title: 'admin.overview.title' });
  };
}
