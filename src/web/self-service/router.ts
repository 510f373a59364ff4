import { Router } from 'express';
import type { WebDeps } from '../deps';

/** The user's pages, under `/m`. */
export function selfServiceRouter(_deps: WebDeps): Router {
  return Router();
}
