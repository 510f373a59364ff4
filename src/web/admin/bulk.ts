import { Router } from 'express';
import { BulkActions, type BulkActionDocument } from '../../models/bulk-actions';
import { PageFault } from '../faults';
import { noWorkerAfterMs } from './connector-checks';

/** The progress of a bulk action; it goes on when the page is left. */
export function bulkRoutes(): Router {
  const router = Router();
  router.get('/:id', async (request, response) => {
    const bulk = await BulkActions.findById(request.params.id).lean<BulkActionDocument>();
    if (bulk === null) throw new PageFault('notFound');
    const handled = bulk.done + bulk.unchanged + bulk.refused;
    const waitingMs = Date.now() - bulk.createdAt.getTime();
    response.render('admin/users/bulk', {
      title: `admin.users.actions.${bulk.action}`,
      bulk,
      handled,
      percent: bulk.total ? Math.floor((handled / bulk.total) * 100) : 0,
      finished: bulk.finishedAt !== undefined,
      noWorker: bulk.total === undefined && waitingMs > noWorkerAfterMs,
      self: request.originalUrl,
    });
  });
  return router;
}
