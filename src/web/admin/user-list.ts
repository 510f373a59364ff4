import type { Request, Response, Router } from 'express';
import { shownState } from '../../domain/shown-state';
import { issuesIn } from '../../domain/item-counts';
import {
  migrationStates,
  progressOf,
  type MailboxCounters,
  type MigrationState,
} from '../../domain/migration';
import type { MailUserFilter } from '../../models/mail-user-filter';
import {
  countedUpTo,
  countMailUsers,
  listMailUsers,
  listOrders,
  type ListedMailUser,
  type ListOrder,
  type ListPage,
  type Place,
} from '../../models/mail-user-list';
import { openBulkActions } from '../../models/bulk-actions';
import { listConnectors } from '../../models/connector-list';
import type { WebDeps } from '../deps';
import { fieldsOf } from '../forms';
import { numberText } from '../for-people';
import type { Language } from '../../locales';
import { actionButtons } from './action-buttons';
import { handledOf, isBrokenOff } from './bulk';
import { noteOf } from './user-notes';

const rowsPerPage = 50;

/** **Mail User List** */
export function userListRoute(router: Router, { figures }: WebDeps): void {
  router.get('/', async (request, response) => {
    const asked = listAsked(request);
    const [page, count, batches, connectors, bulks] = await Promise.all([
      listMailUsers({ ...asked, limit: rowsPerPage }),
      countMailUsers(asked.filter),
      figures.batchNames(),
      listConnectors(),
      openBulkActions(3, new Date()),
    ]);
    const values = filterFields(asked.filter, asked.order);
    const waiting = page.rows.filter((row) => shownState(row) === 'scheduled');
    const places = waiting.length === 0 ? undefined : await figures.placesInQueue();
    const names = new Map(connectors.map(({ _id, name }) => [_id.toHexString(), name]));
    const choices = (side: 'source' | 'target') =>
      connectors
        .filter((each) => each.side === side)
        .map(({ _id, name }) => ({ value: _id.toHexString(), text: name }));
    response.render('admin/users/list', {
      title: 'admin.users.title',
      rows: page.rows.map((row) => rowView(row, names, places?.get(row._id.toHexString()))),
      ...countView(response, count),
      ...pagerView(page, asked),
      filtered: Object.keys(asked.filter).length > 0,
      values,
      filterInputs: Object.entries(values).map(([name, value]) => ({ name, value })),
      states: migrationStates.map((value) => ({ value, key: `states.${value}` })),
      batches: batches.map((value) => ({ value, text: value })),
      sources: choices('source'),
      targets: choices('target'),
      actions: actionButtons,
      runningBulks: bulks.map((bulk) => ({
        id: bulk._id,
        action: bulk.action,
        handled: handledOf(bulk),
        total: bulk.total,
        brokenOff: isBrokenOff(bulk),
      })),
      orders: listOrders.map((value) => ({ value, key: `admin.users.orders.${value}` })),
      self: urlOf(asked),
      canCreate: choices('source').length > 0 && choices('target').length > 0,
    });
  });
}

interface Asked {
  filter: MailUserFilter;
  order: ListOrder;
  after?: Place;
  before?: Place;
}

function listAsked(request: Request): Asked {
  const fields = fieldsOf(request.query);
  const after = readPlace(fields['after']);
  const before = after === undefined ? readPlace(fields['before']) : undefined;
  return {
    filter: filterOf(fields),
    order: listOrders.find((order) => order === fields['order']) ?? 'address',
    ...(after === undefined ? {} : { after }),
    ...(before === undefined ? {} : { before }),
  };
}

/** The filter that an address or a form names; what it does not understand narrows nothing. */
export function filterOf(fields: Readonly<Record<string, string>>): MailUserFilter {
  const state = migrationStates.find((known) => known === fields['state']);
  const id = (text: string | undefined) =>
    text !== undefined && /^[0-9a-f]{24}$/.test(text) ? text : undefined;
  const source = id(fields['source']);
  const target = id(fields['target']);
  const text = fields['q']?.trim().slice(0, 200);
  return {
    ...(state === undefined ? {} : { states: [state] }),
    ...(fields['batch'] ? { batch: fields['batch'] } : {}),
    ...(source === undefined ? {} : { sourceConnectorId: source }),
    ...(target === undefined ? {} : { targetConnectorId: target }),
    ...(text ? { text } : {}),
  };
}

