import type { Request, Response, Router } from 'express';
import { z } from 'zod';
import { moveToBatch } from '../../models/batch-move';
import { findBatch } from '../../models/batches';
import type { MailUserSelection } from '../../models/mail-user-filter';
import { batchNames } from '../../models/mail-user-list';
import { groupsOf, runningOf, type StateCounts } from '../../models/mail-user-counts';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { fieldsOf, formView, parseForm, type FieldFault, type Fields } from '../forms';
import { batchName } from './batch-name';
import { batchPath } from './batch-path';
import { filterWords } from './filter-words';
import { planReader } from './plan-words';
import { audit, notify, textsOf } from './request';
import { backTo, hiddenFields, isEmpty, selectionOf } from './selection';
import { tellRunning } from './tell-running';
import { windowConflict } from './window-conflicts';

const form = z.object({ toBatch: batchName });

/** **Move to batch**: the ticked rows, or all that the filter matches, are moved as another batch is from then on. */
export function batchMoveRoutes(router: Router, deps: WebDeps): void {
  router.get('/move', async (request, response) => {
    const selection = selectionOf(request.query);
    if (isEmpty(selection)) {
      notify(request, 'warning', textsOf(response)('admin.users.selectFirst'));
      response.redirect(303, backTo(request.query));
      return;
    }
    await show(response, selection, request.query, { toBatch: '' });
  });
  router.post('/move', async (request, response) => {
    const selection = selectionOf(request.body);
    if (isEmpty(selection)) throw new PageFault('badRequest');
    const fields = fieldsOf(request.body);
    const parsed = parseForm(form, fields);
    const faults = parsed.ok
      ? await conflicts(deps, response, selection, parsed.value.toBatch)
      : parsed.faults;
    if (!parsed.ok || faults.length > 0) {
      await show(response.status(422), selection, request.body, fields, faults);
      return;
    }
    await move(deps, request, response, selection, parsed.value.toBatch);
  });
}

/** How many of a selection are in which state. */
async function statesOf(selection: MailUserSelection): Promise<StateCounts> {
  const counts: StateCounts = new Map();
  for (const { state, count } of await groupsOf(selection))
    counts.set(state, (counts.get(state) ?? 0) + count);
  return counts;
}

async function show(
  response: Response,
  selection: MailUserSelection,
  from: unknown,
  fields: Fields,
  faults: readonly FieldFault[] = [],
): Promise<void> {
  const t = textsOf(response);
  const [states, names] = await Promise.all([statesOf(selection), batchNames()]);
  response.render('admin/users/move', {
    title: 'admin.users.move.title',
    ...formView(fields, faults),
    count: [...states.values()].reduce((sum, count) => sum + count, 0),
    running: runningOf(states),
    all: selection.kind === 'filter',
    filter: selection.kind === 'filter' && (await filterWords(selection.filter, t)),
    names,
    hidden: hiddenFields(selection, from),
    back: backTo(from),
  });
}

async function conflicts(
  deps: WebDeps,
  response: Response,
  selection: MailUserSelection,
  name: string,
): Promise<FieldFault[]> {
  const { plan } = await findBatch(name);
  const change = { batch: { name, plan } };
  const reader = planReader(deps, response);
  const conflict = await windowConflict(selection, change, reader, new Date(), 'toBatch');
  return conflict === undefined ? [] : [conflict];
}

async function move(
  deps: WebDeps,
  request: Request,
  response: Response,
  selection: MailUserSelection,
  name: string,
): Promise<void> {
  const t = textsOf(response);
  const running = runningOf(await statesOf(selection));
  const words = selection.kind === 'filter' ? await filterWords(selection.filter, t) : '';
  const moved = await moveToBatch(selection, name);
  const subject = t('admin.users.move.auditSubject', { count: moved, name });
  await audit(request, 'movedToBatch', words === '' ? subject : `${subject} (${words})`);
  notify(request, 'success', t('admin.users.move.done', { count: moved, name }));
  // Those that run have read the plan of the batch they were in.
  if (running > 0) await tellRunning(deps, request, response, { batch: name });
  response.redirect(303, batchPath(name));
}
