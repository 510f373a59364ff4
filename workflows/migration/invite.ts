import { condition } from '@temporalio/workflow';
import { askedAgainFor } from '../../src/domain/faults';
import type { MailOrder, SendMailResult } from '../../activities/mails';
import { growing } from '../faults';
import { short } from '../proxies';
import type { Mailing } from './carry';
import { beginDeadline, setReminders } from './mailing';
import type { Migration } from './migration';

const minute = 60_000;
const hour = 60 * minute;

/**
 * Has the mail sent that asks for a sign-in: an invitation in its turn at the set rate, the mail in mid-run at once. What the server
 * does not take just now is sent again; what it refuses is shown on the row. The time to sign in begins when it is out.
 */
export async function sendInvitation(m: Migration): Promise<void> {
  const { mailing } = m.carry;
  if (mailing === undefined) return;
  for (;;) {
    if (!(await awaitTurn(m, mailing))) return;
    const result = await send(m, mailing);
    mailing.accepted = result.accepted;
    if (result.delayed === undefined) return sent(m, result);
    delay(m, result, result.delayed);
    const wait = growing(mailing.tries, minute, hour);
    mailing.tries += 1;
    const { resends } = m;
    const isCut = await condition(() => m.isFull || m.resends !== resends, wait);
    if (isCut && m.isFull) return;
  }
}

/** @returns false where the history is full: the turn lapses and another is taken later */
async function awaitTurn(m: Migration, { kind, isReminder }: Mailing): Promise<boolean> {
  if (kind === 'signInNeeded') return !m.isFull;
  const { choice, to, dueAt, waitMs } = await short.reserveInvitation({
    mailUserId: m.mailUserId,
    at: m.now(),
  });
  if (!isReminder) {
    m.view.invitation = { ...m.view.invitation, choice, to, dueAt };
    m.row.touch();
  }
  return waitMs <= 0 ? !m.isFull : !(await condition(() => m.isFull, waitMs));
}

async function send(m: Migration, mailing: Mailing): Promise<SendMailResult> {
  const { kind, n, accepted, isReminder } = mailing;
  const { epoch, facts } = m.carry;
  const mailId = `${kind}-${m.mailUserId}-${epoch}-${n}`;
  const summary = `${isReminder ? 'reminder' : kind} to ${facts.invitation}`;
  const remindBefore = isReminder ? {} : { remindBefore: linkEnd(m) };
  return short.sendMail.executeWithOptions({ summary }, [
    { mailUserId: m.mailUserId, order: orderOf(m, mailing), mailId, accepted, at: m.now(), ...remindBefore },
  ]);
}

function orderOf(m: Migration, { kind, isReminder }: Mailing): MailOrder {
  if (kind === 'signInNeeded') {
    return { kind, sides: m.view.wanted, why: askedAgainFor(m.view.fault?.text) };
  }
  const { deadline } = m.carry;
  if (isReminder && deadline !== undefined)
    return { kind: 'reminder', linkExpiresAt: new Date(deadline).toISOString() };
  return { kind, linkExpiresAt: linkEnd(m) };
}

/** When a link that is sent now no longer signs in; ISO 8601. */
function linkEnd({ times }: Migration): string {
  return new Date(Date.now() + times.linkLifeMs).toISOString();
}

function sent(m: Migration, result: SendMailResult): void {
  const isReminder = m.carry.mailing?.isReminder;
  delete m.carry.mailing;
  if (isReminder) reminded(m, result);
  else asked(m, result);
}

function reminded(m: Migration, { accepted, refused }: SendMailResult): void {
  const at = m.now();
  const { invitation } = m.view;
  if (invitation === undefined) return;
  const { delayed: _delayed, ...rest } = invitation;
  m.view.invitation = {
    ...rest,
    ...(accepted.length === 0 ? {} : { remindedAt: at }),
    ...(refused === undefined ? {} : { refused: { at, answer: refused } }),
  };
  m.row.touch();
}

function asked(m: Migration, { choice, to, accepted, refused, reminders = [] }: SendMailResult): void {
  const at = m.now();
  m.view.invitation = {
    choice,
    to,
    ...(accepted.length === 0 ? {} : { sentAt: at }),
    ...(refused === undefined ? {} : { refused: { at, answer: refused } }),
  };
  setReminders(m, reminders);
  beginDeadline(m);
}

function delay(m: Migration, { choice, to }: SendMailResult, answer: string): void {
  const { dueAt: _dueAt, ...rest } = m.view.invitation ?? {};
  m.view.invitation = { ...rest, choice, to, delayed: { at: m.now(), answer } };
  m.row.touch();
}
