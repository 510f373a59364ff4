import { Router, type RequestHandler } from 'express';
import type { WebDeps } from '../deps';
import { allBatchesReportRoutes } from './all-batches-report';
import { auditRoutes } from './audit';
import { batchRoutes } from './batches';
import { bulkRoutes } from './bulk';
import { connectorRoutes } from './connectors';
import { importRoutes } from './imports';
import { overview } from './overview';
import { settingsRoutes } from './settings';
import { requireAdministrator, signInRoutes } from './sign-in';
import { userRoutes } from './users';

/** The administrator's pages, under `/admin`. */
export function adminRouter(deps: WebDeps): Router {
  const router = Router();
  router.use(neverKept, pageFrame(deps), deps.figures.forgetUnlessAskedAgain);
  signInRoutes(router, deps);
  router.use(requireAdministrator);
  router.get('/', overview(deps));
  router.use('/sources', connectorRoutes(deps, 'source'));
  router.use('/targets', connectorRoutes(deps, 'target'));
  router.use('/users/import', importRoutes(deps));
  router.use('/users', userRoutes(deps));
  router.use('/batches', batchRoutes(deps));
  // Beside them: a batch may have any name.
  allBatchesReportRoutes(router, deps);
  router.use('/bulk', bulkRoutes(deps));
  router.use('/settings', settingsRoutes(deps));
  router.use('/audit', auditRoutes());
  return router;
}

const neverKept: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

/** What the layout shows on every page. */
function pageFrame({ config }: WebDeps): RequestHandler {
  return (request, response, next) => {
    const { session } = request;
    const notices = session.notices ?? [];
    if (request.method === 'GET' && notices.length > 0 && !request.get('hx-request')) delete session.notices;
    Object.assign(response.locals, {
      layout: 'admin',
      signedInAs: session.email,
      notices: request.get('hx-request') ? [] : notices,
      path: request.originalUrl.split('?')[0],
      temporalUi: config.TEMPORAL_UI_URL,
    });
    next();
  };
}
