import { defineSearchAttributeKey } from '@temporalio/common';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { Types } from 'mongoose';
import { isEndState, migrationStates, type MigrationState } from '../src/domain/migration';
import { overTheWire } from '../src/domain/wire';
import { Credentials, purgeCredentials } from '../src/models/credentials';
import { purgeBrokenOffImports } from '../src/models/imports';
import { MailUsers, type MailUser, type MailUserProjection } from '../src/models/mail-users';
import { workflowEnded, writeProjection } from '../src/models/projection';
import { purgeReports } from '../src/models/report-retention';
import { releaseSlot, Slots, type SlotDocument } from '../src/models/slots';
import type { ActivityDeps } from './deps';
import { endBrokenOff, findBrokenOff, type BrokenOff } from './broken-off';
import { findForgotten, mendForgotten, type Forgotten, type Mended, type MendInput } from './forgotten';
import { heartbeats } from './heartbeat';
import { signals, workflowTypes, type ShowAgainSignal } from '../workflows/messages';
import { migrationId, searchAttributes } from '../workflows/names';

/** What was asked for and, as it seems, forgotten or broken off; and how many credentials were past their time. */
export interface ReconcileResult extends Forgotten, BrokenOff {
  destroyed: number;
}

/** Ids of mail users whose row and workflow do not tell the same. */
export interface Differences {
  /** The row says that a workflow runs, and none does; at most a thousand. */
  orphans: string[];
  /** The workflow is in another state than its row says; at most five thousand. */
  differing: string[];
}

const reportsAtOnce = 500;
const mostOrphans = 1000;
const mostDiffering = 5000;

const activeStates = migrationStates.filter((state) => !isEndState(state));

/**
 * Mends what fell between the database and Temporal: a web server that died between writing and telling, a workflow that was
 * terminated, a database or a Temporal that was restored. What seems wrong is only noted, and mended where it is so still when the
 * workflow has waited a while: no two machines' clocks are compared. Every part is harmless when repeated.
 */
export function createReconcile({
  client,
  log,
  reportLifeMs,
}: Pick<ActivityDeps, 'client' | 'log' | 'reportLifeMs'>) {
  return {
    /** Deletes the reports that are past their time, some hundreds at most, and rows of imports that were given up. Answers how many reports. */
    async purgeReports(): Promise<number> {
      using _beating = heartbeats();
      const now = new Date();
      const until = new Date(now.getTime() - reportLifeMs);
      const purged = await purgeReports({ until, now, most: reportsAtOnce });
      await purgeBrokenOffImports(now, reportsAtOnce);
      if (purged > 0) log.info({ reports: purged }, 'reports past their time are deleted');
      return purged;
    },

    /** Finds what was asked for and not taken yet, or is no longer worked at, and destroys the credentials that are past their time. */
    async reconcileAsked(): Promise<ReconcileResult> {
      using _beating = heartbeats();
      const late = await Credentials.deleteMany({ destroyAt: { $lte: new Date() } });
      return { ...(await findForgotten()), ...(await findBrokenOff(client)), destroyed: late.deletedCount };
    },

    /** Starts, tells again or destroys those of these that are still as they were found. */
    async mendForgotten(input: MendInput): Promise<Mended> {
      using _beating = heartbeats();
      const mended = await mendForgotten(client, input);
      if (Object.values(mended).some((count) => count > 0)) log.info(mended, 'what was forgotten is mended');
      return mended;
    },

    /** Ends the bulk actions and imports of these whose workflow is gone still. Answers how many. */
    async endBrokenOff(input: BrokenOff): Promise<number> {
      using _beating = heartbeats();
      const ended = await endBrokenOff(client, input);
      if (ended > 0)
        log.warn({ ended }, 'what was done to many at once had no workflow behind it and is ended');
      return ended;
    },

    /** Compares all rows with all workflows that run. */
    async compareRows(): Promise<Differences> {
      using _beating = heartbeats();
      return compareRows(client);
    },

    /** As `compareRows`, for workflows that a release before has begun. */
    async findOrphans(): Promise<string[]> {
      using _beating = heartbeats();
      return (await compareRows(client)).orphans;
    },

    /** Has those of these workflows that still differ from their rows write them anew. Answers how many. */
    async showAgain({ mailUserIds }: { mailUserIds: string[] }): Promise<number> {
      using _beating = heartbeats();
      let told = 0;
      for (const id of mailUserIds) {
        const state = await stateOf(client, id);
        const row = await MailUsers.findById(id, { 'projection.state': 1 }).lean<MailUser>();
        if (state === undefined || state === row?.projection?.state) continue;
        if (!(await tellToShow(client, id))) continue;
        log.info(
          { mailUserId: id, state },
          'a row and its workflow differed when they were looked at; it is written anew',
        );
        told += 1;
      }
      return told;
    },

    /** Marks those of these that are orphaned still, destroys their credentials and frees their slots. Answers how many. */
    async markOrphans({ mailUserIds }: { mailUserIds: string[] }): Promise<number> {
      using _beating = heartbeats();
      let marked = 0;
      for (const id of mailUserIds) {
        if ((await stateOf(client, id)) !== undefined) continue;
        if (!(await markOrphan(id))) continue;
        await purgeCredentials(id);
        const slot = await Slots.findById(id).lean<SlotDocument>();
        if (slot !== null) await releaseSlot(id, slot.ticket);
        log.warn({ mailUserId: id }, 'a row had no workflow behind it and is marked as stopped');
        marked += 1;
      }
      return marked;
    },
  };
}

