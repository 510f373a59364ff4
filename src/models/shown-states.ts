import type { QueryFilter } from 'mongoose';
import type { MigrationState } from '../domain/migration';
import type { MailUser } from './mail-users';

/*
 * `domain/shown-state.ts` as the database sees it. What was asked for and is not handled yet stands in fields that are empty
 * otherwise, so that rows are found and counted under the state that their badges show.
 */

const startAsked = { 'asked.startPending': true };
const noStartAsked = { 'asked.startPending': { $ne: true } };
// Ids are texts: an element that is greater than the empty one is one at all, and is found by an index.
const credentialAsked = { 'asked.credentialIds': { $gt: '' } };
const nothingAsked = { ...noStartAsked, 'asked.credentialIds': { $not: { $gt: '' } } };

/** Rows that pages show in one of these states. */
export function stateQuery(states: readonly MigrationState[]): QueryFilter<MailUser> {
  const is = (state: MigrationState) => states.includes(state);
  const ways: Record<string, unknown>[] = [{ 'projection.state': { $in: [...states] }, ...nothingAsked }];
  if (is('starting')) ways.push(startAsked);
  if (is('verifying')) ways.push({ ...noStartAsked, ...credentialAsked });
  if (is('notStarted')) ways.push({ projection: { $exists: false }, ...nothingAsked });
  return { $or: ways };
}

/** What rows are grouped by in an aggregation; `stateOfGroup` names the state. */
export const stateGroup = {
  state: '$projection.state',
  startPending: '$asked.startPending',
  credentials: { $min: [{ $size: '$asked.credentialIds' }, 1] },
} as const;

export interface StateGroup {
  state?: MigrationState;
  startPending?: boolean;
  /** 1 where a credential was given that is not handled yet. */
  credentials: number;
}

/** The state that pages show of the rows of a group. */
export function stateOfGroup({ state, startPending, credentials }: StateGroup): MigrationState {
  if (startPending === true) return 'starting';
  if (credentials > 0) return 'verifying';
  return state ?? 'notStarted';
}