/** A filter as the fields that name it. */
export function filterFields(filter: MailUserFilter, order?: ListOrder): Record<string, string> {
  const { states, batch, sourceConnectorId, targetConnectorId, text } = filter;
  return {
    ...(text === undefined ? {} : { q: text }),
    ...(states?.[0] === undefined ? {} : { state: states[0] }),
    ...(batch === undefined ? {} : { batch }),
    ...(sourceConnectorId === undefined ? {} : { source: sourceConnectorId }),
    ...(targetConnectorId === undefined ? {} : { target: targetConnectorId }),
    ...(order === undefined || order === 'address' ? {} : { order }),
  };
}

/** The list's address with this filter, order and place. */
function urlOf({ filter, order, after, before }: Asked): string {
  const fields = new URLSearchParams(filterFields(filter, order));
  if (after !== undefined) fields.set('after', placeText(after));
  if (before !== undefined) fields.set('before', placeText(before));
  const query = fields.toString();
  return query === '' ? '/admin/users' : `/admin/users?${query}`;
}

const placeText = ({ addressKey, id }: Place): string => `${id}${addressKey}`;

function readPlace(text: string | undefined): Place | undefined {
  const [, id, addressKey] = /^([0-9a-f]{24})(.{0,300})$/.exec(text ?? '') ?? [];
  return id === undefined || addressKey === undefined ? undefined : { id, addressKey };
}

function pagerView(
  { rows, hasBefore, hasAfter }: ListPage,
  { filter, order }: Asked,
): Record<string, unknown> {
  const place = (row: ListedMailUser | undefined): Place | undefined =>
    row === undefined ? undefined : { id: row._id.toHexString(), addressKey: row.source.addressKey };
  const [first, last] = [place(rows[0]), place(rows.at(-1))];
  return {
    previous: hasBefore && first !== undefined ? urlOf({ filter, order, before: first }) : undefined,
    next: hasAfter && last !== undefined ? urlOf({ filter, order, after: last }) : undefined,
    // A place behind the last row, after a delete: the list begins again.
    beginning: hasBefore ? urlOf({ filter, order }) : undefined,
  };
}

function countView(response: Response, count: number): Record<string, unknown> {
  const language = response.locals['language'] as Language;
  const counted = Math.min(count, countedUpTo);
  return { count: counted, countText: `${numberText(counted, language)}${count > countedUpTo ? '+' : ''}` };
}

/** One line of the list. */
export interface RowView {
  id: string;
  name: string;
  source: { address: string; connector: string };
  target: { address: string; connector: string };
  batch: string;
  state: MigrationState;
  [part: string]: unknown;
}

function rowView(
  row: ListedMailUser,
  connectorNames: ReadonlyMap<string, string>,
  place: number | undefined,
): RowView {
  const { source, target, counters } = row;
  const connector = (id: { toHexString(): string }) => connectorNames.get(id.toHexString()) ?? '';
  const times = [row.projection?.since, counters?.at, row.asked.startedAt, row.asked.credentialAt];
  const known = times.filter((at) => at !== undefined).map((at) => new Date(at).getTime());
  return {
    id: row._id.toHexString(),
    name: `${row.firstName} ${row.lastName}`.trim(),
    source: { address: source.address, connector: connector(source.connectorId) },
    target: { address: target.address, connector: connector(target.connectorId) },
    batch: row.batch,
    state: shownState(row),
    note: noteOf(row, new Date(), place),
    counters: counters && progressView(counters, shownState(row)),
    notClean: shownState(row) === 'completedWithIssues',
    lastActivity: known.length === 0 ? undefined : new Date(Math.max(...known)),
  };
}

function progressView(counters: MailboxCounters, state: MigrationState): Record<string, unknown> {
  const progress = progressOf(counters);
  // Nothing is known of the mailbox yet, or it is empty; neither is told by two zeros.
  const looking = state === 'working' && progress.ofItems === 0;
  return { ...progress, looking, issues: issuesIn(counters) };
}
