import type { MessageKey, MessageValues } from '../../locales';
import type { FieldFault } from '../forms';
import type { Unreadable } from './import-read';

/** Why a list cannot be read, beside the field that it came from. */
export function unreadable(why: Unreadable, field: string): FieldFault {
  const key: MessageKey = `admin.import.unreadable.${why.kind}`;
  const values: MessageValues =
    'columns' in why
      ? { columns: why.columns.join(', ') }
      : 'rows' in why
        ? { rows: why.rows }
        : 'line' in why
          ? { line: why.line }
          : {};
  return { field, key, values };
}
