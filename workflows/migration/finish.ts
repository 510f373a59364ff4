import { CancellationScope, ParentClosePolicy, setCurrentDetails, startChild } from '@temporalio/workflow';
import type { FaultText } from '../../src/domain/faults';
import type { Actor, EndState } from '../../src/domain/migration';
import type { Side } from '../../src/domain/mailbox';
import type { MailOrder } from '../../activities/mails';
import { mailId } from '../names';
import { sendNotice } from '../send-notice';
import { short } from '../proxies';
import type { Migration } from './migration';

/** How a migration ends. */
export interface MigrationEnd {
  state: EndState;
  by?: Actor;
  fault?: { text: FaultText; side?: Side };
}

/**
 * Gives back the slots, destroys the credentials or, for **Retry**, keeps them a while, says so on the row and has the mail sent.
 * Not to be cancelled. Throws `Overtaken` where the row knows of an end already; then nobody is told.
 */
export async function finish(m: Migration, end: MigrationEnd): Promise<void> {
  m.isEnding = true;
  await CancellationScope.nonCancellable(async () => {
    m.view.wanted = [];
    await m.releaseSlot();
    await letGoOfCredentials(m, end.state);
    // Whoever sees the end sees what was moved.
    const { pairId } = m.carry.place;
    const isWhole = end.state === 'completed' || end.state === 'completedWithIssues';
    if (pairId !== undefined) await m.row.writeSummary(pairId, isWhole);
    showEnd(m, end);
    await m.row.flush();
    await sendMail(m, end.state);
    // Whatever was typed meanwhile is destroyed too; then nothing is looked for any more.
    await m.leavings.cleared();
    await m.row.flush();
  });
}

const keepsCredentials: readonly EndState[] = ['failed', 'completedWithIssues'];

async function letGoOfCredentials(m: Migration, state: EndState): Promise<void> {
  const { mailUserId, times, view, carry } = m;
  const keep = keepsCredentials.includes(state) ? Object.values(carry.credentials) : [];
  const until = new Date(Date.now() + times.retryLifeMs).toISOString();
  const { destroyAt } = await short.purgeCredentials({ mailUserId, keep, until });
  carry.checking = {};
  if (destroyAt !== undefined) view.credentialsDestroyAt = destroyAt;
  else {
    carry.credentials = {};
    delete view.credentialsDestroyAt;
    view.signedIn = [];
    view.credentialsDestroyedAt = m.now();
  }
}

function showEnd(m: Migration, { state, by, fault }: MigrationEnd): void {
  const { view, carry } = m;
  // Whoever stops a migration takes back what was asked of it.
  if (state === 'stopped') delete carry.wantedPass;
  delete view.pass;
  delete view.throttledUntil;
  delete view.waitsFor;
  delete view.nextPass;
  delete view.pausedBy;
  delete view.refusal;
  view.endedAt = m.now();
  // What was being waited out is not how it ended.
  delete view.fault;
  if (fault !== undefined) view.fault = fault;
  if (by !== undefined) view.by = by;
  m.row.setState(state, {
    ...(by === undefined ? {} : { by }),
    ...(fault === undefined ? {} : { fault: fault.text }),
  });
  setCurrentDetails(`**${m.carry.facts.sourceAddress}** → **${m.carry.facts.targetAddress}**\n\n${state}`);
}

/** A workflow of its own sends it: a mail server that is away must not keep the migration from being retried. */
async function sendMail({ mailUserId, carry, times }: Migration, state: EndState): Promise<void> {
  const order = orders[state];
  if (order === undefined || carry.facts.invitation === 'none') return;
  const id = mailId(mailUserId, carry.epoch, order.kind);
  await startChild(sendNotice, {
    workflowId: id,
    args: [{ mailUserId, order, mailId: id, tryForMs: times.mailForMs }],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `${order.kind}: ${carry.facts.sourceAddress}`.slice(0, 200),
  });
}

const orders: Record<EndState, Exclude<MailOrder, { kind: 'invitation' | 'signInNeeded' }> | undefined> = {
  completed: { kind: 'completed' },
  completedWithIssues: { kind: 'completed' },
  failed: { kind: 'failed' },
  stopped: { kind: 'stopped' },
  expired: undefined,
};
