import type { Types } from 'mongoose';
import { rowFacts, type RowFacts } from '../domain/administrator-actions';
import type { PassKind } from '../domain/batch-plan';
import { noCounters, type FolderCounters } from '../domain/item-counts';
import type { Remedy } from '../domain/faults';
import { keptSidesOf } from '../domain/passwords-kept';
import type { Side } from '../domain/mailbox';
import { isEndState, type MigrationState } from '../domain/migration';
import { shownState } from '../domain/shown-state';
import { queryOf, queryOfSelection, type MailUserFilter, type MailUserSelection } from './mail-user-filter';
import { mailUsersOf } from './mail-user-list';
import { MailUsers } from './mail-users';
import { stateGroup, stateOfGroup, type StateGroup } from './shown-states';

/** Rows that are alike for what a button does to them. */
export interface RowGroup {
  /** As pages show it. */
  state: MigrationState;
  sourceConnectorId: string;
  targetConnectorId: string;
  facts: RowFacts;
  /** Sides whose passwords are kept, with which a new start goes on. */
  keptSides: readonly Side[];
  count: number;
}

/** What a selection consists of. */
export async function groupsOf(selection: MailUserSelection): Promise<RowGroup[]> {
  return selection.kind === 'ids' ? groupsOfIds(selection.ids) : groupsOfFilter(selection.filter);
}

async function groupsOfIds(ids: readonly string[]): Promise<RowGroup[]> {
  const rows = await mailUsersOf(ids);
  const now = new Date();
  return rows.map((row) => ({
    state: shownState(row),
    sourceConnectorId: row.source.connectorId.toHexString(),
    targetConnectorId: row.target.connectorId.toHexString(),
    facts: rowFacts(row.projection),
    keptSides: keptSidesOf(row.projection, now),
    count: 1,
  }));
}

async function groupsOfFilter(filter: MailUserFilter): Promise<RowGroup[]> {
  const groups = await MailUsers.aggregate<{
    _id: StateGroup & {
      source: Types.ObjectId;
      target: Types.ObjectId;
      pausedBy?: string;
      pass?: PassKind;
      passes?: PassKind[];
      next?: PassKind;
      remedy?: Remedy;
      kept?: boolean;
      destroyed?: boolean;
      signedIn?: Side[];
    };
    count: number;
  }>([
    { $match: queryOf(filter) },
    {
      $group: {
        _id: {
          ...stateGroup,
          source: '$source.connectorId',
          target: '$target.connectorId',
          pausedBy: '$projection.pausedBy.kind',
          pass: '$projection.pass.kind',
          passes: '$projection.passes.kind',
          next: '$projection.nextPass.kind',
          remedy: '$projection.fault.text.remedy',
          kept: { $gt: ['$projection.credentialsDestroyAt', new Date()] },
          destroyed: { $gt: ['$projection.credentialsDestroyedAt', null] },
          signedIn: '$projection.signedIn',
        },
        count: { $sum: 1 },
      },
    },
  ]);
  return groups.map(({ _id, count }) => ({
    state: stateOfGroup(_id),
    sourceConnectorId: _id.source.toHexString(),
    targetConnectorId: _id.target.toHexString(),
    facts: factsOf(_id),
    keptSides: _id.kept === true && _id.destroyed !== true ? (_id.signedIn ?? []) : [],
    count,
  }));
}

function factsOf({
  state,
  pausedBy,
  pass,
  passes,
  next,
  remedy,
}: {
  state?: MigrationState | null;
  pausedBy?: string | null;
  pass?: PassKind | null;
  passes?: PassKind[] | null;
  next?: PassKind | null;
  remedy?: Remedy | null;
}): RowFacts {
  return rowFacts({
    passes: (passes ?? []).map((kind) => ({ kind })),
    ...(pausedBy ? { pausedBy } : {}),
    ...(pass ? { pass: { kind: pass } } : {}),
    ...(state ? { state } : {}),
    ...(next ? { nextPass: { kind: next } } : {}),
    ...(remedy ? { fault: { text: { remedy } } } : {}),
  });
}

/** Batch and connectors that some users have in common. */
export interface Way {
  batch: string;
  sourceConnectorId: string;
  targetConnectorId: string;
}

