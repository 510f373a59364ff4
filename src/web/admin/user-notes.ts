import type { Actor } from '../../domain/migration';
import { dueAt, shownState } from '../../domain/shown-state';
import type { MessageKey, MessageValues } from '../../locales';
import { isUndelivered, type ListedMailUser } from '../../models/mail-user-list';
import type { InvitationProjection } from '../../models/mail-users';
import { lastPlaceTold } from '../../domain/fair-order';
import { noWorkerAfterMs } from './connector-checks';

/** A line under a row's state: what it waits for, or why it is so. */
export interface RowNote {
  key?: MessageKey;
  values?: MessageValues;
  /** The server's own words. */
  text?: string;
  /** A time that belongs to it. */
  at?: Date;
  tone: 'plain' | 'warning' | 'danger';
  /** Another line below it. */
  then?: RowNote;
}

/**
 * The one thing to know about a row beside its state; `undefined` where the state says it all.
 * @param place in the queue, where it waits there; 1 is the next, 0 has its turn
 */
export function noteOf(row: ListedMailUser, now: Date, place?: number): RowNote | undefined {
  const state = shownState(row);
  const { projection, asked } = row;
  switch (state) {
    case 'starting':
    case 'verifying': {
      const since = state === 'starting' ? dueAt(asked) : asked.credentialAt;
      if (since !== undefined && new Date(since) > now && !isTaken(row))
        return { key: 'admin.users.notes.begins', at: since, tone: 'plain' };
      const late = since !== undefined && now.getTime() - new Date(since).getTime() > noWorkerAfterMs;
      const invitation = projection?.invitation;
      if (
        state === 'starting' &&
        invitation?.delayed !== undefined &&
        projection?.handledStartId === asked.startId
      )
        return {
          key: 'admin.users.notes.mailDelayed',
          values: { answer: invitation.delayed.answer },
          tone: 'warning',
        };
      if (
        state === 'starting' &&
        invitation?.dueAt !== undefined &&
        projection?.handledStartId === asked.startId
      )
        return { key: 'admin.users.notes.mailDue', at: invitation.dueAt, tone: 'plain' };
      if (projection?.refusal?.outcome === 'unreachable')
        return { key: 'admin.users.notes.unreachable', at: projection.refusal.at, tone: 'warning' };
      return late && !isTaken(row) ? { key: 'admin.noWorker.title', tone: 'warning' } : undefined;
    }
    case 'emailSent': {
      const invitation = projection?.invitation;
      const trouble = mailTrouble(row);
      if (trouble !== undefined) return trouble;
      if (projection?.refusal !== undefined)
        return { key: 'admin.users.notes.signInRefused', tone: 'warning' };
      return invitation === undefined ? undefined : sentNote(row, invitation);
    }
    case 'awaitingSignIn':
      return projection?.refusal === undefined
        ? { key: 'admin.users.notes.useLink', tone: 'plain' }
        : { key: 'admin.users.notes.signInRefused', tone: 'warning' };
    case 'throttled':
      return projection?.throttledUntil === undefined || new Date(projection.throttledUntil) <= now
        ? undefined
        : { key: 'admin.users.notes.until', at: projection.throttledUntil, tone: 'plain' };
    case 'working':
      return projection?.fault === undefined
        ? undefined
        : { text: projection.fault.text.message, tone: 'warning' };
    case 'failed':
      return projection?.fault === undefined
        ? undefined
        : { text: projection.fault.text.message, tone: 'danger' };
    case 'signInNeeded': {
      const told = toldNote(row);
      if (projection?.fault === undefined) return told;
      return { text: projection.fault.text.message, tone: 'danger', ...(told && { then: told }) };
    }
    case 'scheduled':
      return scheduledNote(row, place);
    case 'upToDate': {
      if (projection?.nextPass === undefined) return undefined;
      const { kind, at } = projection.nextPass;
      return at === undefined
        ? { key: `admin.users.notes.nextAsked.${kind}`, tone: 'plain' }
        : { key: `admin.users.notes.next.${kind}`, at, tone: 'plain' };
    }
    case 'paused':
      return projection?.pausedBy === undefined
        ? undefined
        : { key: 'admin.users.notes.pausedBy', values: { who: whoOf(projection.pausedBy) }, tone: 'plain' };
    case 'notStarted':
    case 'completed':
    case 'completedWithIssues':
    case 'expired':
      return undefined;
    case 'stopped':
      return stoppedNote(row);
  }
}

