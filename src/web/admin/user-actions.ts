import type { Request, Response, Router } from 'express';
import {
  isMeant,
  rowActions,
  rowFacts,
  wantsLookFirst,
  type RowAction,
} from '../../domain/administrator-actions';
import { shownState } from '../../domain/shown-state';
import { auditedRowAction } from '../../models/audit-log';
import type { MailUserFilter, MailUserSelection } from '../../models/mail-user-filter';
import { mailUsersOf } from '../../models/mail-user-list';
import type { MailUser } from '../../models/mail-users';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { fieldsOf } from '../forms';
import { startBulk } from './bulk-start';
import { filterWords } from './filter-words';
import { giveCredentials, showCredentials } from './give-credentials';
import { actOnRow, type RowOutcome } from './row-actions';
import { actorOf, audit, notify, textsOf } from './request';
import { backTo, hiddenFields, isEmpty, selectionOf } from './selection';
import { begins, forecast, invites, isFullPass, unusableConnectors } from './start-rules';

const dayMs = 86_400_000;

/** The group **Migration**: what is to happen to which rows, first asked, then done. */
export function userActionRoutes(router: Router, deps: WebDeps): void {
  router.get('/confirm', async (request, response) => {
    const action = actionOf(request.query);
    const selection = selectionOf(request.query);
    if (isEmpty(selection)) {
      notify(request, 'warning', textsOf(response)('admin.users.selectFirst'));
      response.redirect(303, backTo(request.query));
      return;
    }
    if (action === 'giveCredentials') await showCredentials(response, selection, request.query);
    else await showConfirm(deps, response, action, selection, request.query);
  });
  router.post('/actions', async (request, response) => {
    const action = actionOf(request.body);
    const selection = selectionOf(request.body);
    if (action === 'giveCredentials' || isEmpty(selection)) throw new PageFault('badRequest');
    if (selection.kind === 'filter') await actOnAll(deps, request, response, action, selection.filter);
    else await actNow(deps, request, response, action, selection.ids);
  });
  router.post('/credentials', async (request, response) => {
    await giveCredentials(deps, request, response);
  });
}

function actionOf(from: unknown): RowAction {
  const name = fieldsOf(from)['action'];
  const action = rowActions.find((known) => known === name);
  if (action === undefined) throw new PageFault('badRequest');
  return action;
}

async function showConfirm(
  { config }: WebDeps,
  response: Response,
  action: Exclude<RowAction, 'giveCredentials'>,
  selection: MailUserSelection,
  from: unknown,
): Promise<void> {
  const plan = await forecast(action, selection);
  response.render('admin/users/confirm', {
    title: `admin.users.actions.${action}`,
    action,
    plan,
    all: selection.kind === 'filter',
    filter: selection.kind === 'filter' && (await filterWords(selection.filter, textsOf(response))),
    silent: plan.acted - plan.mailed - plan.kept,
    linkDays: Math.max(1, Math.round(config.times.linkLifeMs / dayMs)),
    says: { mails: invites(action), destroys: action === 'delete' },
    hidden: hiddenFields(selection, from),
    back: backTo(from),
  });
}

/** What a filter matches becomes a bulk action, where there is anything to do. */
async function actOnAll(
  deps: WebDeps,
  request: Request,
  response: Response,
  action: Exclude<RowAction, 'giveCredentials'>,
  filter: MailUserFilter,
): Promise<void> {
  const { acted, refused, doubtful } = await forecast(action, { kind: 'filter', filter });
  if (acted === 0 && refused.length === 0) {
    const t = textsOf(response);
    const why =
      doubtful > 0
        ? t('admin.users.plan.doubtful', { count: doubtful })
        : t(`admin.users.nothingToDo.${action}`);
    notify(request, 'warning', why);
    response.redirect(303, backTo(request.body));
    return;
  }
  response.redirect(303, `/admin/bulk/${await startBulk(deps, request, response, action, filter)}`);
}

async function actNow(
  deps: WebDeps,
  request: Request,
  response: Response,
  action: Exclude<RowAction, 'giveCredentials'>,
  ids: readonly string[],
): Promise<void> {
  const rows = await mailUsersOf(ids);
  const unusable = await unusableConnectors();
  const by = actorOf(request);
  const outcomes = await inTurns(rows, async (row): Promise<RowOutcome> => {
    const state = shownState(row);
    const facts = rowFacts(row.projection);
    if (wantsLookFirst(action, state, rows.length, facts)) return { kind: 'doubtful' };
    if (!isMeant(action, state, rows.length, facts)) return { kind: 'nothing' };
    const blocking = blockedBy(row, unusable);
    if (begins(action, state) && blocking !== undefined) return { kind: 'connectorUnusable', name: blocking };
    const outcome = await actOnRow(deps, row, action, by);
    if (outcome.kind === 'done' || outcome.kind === 'kept')
      await audit(request, auditedRowAction[action], row.source.address, {
        mailUserId: row._id.toHexString(),
      });
    return outcome;
  });
  say(request, response, action, outcomes);
  const full = rows.filter(
    (row, n) => outcomes[n]?.kind === 'done' && isFullPass(action, rowFacts(row.projection)),
  ).length;
  if (full > 0) notify(request, 'success', textsOf(response)('admin.users.outcome.full', { count: full }));
  response.redirect(
    303,
    action === 'delete' ? backTo({ ...fieldsOf(request.body), from: '' }) : backTo(request.body),
  );
}

function blockedBy({ source, target }: MailUser, unusable: ReadonlyMap<string, string>): string | undefined {
  return unusable.get(source.connectorId.toHexString()) ?? unusable.get(target.connectorId.toHexString());
}

/** A few rows at a time, in their order. */
async function inTurns(
  rows: readonly MailUser[],
  act: (row: MailUser) => Promise<RowOutcome>,
): Promise<RowOutcome[]> {
  const outcomes: RowOutcome[] = [];
  for (let next = 0; next < rows.length; next += 8)
    outcomes.push(...(await Promise.all(rows.slice(next, next + 8).map(act))));
  return outcomes;
}

/** Says what was done, how often, and what was not and why. */
function say(request: Request, response: Response, action: RowAction, outcomes: readonly RowOutcome[]): void {
  const t = textsOf(response);
  const count = (kind: RowOutcome['kind']) => outcomes.filter((each) => each.kind === kind).length;
  const done = count('done');
  if (done > 0) notify(request, 'success', t(`admin.users.outcome.${action}`, { count: done }));
  if (count('kept') > 0) notify(request, 'warning', t('admin.users.outcome.kept', { count: count('kept') }));
  if (count('nothing') > 0)
    notify(
      request,
      done > 0 ? 'success' : 'warning',
      t(`admin.users.outcome.nothing.${action}`, { count: count('nothing') }),
    );
  if (count('doubtful') > 0)
    notify(request, 'warning', t('admin.users.plan.doubtful', { count: count('doubtful') }));
  if (count('away') > 0) notify(request, 'danger', t('admin.users.outcome.away', { count: count('away') }));
  const names = new Set(outcomes.flatMap((each) => (each.kind === 'connectorUnusable' ? [each.name] : [])));
  for (const name of names) notify(request, 'danger', t('admin.users.outcome.connectorUnusable', { name }));
}