/** Every way that the mail users of a selection are to go; each once, in no order. */
export async function waysOf(selection: MailUserSelection): Promise<Way[]> {
  const groups = await MailUsers.aggregate<{
    _id: { batch: string; source: Types.ObjectId; target: Types.ObjectId };
  }>([
    { $match: queryOfSelection(selection) },
    {
      $group: {
        _id: { batch: '$batch', source: '$source.connectorId', target: '$target.connectorId' },
      },
    },
  ]);
  return groups.map(({ _id: { batch, source, target } }) => ({
    batch,
    sourceConnectorId: source.toHexString(),
    targetConnectorId: target.toHexString(),
  }));
}

export type StateCounts = Map<MigrationState, number>;

/** How many mail users pages show in each state, by batch. */
export async function countStatesOfBatches(): Promise<Map<string, StateCounts>> {
  const groups = await MailUsers.aggregate<{ _id: StateGroup & { batch: string }; count: number }>([
    { $group: { _id: { ...stateGroup, batch: '$batch' }, count: { $sum: 1 } } },
  ]);
  const batches = new Map<string, StateCounts>();
  for (const { _id, count } of groups) {
    const counts = batches.get(_id.batch) ?? new Map<MigrationState, number>();
    const state = stateOfGroup(_id);
    counts.set(state, (counts.get(state) ?? 0) + count);
    batches.set(_id.batch, counts);
  }
  return batches;
}

/** How many mail users pages show in each state; those that a filter matches, or all. */
export async function countStates(filter: MailUserFilter = {}): Promise<StateCounts> {
  const groups = await MailUsers.aggregate<{ _id: StateGroup; count: number }>([
    { $match: queryOf(filter) },
    { $group: { _id: stateGroup, count: { $sum: 1 } } },
  ]);
  const counts: StateCounts = new Map();
  for (const { _id, count } of groups) {
    const state = stateOfGroup(_id);
    counts.set(state, (counts.get(state) ?? 0) + count);
  }
  return counts;
}

/** Those that a workflow is behind. */
export function runningOf(counts: StateCounts): number {
  const running = [...counts].filter(([state]) => state !== 'notStarted' && !isEndState(state));
  return running.reduce((sum, [, count]) => sum + count, 0);
}

/** The figures of many mailboxes together. */
export interface CountersSum extends FolderCounters {
  /** Mailboxes that have figures. */
  mailboxes: number;
  /** What their sources say they hold beyond `found`. */
  remaining: number;
}

const summed = [
  'found',
  'foundBytes',
  'copied',
  'copiedBytes',
  'alreadyThere',
  'filtered',
  'skipped',
  'failed',
  'remaining',
] as const satisfies readonly (keyof CountersSum)[];

const sums = Object.fromEntries(summed.map((name) => [name, { $sum: `$counters.${name}` }]));
const noSum: Readonly<CountersSum> = { ...noCounters, mailboxes: 0, remaining: 0 };

/** Sums over the mail users that a filter matches, or all. */
export async function sumCounters(filter: MailUserFilter = {}): Promise<CountersSum> {
  const [sum] = await MailUsers.aggregate<CountersSum>([
    { $match: { $and: [queryOf(filter), { counters: { $exists: true } }] } },
    { $group: { _id: null, mailboxes: { $sum: 1 }, ...sums } },
  ]);
  return sum ?? noSum;
}

/** The sums of each batch that has a mailbox with figures. */
export async function sumCountersOfBatches(): Promise<Map<string, CountersSum>> {
  const batches = await MailUsers.aggregate<CountersSum & { _id: string }>([
    { $match: { counters: { $exists: true } } },
    { $group: { _id: '$batch', mailboxes: { $sum: 1 }, ...sums } },
  ]);
  return new Map(batches.map(({ _id, ...sum }) => [_id, sum]));
}

/** The figures of several batches together. */
export function sumOfSums(batches: Iterable<CountersSum>): CountersSum {
  const all = { ...noSum };
  for (const batch of batches) for (const name of [...summed, 'mailboxes'] as const) all[name] += batch[name];
  return all;
}
