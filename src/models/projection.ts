import { isDeepStrictEqual } from 'node:util';
import { Types } from 'mongoose';
import type { Actor, MailboxCounters, StartedBy } from '../domain/migration';
import type { MoveSummary } from '../domain/move-summary';
import type { OverTheWire } from '../domain/wire';
import { noteStartHandled } from './mail-user-asks';
import { MailUsers, type MailUser, type MailUserProjection } from './mail-users';

/** What a workflow says of itself: the projection without what the database side adds. */
export type ProjectionView = OverTheWire<
  Omit<MailUserProjection, 'epoch' | 'revision' | 'runId' | 'timeline' | 'summary'>
>;
export type TimelineLine = OverTheWire<MailUserProjection['timeline'][number]>;

export interface ProjectionWrite {
  mailUserId: string;
  epoch: number;
  revision: number;
  runId: string;
  view: ProjectionView;
  /** Lines the time line gains, oldest first. */
  timeline: TimelineLine[];
  summary?: MoveSummary;
}

/**
 * `stands`: a projection as high as this or higher, which is left as it is; `hasEnded` where it tells how the migration ended, `pausedBy`
 * where it is paused. `gone`: the row was deleted.
 */
export type ProjectionAnswer =
  | { kind: 'written' }
  | { kind: 'stands'; epoch: number; revision: number; hasEnded?: true; pausedBy?: Actor }
  | { kind: 'gone' };

/** The code of an end that no workflow has told: what was marked so may turn out to go on. */
export const workflowEnded = 'WorkflowEnded';

/** Whether a migration has come to an end of which its workflow itself has told. */
export function hasEnded(projection: Pick<MailUserProjection, 'endedAt' | 'fault'> | undefined): boolean {
  return projection?.endedAt !== undefined && projection.fault?.text.code !== workflowEnded;
}

const linesKept = 200;

/**
 * Writes the projection where a lower one stands, whole and in one update. Repeating a write answers `written` again.
 */
export async function writeProjection(write: ProjectionWrite): Promise<ProjectionAnswer> {
  const { mailUserId, epoch, revision, runId } = write;
  for (;;) {
    const row = await findRow(mailUserId);
    if (row === undefined) return { kind: 'gone' };
    const standing = row.projection;
    if (standing !== undefined && !isLower(standing, write)) {
      if (!isSame(standing, write)) return stands(standing);
      await tellHandled(row, write.view);
      return { kind: 'written' };
    }
    const lines = write.timeline.map((line) => revive<MailUserProjection['timeline'][number]>(line));
    const summary = write.summary ?? (standing?.epoch === epoch ? standing.summary : undefined);
    const projection: MailUserProjection = {
      ...reviveView(write.view),
      epoch,
      revision,
      runId,
      ...(summary === undefined ? {} : { summary }),
      timeline: [...(standing?.timeline ?? []), ...lines].slice(-linesKept),
    };
    const written = await MailUsers.updateOne(standingFilter(row), {
      $set: { projection },
      $pull: { 'asked.credentialIds': { $in: write.view.handledCredentialIds } },
      $unset: { orphanSince: true },
    });
    if (written.matchedCount === 0) continue;
    await tellHandled(row, write.view);
    return { kind: 'written' };
  }
}

function stands(standing: MailUserProjection): ProjectionAnswer {
  const { epoch, revision, pausedBy } = standing;
  return {
    kind: 'stands',
    epoch,
    revision,
    ...(hasEnded(standing) ? { hasEnded: true } : {}),
    ...(pausedBy === undefined ? {} : { pausedBy }),
  };
}

async function tellHandled({ _id, asked }: MailUser, { handledStartId }: ProjectionView): Promise<void> {
  if (asked.startPending && handledStartId !== undefined) await noteStartHandled(_id, handledStartId);
}

/**
 * Gives a run its epoch: one above the row's, once per run however often it is asked.
 * @returns `undefined` where the row is gone
 */
