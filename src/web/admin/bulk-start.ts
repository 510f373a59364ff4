import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { BulkActions, type BulkActionDocument } from '../../models/bulk-actions';
import { countMailUsers } from '../../models/mail-user-list';
import type { MailUserFilter } from '../../models/mail-user-filter';
import { bulkStart, giveStart, workflowTypes, type ToldAction } from '../../../workflows/messages';
import type { WebDeps } from '../deps';
import { filterWords } from './filter-words';
import { actorOf, audit, textsOf } from './request';

/**
 * Has a workflow do something to all that a filter matches now. Rejects where Temporal does not answer: nothing is kept.
 * @returns the bulk's id; its page is `/admin/bulk/<id>`
 */
export async function startBulk(
  deps: WebDeps,
  request: Request,
  response: Response,
  action: ToldAction,
  filter: MailUserFilter,
): Promise<string> {
  const _id = randomUUID();
  const by = actorOf(request);
  const t = textsOf(response);
  const [count, words] = await Promise.all([countMailUsers(filter), filterWords(filter, t)]);
  const selection = { kind: 'filter', filter } as const;
  await BulkActions.create({ _id, action, selection, by, createdAt: new Date() });
  try {
    await startWorkflowOf(deps, { _id, action, by });
  } catch (error) {
    await BulkActions.deleteOne({ _id });
    throw error;
  }
  const what = t(`admin.users.actions.${action}`);
  const subject = t('admin.bulk.auditSubject', { what, count });
  await audit(request, 'bulkStarted', words === '' ? subject : `${subject} (${words})`, { bulkId: _id });
  return _id;
}

/** Has a workflow do what the document says. @param again where it was broken off */
export async function startWorkflowOf(
  { temporal, config }: Pick<WebDeps, 'temporal' | 'config'>,
  { _id, action, by }: Pick<BulkActionDocument, '_id' | 'action' | 'by'>,
  again = false,
): Promise<void> {
  const input = { bulkId: _id, by, times: config.times };
  if (action === 'giveCredentials')
    await temporal.workflow.start(workflowTypes.giveCredentials, giveStart(input, again));
  else await temporal.workflow.start(workflowTypes.bulkAction, bulkStart({ ...input, action }, again));
}
