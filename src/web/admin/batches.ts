import { Router, type Request, type Response } from 'express';
import { migrationStates, type MigrationState } from '../../domain/migration';
import { findBatch, forgetBatchPlan, saveBatchPlan } from '../../models/batches';
import { listBatches } from '../../models/batch-list';
import { countStates, runningOf, type StateCounts } from '../../models/mail-user-counts';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { fieldsOf, formView, parseForm, type FieldFault, type Fields } from '../forms';
import { batchButtons } from './action-buttons';
import { batchName } from './batch-name';
import { batchOfPart, batchPath } from './batch-path';
import { batchReportRoutes } from './batch-report';
import { batchFieldsOf, batchForm, cutOverKinds, deltaHours, fieldsOfPlan, itemKinds } from './batch-form';
import { filterText, passesText, planReader, windowText } from './plan-words';
import { audit, notify, textsOf } from './request';
import { startWindowChoices } from './start-window-form';
import { tellRunning } from './tell-running';
import { windowConflict } from './window-conflicts';

type BatchRequest = Request<{ name: string }>;

/** **Batches** */
export function batchRoutes(deps: WebDeps): Router {
  const router = Router();
  router.get('/', async (request, response) => {
    const wanted = batchName.safeParse(fieldsOf(request.query)['name']);
    // A batch that nobody has edited is its form: to open it changes nothing.
    if (wanted.success) response.redirect(303, batchPath(wanted.data));
    else await showList(deps, response);
  });
  batchReportRoutes(router, deps);
  router.get('/:name', async (request: BatchRequest, response) => {
    await showBatch(deps, response, batchOfPart(request.params.name));
  });
  router.post('/:name', async (request: BatchRequest, response) => {
    await save(deps, request, response);
  });
  router.post('/:name/forget', async (request: BatchRequest, response) => {
    await forget(request, response);
  });
  return router;
}

async function showList(deps: WebDeps, response: Response): Promise<void> {
  const reader = planReader(deps, response);
  const batches = await listBatches(await deps.figures.statesOfBatches());
  response.render('admin/batches/list', {
    title: 'admin.batches.title',
    batches: batches.map(({ name, plan, counts, users }) => ({
      name,
      path: batchPath(name),
      users,
      states: statesView(name, counts),
      passes: passesText(plan, reader),
      filters: filterText(plan.filter, reader),
      window: plan.startWindow && windowText(plan.startWindow, reader),
    })),
  });
}

/** The states that somebody is in, with the address of the list of them. */
function statesView(batch: string, counts: StateCounts): Record<string, unknown>[] {
  return migrationStates.flatMap((state) => {
    const count = counts.get(state) ?? 0;
    const href = `/admin/users?${new URLSearchParams({ batch, state }).toString()}`;
    return count === 0 ? [] : [{ state, count, href }];
  });
}

async function showBatch(
  deps: WebDeps,
  response: Response,
  name: string,
  sent?: Fields,
  faults: readonly FieldFault[] = [],
): Promise<void> {
  const [batch, allCounts] = await Promise.all([findBatch(name), deps.figures.statesOfBatches()]);
  const counts: StateCounts = allCounts.get(name) ?? new Map<MigrationState, number>();
  const { TIME_ZONE } = deps.config;
  const fields = sent ?? {
    ...fieldsOfPlan(batch.plan, TIME_ZONE),
    revision: String(batch.revision),
  };
  const users = [...counts.values()].reduce((sum, count) => sum + count, 0);
  response.render('admin/batches/form', {
    ...formView(fields, faults),
    titleText: name,
    name,
    path: batchPath(name),
    users,
    running: runningOf(counts),
    states: statesView(name, counts),
    canForget: batch.revision > 0 && runningOf(counts) === 0,
    actions: batchButtons,
    editedAt: 'editedAt' in batch ? batch.editedAt : undefined,
    timeZone: TIME_ZONE,
    ...choicesOf(fields),
  });
}

function choicesOf(fields: Fields): Record<string, unknown> {
  const ticked = new Set((fields['kinds'] ?? '').split(' '));
  return {
    deltas: deltaHours.map((value) => ({ value, key: `admin.batches.deltas.${value}` })),
    cutOvers: cutOverKinds.map((value) => ({ value, key: `admin.batches.cutOvers.${value}` })),
    kinds: itemKinds.map((value) => ({
      value,
      key: `admin.batches.kinds.${value}`,
      isTicked: ticked.has(value),
    })),
    ...startWindowChoices(fields),
  };
}

async function save(deps: WebDeps, request: BatchRequest, response: Response): Promise<void> {
  const name = batchOfPart(request.params.name);
  if (!batchName.safeParse(name).success) throw new PageFault('badRequest');
  const fields = batchFieldsOf(request.body);
  const { plan: standing } = await findBatch(name);
  const now = new Date();
  const form = parseForm(batchForm({ now, timeZone: deps.config.TIME_ZONE, standing }), fields);
  if (!form.ok) {
    await showBatch(deps, response.status(422), name, fields, form.faults);
    return;
  }
  const conflict = await windowConflict(
    { kind: 'filter', filter: { batch: name } },
    { batch: { name, plan: form.value } },
    planReader(deps, response),
    now,
  );
  if (conflict !== undefined) {
    await showBatch(deps, response.status(422), name, fields, [conflict]);
    return;
  }
  const revision = Number(fields['revision'] ?? '0');
  if (!(await saveBatchPlan(name, form.value, revision, now))) throw new PageFault('conflict');
  await audit(request, 'batchEdited', name);
  notify(request, 'success', textsOf(response)('admin.batches.saved', { name }));
  response.redirect(303, (await tellRunning(deps, request, response, { batch: name })) ?? batchPath(name));
}

/** Takes a plan back; the default holds again. */
async function forget(request: BatchRequest, response: Response): Promise<void> {
  const name = batchOfPart(request.params.name);
  const counts = await countStates({ batch: name });
  if (runningOf(counts) > 0) throw new PageFault('conflict');
  await forgetBatchPlan(name);
  await audit(request, 'batchForgotten', name);
  notify(request, 'success', textsOf(response)('admin.batches.forgotten', { name }));
  response.redirect(303, '/admin/batches');
}
