import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { Types } from 'mongoose';
import { endStates, isEndState, type MigrationTimes } from '../src/domain/migration';
import { Credentials, purgeCredentials, type CredentialDocument } from '../src/models/credentials';
import { MailUsers, type MailUser, type MailUserProjection } from '../src/models/mail-users';
import { writeProjection } from '../src/models/projection';
import { releaseSlot, Slots, type SlotDocument } from '../src/models/slots';
import type { ActivityDeps } from './deps';
import { heartbeats } from './heartbeat';
import {
  formStart,
  migrationStart,
  signals,
  workflowTypes,
  type CredentialSignal,
} from '../workflows/messages';
import { migrationId } from '../workflows/names';

export interface ReconcileInput {
  times: MigrationTimes;
  /** How long something must stand before it is taken for forgotten. */
  forgottenMs: number;
}

/** How often each thing was done. */
export interface ReconcileResult {
  started: number;
  toldAgain: number;
  destroyed: number;
}

/**
 * Mends what fell between the database and Temporal: a web server that died between writing and telling, a workflow that was
 * terminated, a database or a Temporal that was restored. Every part is harmless when repeated.
 */
export function createReconcile({ client, log }: Pick<ActivityDeps, 'client' | 'log'>) {
  return {
    /** Starts what was asked for and never started, tells again what no workflow has taken, destroys what is past its time. */
    async reconcileAsked({ times, forgottenMs }: ReconcileInput): Promise<ReconcileResult> {
      using _beating = heartbeats();
      const before = new Date(Date.now() - forgottenMs);
      const started = await startForgotten(client, times, before);
      const told = await tellForgotten(client, times, before);
      const late = await Credentials.deleteMany({ destroyAt: { $lte: new Date() } });
      const result = { started, toldAgain: told.toldAgain, destroyed: told.destroyed + late.deletedCount };
      if (Object.values(result).some((count) => count > 0)) log.info(result, 'what was forgotten is mended');
      return result;
    },

    /** Ids of mail users whose row says that a workflow runs while none does. At most a thousand at once. */
    async findOrphans(): Promise<string[]> {
      using _beating = heartbeats();
      const running = new Set<string>();
      const query = `WorkflowType = '${workflowTypes.migrateMailbox}' AND ExecutionStatus = 'Running'`;
      for await (const { workflowId } of client.workflow.list({ query, pageSize: 1000 }))
        running.add(workflowId);
      const orphans: string[] = [];
      const states = { 'projection.state': { $exists: true, $nin: [...endStates] } };
      const rows = MailUsers.find(states, { _id: 1 })
        .sort({ _id: 1 })
        .lean<Pick<MailUser, '_id'>[]>()
        .cursor();
      for await (const { _id } of rows) {
        const id = _id.toHexString();
        if (orphans.length >= 1000) break;
        // The list may lag behind; only the workflow itself tells for certain.
        if (!running.has(migrationId(id)) && !(await isRunning(client, id))) orphans.push(id);
      }
      return orphans;
    },

    /** Marks those of these that are orphaned still, destroys their credentials and frees their slots. Answers how many. */
    async markOrphans({ mailUserIds }: { mailUserIds: string[] }): Promise<number> {
      using _beating = heartbeats();
      let marked = 0;
      for (const id of mailUserIds) {
        if (await isRunning(client, id)) continue;
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

async function startForgotten(client: Client, times: MigrationTimes, before: Date): Promise<number> {
  let started = 0;
  const rows = MailUsers.find({ 'asked.startedAt': { $lte: before } })
    .lean<MailUser[]>()
    .cursor();
  for await (const row of rows) {
    const { startId, reason = 'start' } = row.asked;
    const state = row.projection?.state ?? 'notStarted';
    const isForgotten = startId !== undefined && row.projection?.handledStartId !== startId;
    // The start of a form from Not started is told again with its credential.
    const isForm = reason === 'form' || (row.projection === undefined && row.asked.credentialIds.length > 0);
    if (!isForgotten || isForm || !(state === 'notStarted' || isEndState(state))) continue;
    const input = {
      mailUserId: row._id.toHexString(),
      startId,
      reason,
      by: { kind: 'system' } as const,
      times,
    };
    try {
      await client.workflow.start(workflowTypes.migrateMailbox, migrationStart(input, pairOf(row)));
      started += 1;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
  return started;
}

async function tellForgotten(client: Client, times: MigrationTimes, before: Date) {
  let [toldAgain, destroyed] = [0, 0];
  const untaken = Credentials.find({ 'owner.kind': 'mailUser', takenAt: { $lte: before } })
    .lean<CredentialDocument[]>()
    .cursor();
  for await (const credential of untaken) {
    const id = credential._id.toHexString();
    const row = await MailUsers.findById(credential.owner.id).lean<MailUser>();
    if (row?.projection?.handledCredentialIds.includes(id)) continue;
    if (row !== null && (await tell(client, row, credential, times))) {
      toldAgain += 1;
      continue;
    }
    // Of an ended epoch, handled or not, only what was kept for Retry lives on.
    const kept = row?.projection !== undefined && isEndState(row.projection.state) && isKept(row.projection);
    if (kept && !row.asked.credentialIds.includes(id)) continue;
    await Credentials.deleteOne({ _id: credential._id });
    await MailUsers.updateOne({ _id: row?._id }, { $pull: { 'asked.credentialIds': id } });
    destroyed += 1;
  }
  return { toldAgain, destroyed };
}

function isKept({ credentialsDestroyAt }: MailUserProjection): boolean {
  return credentialsDestroyAt !== undefined;
}

/** @returns false where no workflow is left that could take it */
async function tell(
  client: Client,
  row: MailUser,
  credential: CredentialDocument,
  times: MigrationTimes,
): Promise<boolean> {
  const id = credential._id.toHexString();
  if (!row.asked.credentialIds.includes(id)) return false;
  const told: CredentialSignal = { side: credential.side, credentialId: id };
  const mailUserId = row._id.toHexString();
  try {
    if (row.projection === undefined) {
      const startId = row.asked.startId ?? randomUUID();
      const input = { mailUserId, startId, reason: 'form', by: { kind: 'user' }, times } as const;
      await client.workflow.signalWithStart(
        workflowTypes.migrateMailbox,
        formStart(input, pairOf(row), told),
      );
    } else {
      await client.workflow
        .getHandle(migrationId(mailUserId))
        .signal<[CredentialSignal]>(signals.credential, told);
    }
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof WorkflowExecutionAlreadyStartedError)
      return false;
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
  const code = 'WorkflowEnded';
  const message = 'Its workflow was ended from outside; what is already in the target stays.';
  const fault = { code, remedy: 'none' as const, message };
  const answer = await writeProjection({
    mailUserId,
    epoch,
    revision: revision + 1,
    runId,
    view: {
      state: 'stopped',
      since: at,
      ...(standing.handledStartId === undefined ? {} : { handledStartId: standing.handledStartId }),
      handledCredentialIds: standing.handledCredentialIds,
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

async function isRunning(client: Client, mailUserId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(migrationId(mailUserId)).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

function pairOf({ source, target }: MailUser) {
  return { sourceAddress: source.address, targetAddress: target.address };
}
