import { Router, type Response } from 'express';
import { BulkActions, stopBulkAction, type BulkActionDocument } from '../../models/bulk-actions';
import { PageFault } from '../faults';
import { noWorkerAfterMs } from './connector-checks';
import { filterWords } from './filter-words';
import { actorOf, audit, textsOf } from './request';

/** The progress of a bulk action, which goes on when the page is left, and the button that ends it. */
export function bulkRoutes(): Router {
  const router = Router();
  router.get('/:id', async (request, response) => {
    await showBulk(response, await find(request.params.id));
  });
  router.post('/:id/stop', async (request, response) => {
    const bulk = await find(request.params.id);
    if (await stopBulkAction(bulk._id, actorOf(request), new Date()))
      await audit(request, 'bulkStopped', textsOf(response)(`admin.users.actions.${bulk.action}`), {
        bulkId: bulk._id,
      });
    response.redirect(303, `/admin/bulk/${bulk._id}`);
  });
  return router;
}

async function find(id: string | undefined): Promise<BulkActionDocument> {
  const bulk = await BulkActions.findById(id).lean<BulkActionDocument>();
  if (bulk === null) throw new PageFault('notFound');
  return bulk;
}

/** Rows that are dealt with, whatever became of them. */
export const handledOf = ({ done, unchanged, refused }: BulkActionDocument): number =>
  done + unchanged + refused;

async function showBulk(response: Response, bulk: BulkActionDocument): Promise<void> {
  const handled = handledOf(bulk);
  const waitingMs = Date.now() - bulk.createdAt.getTime();
  const { selection } = bulk;
  response.render('admin/users/bulk', {
    title: `admin.users.actions.${bulk.action}`,
    bulk,
    handled,
    percent: bulk.total ? Math.floor((handled / bulk.total) * 100) : 0,
    finished: bulk.finishedAt !== undefined,
    moreRefused: Math.max(0, bulk.refused - bulk.refusals.length),
    filter: selection.kind === 'filter' ? await filterWords(selection.filter, textsOf(response)) : undefined,
    noWorker: bulk.total === undefined && bulk.finishedAt === undefined && waitingMs > noWorkerAfterMs,
    self: `/admin/bulk/${bulk._id}`,
  });
}