function stoppedNote({ projection }: ListedMailUser): RowNote | undefined {
  if (projection?.fault !== undefined) return { text: projection.fault.text.message, tone: 'warning' };
  if (projection?.by === undefined) return undefined;
  return { key: 'admin.users.notes.stoppedBy', values: { who: whoOf(projection.by) }, tone: 'plain' };
}

/** Whether the user knows that his sign-in is needed again. */
function toldNote(row: ListedMailUser): RowNote | undefined {
  const { invitation } = row.projection ?? {};
  if (invitation?.choice === 'none') return { key: 'admin.users.notes.useLink', tone: 'plain' };
  const trouble = mailTrouble(row);
  if (trouble !== undefined) return trouble;
  const { to, sentAt } = invitation ?? {};
  if (to === undefined || sentAt === undefined) return undefined;
  return { key: 'admin.users.notes.told', values: { to: to.join(', ') }, at: sentAt, tone: 'plain' };
}

/** Why the mail that went out last did not come to its reader. */
function mailTrouble(row: ListedMailUser): RowNote | undefined {
  const { delayed, refused } = row.projection?.invitation ?? {};
  if (delayed !== undefined)
    return { key: 'admin.users.notes.mailDelayed', values: { answer: delayed.answer }, tone: 'warning' };
  if (refused !== undefined)
    return { key: 'admin.users.notes.mailRefused', values: { answer: refused.answer }, tone: 'danger' };
  if (!isUndelivered(row)) return undefined;
  const who = whoOf(row.undelivered?.by);
  return { key: 'admin.users.notes.undelivered', values: { who }, tone: 'danger' };
}

function scheduledNote({ projection }: ListedMailUser, place: number | undefined): RowNote | undefined {
  const waitsFor = projection?.waitsFor;
  if (waitsFor !== undefined)
    return waitsFor.until === undefined
      ? { key: 'admin.users.notes.windowNever', tone: 'danger' }
      : { key: 'admin.users.notes.windowUntil', at: waitsFor.until, tone: 'plain' };
  if (place === undefined) return undefined;
  if (place === 0) return { key: 'admin.users.notes.turn', tone: 'plain' };
  return place > lastPlaceTold
    ? { key: 'admin.users.notes.placeFar', values: { count: lastPlaceTold }, tone: 'plain' }
    : { key: 'admin.users.notes.place', values: { count: place }, tone: 'plain' };
}

function whoOf(by: Actor | undefined): string {
  return by?.kind === 'administrator' ? by.email : 'Mailporter';
}

/** When it went out and when the next one will; the row shows both its addresses already, so where to is told only where it is another. */
function sentNote({ source, target }: ListedMailUser, invitation: InvitationProjection): RowNote {
  const { to, sentAt, remindedAt, reminderDueAt } = invitation;
  const place = to.every((address) => address === source.address || address === target.address)
    ? 'own'
    : 'other';
  const values = { to: to.join(', ') };
  if (reminderDueAt !== undefined)
    return { key: `admin.users.notes.reminderDue.${place}`, values, at: reminderDueAt, tone: 'plain' };
  if (remindedAt !== undefined)
    return { key: `admin.users.notes.reminded.${place}`, values, at: remindedAt, tone: 'plain' };
  return { key: `admin.users.notes.sent.${place}`, values, ...(sentAt && { at: sentAt }), tone: 'plain' };
}

/** Whether a worker has taken note of all that was asked for. */
function isTaken({ asked, projection }: ListedMailUser): boolean {
  const { startId, credentialIds } = asked;
  if (startId !== undefined && projection?.handledStartId !== startId) return false;
  return credentialIds.every((id) => projection?.handledCredentialIds.includes(id));
}