const stateKey = defineSearchAttributeKey(searchAttributes.state, 'KEYWORD');

async function compareRows(client: Client): Promise<Differences> {
  const running = await runningStates(client);
  const [orphans, differing]: [string[], string[]] = [[], []];
  const rows = MailUsers.find({ 'projection.state': { $in: activeStates } }, { 'projection.state': 1 })
    .lean<MailUser[]>()
    .cursor();
  for await (const { _id, projection } of rows) {
    const id = _id.toHexString();
    // The list may lag behind; only the workflow itself tells for certain.
    const state = running.get(id) ?? (await stateOf(client, id));
    running.delete(id);
    if (state === undefined) orphans.push(id);
    else if (state !== projection?.state && differing.length < mostDiffering) differing.push(id);
    if (orphans.length >= mostOrphans) return { orphans, differing };
  }
  // Those that are left run, and their rows do not say so.
  differing.push(...[...running.keys()].slice(0, mostDiffering - differing.length));
  return { orphans, differing };
}

/** The states of the migrations that run, by mail user. */
async function runningStates(client: Client): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  const query = `WorkflowType = '${workflowTypes.migrateMailbox}' AND ExecutionStatus = 'Running'`;
  for await (const { workflowId, typedSearchAttributes } of client.workflow.list({ query, pageSize: 1000 }))
    states.set(workflowId.slice(migrationId('').length), typedSearchAttributes.get(stateKey) ?? firstState);
  return states;
}

/** A workflow says its state from when it has left this one. */
const firstState: MigrationState = 'starting';

/** The state of a mail user's workflow as it says itself; `undefined` where none runs. */
async function stateOf(client: Client, mailUserId: string): Promise<string | undefined> {
  try {
    const { status, typedSearchAttributes } = await client.workflow
      .getHandle(migrationId(mailUserId))
      .describe();
    return status.name === 'RUNNING' ? (typedSearchAttributes.get(stateKey) ?? firstState) : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** @returns false where it has ended */
async function tellToShow(client: Client, mailUserId: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(migrationId(mailUserId)).signal<[ShowAgainSignal]>(signals.showAgain, {});
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** @returns false where the row has changed meanwhile */
async function markOrphan(mailUserId: string): Promise<boolean> {
  const row = await MailUsers.findById(new Types.ObjectId(mailUserId)).lean<MailUser>();
  const standing = row?.projection;
  if (standing === undefined || isEndState(standing.state)) return false;
  const { epoch, revision, runId } = standing;
  const at = new Date().toISOString();
  const message =
    'Its workflow was ended from outside, or an earlier moment was restored; what is already in the target stays.';
  const fault = { code: workflowEnded, remedy: 'none' as const, message };
  const answer = await writeProjection({
    mailUserId,
    epoch,
    revision: revision + 1,
    runId,
    view: {
      ...overTheWire(lastingOf(standing)),
      state: 'stopped',
      since: at,
      ...(standing.handledStartId === undefined ? {} : { handledStartId: standing.handledStartId }),
      handledCredentialIds: standing.handledCredentialIds,
      usedCredentialIds: [],
      signedIn: [],
      wanted: [],
      fault: { text: fault },
      credentialsDestroyedAt: at,
      endedAt: at,
      by: { kind: 'system' },
    },
    timeline: [{ state: 'stopped', at, by: { kind: 'system' }, fault }],
  });
  return answer.kind === 'written';
}

/** What a row tells of its mailboxes and of who was asked, and not of the workflow behind it. */
const lasting = ['passes', 'verified', 'mended', 'refusals', 'invitation'] as const;

function lastingOf(standing: MailUserProjection): Pick<MailUserProjection, (typeof lasting)[number]> {
  return Object.fromEntries(lasting.map((part) => [part, standing[part]]));
}
