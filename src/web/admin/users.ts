import { Router } from 'express';
import type { WebDeps } from '../deps';
import { batchMoveRoutes } from './batch-move';
import { invitationRoutes } from './invitations';
import { sourceAcceptanceRoutes } from './source-acceptance';
import { userActionRoutes } from './user-actions';
import { userFormRoutes } from './user-form';
import { userLinkRoutes } from './user-links';
import { userListRoute } from './user-list';
import { userPageRoute } from './user-page';
import { userReportRoutes } from './user-report';

/** Everything under `/admin/users` but the upload. */
export function userRoutes(deps: WebDeps): Router {
  const router = Router();
  userListRoute(router, deps);
  userActionRoutes(router, deps);
  batchMoveRoutes(router, deps);
  userFormRoutes(router, deps);
  userLinkRoutes(router, deps);
  invitationRoutes(router, deps);
  sourceAcceptanceRoutes(router, deps);
  userReportRoutes(router, deps);
  userPageRoute(router, deps);
  return router;
}
