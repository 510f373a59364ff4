import { patched } from '@temporalio/workflow';
import type { ResendSignal } from '../messages';
import type { Migration } from './migration';

const resendsKept = 50;

/** The administrator wants the invitation, or the mail that a sign-in is needed, to go out again. */
export function takeResend(m: Migration, { requestId }: ResendSignal): void {
  const { carry } = m;
  if (carry.phase !== 'signIn' || carry.resends.includes(requestId)) return;
  carry.resends = [...carry.resends, requestId].slice(-resendsKept);
  // What its server does not take just now is tried at once.
  if (carry.mailing !== undefined && patched('resend-at-once')) m.resends += 1;
  orderMail(m);
  m.version += 1;
}

/** Has a mail go out that asks for a sign-in, unless users get none; the time to sign in begins anew. */
export function orderMail(m: Migration): void {
  const { carry } = m;
  if (carry.mailing !== undefined) return;
  if (carry.facts.invitation === 'none') return beginDeadline(m);
  carry.mails += 1;
  carry.mailing = { kind: kindOf(m), n: carry.mails, accepted: [], tries: 0 };
  delete carry.deadline;
}

/** Both sides have signed in: a mail that is still to go out would ask for nothing, and stand in the way of one that does. */
export function forgetMail(m: Migration): void {
  const { carry, view } = m;
  if (carry.mailing === undefined || !patched('signed-in-before-mail')) return;
  delete carry.mailing;
  if (view.invitation === undefined) return;
  delete view.invitation.dueAt;
  delete view.invitation.delayed;
  m.row.touch();
}

/** Has whoever was asked for a sign-in asked again; the time to sign in goes on. */
export function orderReminder(m: Migration): void {
  const { carry } = m;
  setReminders(m, carry.reminders?.slice(1) ?? []);
  carry.mails += 1;
  carry.mailing = { kind: kindOf(m), isReminder: true, n: carry.mails, accepted: [], tries: 0 };
}

function kindOf({ carry }: Migration): 'signInNeeded' | 'invitation' {
  return carry.wasAccepted ? 'signInNeeded' : 'invitation';
}

/** When the next reminder is due; the workflow's clock, ms. `undefined` while a mail is on its way, and where there is none. */
export function reminderDue({ carry }: Migration): number | undefined {
  const [next] = carry.reminders ?? [];
  return next === undefined || carry.mailing !== undefined ? undefined : Date.parse(next);
}

/** When reminders go out (ISO 8601), next first; the row says when the next one does. */
export function setReminders(m: Migration, times: string[]): void {
  const { carry, view } = m;
  carry.reminders = times;
  const [next] = times;
  if (view.invitation === undefined || view.invitation.reminderDueAt === next) return;
  if (next === undefined) delete view.invitation.reminderDueAt;
  else view.invitation.reminderDueAt = next;
  m.row.touch();
}

/** The time to sign in begins now. */
export function beginDeadline(m: Migration): void {
  const { carry, view, times } = m;
  carry.deadline = Date.now() + times.linkLifeMs;
  const { invitation } = view;
  const { choice, to } = invitation ?? { choice: carry.facts.invitation, to: [] };
  view.invitation = { ...invitation, choice, to, linkExpiresAt: new Date(carry.deadline).toISOString() };
  m.row.touch();
}
