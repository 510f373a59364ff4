import { Types, type QueryFilter } from 'mongoose';
import type { MigrationState } from '../domain/migration';
import type { MailUser } from './mail-users';
import { stateQuery } from './shown-states';

/** What the list is narrowed to; what is absent narrows nothing. */
export interface MailUserFilter {
  states?: MigrationState[];
  batch?: string;
  sourceConnectorId?: string;
  targetConnectorId?: string;
  /** Part of an address or a name, compared without regard to case. */
  text?: string;
}

/** Which rows a bulk action is for: some, or all that a filter matches and that were there when it was asked for. */
export type MailUserSelection = { kind: 'ids'; ids: string[] } | { kind: 'filter'; filter: MailUserFilter };

/** The database's query for a selection. */
export function queryOfSelection(selection: MailUserSelection): QueryFilter<MailUser> {
  if (selection.kind === 'filter') return queryOf(selection.filter);
  return { _id: { $in: selection.ids.map(idOf) } };
}

/** The database's query for a filter. Ids that are none match nothing. */
export function queryOf(filter: MailUserFilter): QueryFilter<MailUser> {
  const { states, batch, sourceConnectorId, targetConnectorId, text } = filter;
  const conditions: QueryFilter<MailUser>[] = [];
  if (states !== undefined) conditions.push(stateQuery(states));
  if (batch !== undefined) conditions.push({ batch });
  if (sourceConnectorId !== undefined) conditions.push({ 'source.connectorId': idOf(sourceConnectorId) });
  if (targetConnectorId !== undefined) conditions.push({ 'target.connectorId': idOf(targetConnectorId) });
  if (text !== undefined && text.trim() !== '') conditions.push(textQuery(text.trim()));
  return conditions.length === 0 ? {} : { $and: conditions };
}

function textQuery(text: string): QueryFilter<MailUser> {
  const literal = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const key = { $regex: literal.toLowerCase() };
  const name = { $regex: literal, $options: 'i' };
  return {
    $or: [
      { 'source.addressKey': key },
      { 'target.addressKey': key },
      { firstName: name },
      { lastName: name },
    ],
  };
}

function idOf(text: string): Types.ObjectId {
  return Types.ObjectId.isValid(text) ? new Types.ObjectId(text) : new Types.ObjectId();
}
