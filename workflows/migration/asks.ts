import { patched } from '@temporalio/workflow';
import type { PauseSignal, ResumeSignal, RunPassSignal } from '../messages';
import type { Migration } from './migration';

const asksKept = 50;

/** The first pause counts until it is resumed. What copies or waits is interrupted; who has to sign in may do so. */
export function takePause(m: Migration, { by }: PauseSignal): void {
  if (m.isEnding || m.view.pausedBy !== undefined) return;
  m.view.pausedBy = by;
  m.version += 1;
  m.row.touch();
  if (m.carry.phase !== 'signIn') m.interrupt();
}

export function takeResume(m: Migration, { by }: ResumeSignal): void {
  if (m.isEnding || m.view.pausedBy === undefined) return;
  delete m.view.pausedBy;
  m.resumedBy = by;
  m.version += 1;
  m.row.touch();
}

/** The cut-over counts more than a delta, and after the last pass there is none. */
export function takeRunPass(m: Migration, { kind, requestId }: RunPassSignal): void {
  const { carry } = m;
  const isLast = carry.isPassing && carry.order.kind === 'cutOver';
  if (m.isEnding || isLast || carry.passAsks.includes(requestId)) return;
  carry.passAsks = [...carry.passAsks, requestId].slice(-asksKept);
  if (carry.wantedPass !== 'cutOver') carry.wantedPass = kind;
  carry.isPlanStale = true;
}

/** A run of 0.1.0 heard of an edit and did nothing about it: it looks when it next comes to its plan. */
export function takePlanChanged({ carry }: Migration): void {
  if (patched('plan-told')) carry.isPlanStale = true;
}