export async function raiseEpoch(
  mailUserId: string,
  runId: string,
  started: StartedBy,
): Promise<{ row: MailUser; epoch: number; revision: number } | undefined> {
  for (;;) {
    const row = await findRow(mailUserId);
    if (row === undefined) return undefined;
    const standing = row.projection;
    if (standing?.runId === runId) return { row, epoch: standing.epoch, revision: standing.revision };
    const epoch = (standing?.epoch ?? 0) + 1;
    const at = new Date(started.at);
    const projection: MailUserProjection = {
      epoch,
      revision: 1,
      runId,
      state: 'starting',
      since: at,
      // Those that are kept must not look untaken before the workflow has named them.
      handledCredentialIds: standing?.handledCredentialIds ?? [],
      ...(standing?.usedCredentialIds === undefined ? {} : { usedCredentialIds: standing.usedCredentialIds }),
      signedIn: [],
      wanted: [],
      refusals: standing?.refusals ?? [],
      ...(standing?.passes === undefined ? {} : { passes: standing.passes }),
      ...(standing?.wantedPass === undefined ? {} : { wantedPass: standing.wantedPass }),
      timeline: [...(standing?.timeline ?? []), { state: 'starting' as const, at, by: started.by }].slice(
        -linesKept,
      ),
    };
    const raised = await MailUsers.updateOne(standingFilter(row), {
      $set: { projection },
      // The counters stay: they tell of the mailboxes and not of one epoch.
      $unset: { orphanSince: true },
    });
    if (raised.matchedCount === 1) return { row: { ...row, projection }, epoch, revision: 1 };
  }
}

/** A mailbox's counters as one opening of one epoch sees them. */
export interface CountersWrite {
  mailUserId: string;
  epoch: number;
  opening: number;
  counters: MailboxCounters;
  activeFolders: string[];
}

/**
 * Takes the counters for an opening: from now on only this one, or a later one, writes them.
 * @returns false where a later one has them, or the row is gone
 */
export async function takeCounters(write: CountersWrite, now: Date): Promise<boolean> {
  for (;;) {
    const row = await findRow(write.mailUserId);
    if (row === undefined) return false;
    const { epoch = 0, opening = 0 } = row.counters ?? {};
    if (epoch > write.epoch || (epoch === write.epoch && opening > write.opening)) return false;
    const filter = {
      _id: row._id,
      'counters.epoch': row.counters?.epoch ?? null,
      'counters.opening': row.counters?.opening ?? null,
    };
    const taken = await MailUsers.updateOne(filter, { $set: { counters: countersOf(write, now) } });
    if (taken.matchedCount === 1) return true;
  }
}

/** @returns false where another opening has taken them, or the row is gone */
export async function writeCounters(write: CountersWrite, now: Date): Promise<boolean> {
  const { mailUserId, epoch, opening } = write;
  const written = await MailUsers.updateOne(
    { _id: new Types.ObjectId(mailUserId), 'counters.epoch': epoch, 'counters.opening': opening },
    { $set: { counters: countersOf(write, now) } },
  );
  return written.matchedCount === 1;
}

function countersOf({ epoch, opening, counters, activeFolders }: CountersWrite, now: Date) {
  return { ...counters, epoch, opening, activeFolders, at: now };
}

async function findRow(mailUserId: string): Promise<MailUser | undefined> {
  return (await MailUsers.findById(mailUserId).lean<MailUser>()) ?? undefined;
}

/** Equality on exactly the fields of a unique index; `null` also matches where there is none. */
function standingFilter({ _id, projection }: MailUser) {
  return {
    _id,
    'projection.epoch': projection?.epoch ?? null,
    'projection.revision': projection?.revision ?? null,
  };
}

interface Standing {
  epoch: number;
  revision: number;
  runId: string;
}

function isLower(a: Standing, b: Standing): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.revision < b.revision);
}

/** A run of a Temporal that was set back gives a number once more, to another view. */
function isSame(standing: MailUserProjection, { epoch, revision, runId, view }: ProjectionWrite): boolean {
  const { timeline: _timeline, summary: _summary, ...seen } = standing;
  return isDeepStrictEqual(seen, { ...reviveView(view), epoch, revision, runId });
}

const dates = new Set([
  'since',
  'at',
  'sentAt',
  'dueAt',
  'remindedAt',
  'reminderDueAt',
  'linkExpiresAt',
  'waitUntil',
  'throttledUntil',
  'credentialsDestroyedAt',
  'credentialsDestroyAt',
  'endedAt',
  'beganAt',
  'until',
]);

const reviveView = (view: ProjectionView) =>
  revive<Omit<MailUserProjection, 'epoch' | 'revision' | 'runId' | 'timeline' | 'summary'>>(view);

/** The dates of a view as dates again. */
function revive<T>(value: OverTheWire<T>): T {
  return deepRevive(value) as T;
}

function deepRevive(value: unknown, key = ''): unknown {
  if (typeof value === 'string' && dates.has(key)) return new Date(value);
  if (Array.isArray(value)) return value.map((element) => deepRevive(element));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, deepRevive(inner, name)]));
}
