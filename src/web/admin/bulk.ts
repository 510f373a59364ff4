import { Router, type Response } from 'express';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import {
  BulkActions,
  breakOffBulkAction,
  mostRefusedInRow,
  reopenBulkAction,
  stopBulkAction,
  type BulkActionDocument,
} from '../../models/bulk-actions';
import { forgetBulkRows } from '../../models/bulk-rows';
import { purgeCredentials } from '../../models/credentials';
import { startWorkflowOf } from './bulk-start';
import type { WebDeps } from '../deps';
import { MailUsers, type MailUser } from '../../models/mail-users';
import { PageFault } from '../faults';
import { noWorkerAfterMs } from './connector-checks';
import { filterWords } from './filter-words';
import { actorOf, audit, textsOf } from './request';

/** The progress of a bulk action, which goes on when the page is left; what ends it, and what takes up one that was broken off. */
export function bulkRoutes(deps: WebDeps): Router {
  const router = Router();
  router.get('/:id', async (request, response) => {
    await showBulk(response, await find(request.params.id));
  });
  router.post('/:id/stop', async (request, response) => {
    const bulk = await find(request.params.id);
    if (await stopBulkAction(bulk._id, actorOf(request), new Date())) {
      // Where nobody works at it any more, nobody else destroys what waits.
      if (bulk.brokenOffAt !== undefined)
        await Promise.all([purgeCredentials(bulk._id), forgetBulkRows(bulk._id)]);
      await audit(request, 'bulkStopped', textsOf(response)(`admin.users.actions.${bulk.action}`), {
        bulkId: bulk._id,
      });
    }
    response.redirect(303, `/admin/bulk/${bulk._id}`);
  });
  router.post('/:id/go-on', async (request, response) => {
    const bulk = await find(request.params.id);
    if (await goOn(deps, bulk))
      await audit(request, 'bulkGoneOn', textsOf(response)(`admin.users.actions.${bulk.action}`), {
        bulkId: bulk._id,
      });
    response.redirect(303, `/admin/bulk/${bulk._id}`);
  });
  return router;
}

/** Goes on where it was broken off, so that nobody is told twice. Rejects where Temporal does not answer: it stays as it was. */
async function goOn(deps: WebDeps, bulk: BulkActionDocument): Promise<boolean> {
  const { _id } = bulk;
  if (!(await reopenBulkAction(_id))) return false;
  try {
    await startWorkflowOf(deps, bulk, true);
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return true;
    await breakOffBulkAction(_id, new Date());
    throw error;
  }
  return true;
}

async function find(id: string | undefined): Promise<BulkActionDocument> {
  const bulk = await BulkActions.findById(id).lean<BulkActionDocument>();
  if (bulk === null) throw new PageFault('notFound');
  return bulk;
}

/** Nobody works at it, and nobody has said yet what is to become of the rest. */
export const isBrokenOff = ({ brokenOffAt, stopAsked }: BulkActionDocument): boolean =>
  brokenOffAt !== undefined && stopAsked === undefined;

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
    brokenOff: isBrokenOff(bulk),
    // The third refusal in a row has ended it.
    refusedInRow: bulk.finishedAt !== undefined && namesOf(bulk),
    waitsFor: await waitsFor(bulk),
    moreRefused: Math.max(0, bulk.refused - bulk.refusals.length),
    selected: selection.kind === 'ids' ? selection.ids.length : 0,
    filter: selection.kind === 'filter' ? await filterWords(selection.filter, textsOf(response)) : undefined,
    noWorker: bulk.total === undefined && bulk.finishedAt === undefined && waitingMs > noWorkerAfterMs,
    self: `/admin/bulk/${bulk._id}`,
  });
}

function namesOf({ refusedInRow = [] }: BulkActionDocument): string[] | undefined {
  return refusedInRow.length < mostRefusedInRow ? undefined : refusedInRow.map(({ address }) => address);
}

/** Whose sign-in is waited for. */
async function waitsFor({ giving, finishedAt }: BulkActionDocument): Promise<string | undefined> {
  if (giving === undefined || finishedAt !== undefined) return undefined;
  const row = await MailUsers.findById(giving.mailUserId, { source: 1 }).lean<Pick<MailUser, 'source'>>();
  return row?.source.address;
}
