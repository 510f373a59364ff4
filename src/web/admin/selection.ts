import type { MailUserSelection } from '../../models/mail-user-filter';
import { fieldsOf, valuesOf } from '../forms';
import { batchPath } from './batch-path';
import { filterFields, filterOf } from './user-list';

/** So many rows are dealt with at once; more become a bulk action with progress. */
const atOnce = 200;

/** The ticked rows, or all that the filter matches. */
export function selectionOf(from: unknown): MailUserSelection {
  const fields = fieldsOf(from);
  if (fields['all'] === '1') return { kind: 'filter', filter: filterOf(fields) };
  const ids = valuesOf(from, 'ids').filter((id) => /^[0-9a-f]{24}$/.test(id));
  return { kind: 'ids', ids: [...new Set(ids)].slice(0, atOnce) };
}

/** Nobody was ticked. */
export const isEmpty = (selection: MailUserSelection): boolean =>
  selection.kind === 'ids' && selection.ids.length === 0;

/** The list as it was, or the page of the batch or of the one row that was acted on. */
export function backTo(from: unknown): string {
  const fields = fieldsOf(from);
  const [only, ...others] = valuesOf(from, 'ids');
  if (fields['from'] === 'user' && only !== undefined && others.length === 0) return `/admin/users/${only}`;
  if (fields['from'] === 'batch' && fields['batch']) return batchPath(fields['batch']);
  const query = new URLSearchParams(filterFields(filterOf(fields))).toString();
  return query === '' ? '/admin/users' : `/admin/users?${query}`;
}

/** The selection as hidden fields of the next form. */
export function hiddenFields(selection: MailUserSelection, from: unknown): { name: string; value: string }[] {
  const { from: page } = fieldsOf(from);
  const place = page === 'user' || page === 'batch' ? [{ name: 'from', value: page }] : [];
  const filter = Object.entries(filterFields(filterOf(fieldsOf(from)))).map(([name, value]) => ({
    name,
    value,
  }));
  const rows =
    selection.kind === 'filter'
      ? [{ name: 'all', value: '1' }]
      : selection.ids.map((value) => ({ name: 'ids', value }));
  return [...place, ...filter, ...rows];
}
