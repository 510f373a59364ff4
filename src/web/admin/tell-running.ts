import type { Request, Response } from 'express';
import type { MailUserFilter } from '../../models/mail-user-filter';
import { countStates, runningOf } from '../../models/mail-user-counts';
import type { WebDeps } from '../deps';
import { isTemporalAway } from '../migrations';
import { startBulk } from './bulk-start';
import { notify, textsOf } from './request';

/**
 * Has the migrations that run read their plan and their start windows again after an edit that is kept already, and says so. Where
 * Temporal does not answer it says that they look by themselves.
 *
 * @returns the page of the bulk action; absent where there is none
 */
export async function tellRunning(
  deps: WebDeps,
  request: Request,
  response: Response,
  filter: MailUserFilter,
): Promise<string | undefined> {
  const count = runningOf(await countStates(filter));
  if (count === 0) return undefined;
  const t = textsOf(response);
  try {
    const bulkId = await startBulk(deps, request, response, 'planChanged', filter);
    notify(request, 'success', t('admin.batches.told', { count }));
    return `/admin/bulk/${bulkId}`;
  } catch (error) {
    if (!isTemporalAway(error)) throw error;
    deps.log.warn({ err: error }, 'Temporal does not answer; migrations that run are not told of an edit');
    notify(request, 'warning', t('admin.batches.notTold', { count }));
    return undefined;
  }
}
