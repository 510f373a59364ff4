import { condition } from '@temporalio/workflow';
import type { MailOrder, SendMailResult } from '../../activities/mails';
import { growing } from '../faults';
import { short } from '../proxies';
import type { Mailing } from './carry';
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
    if (await condition(() => m.isFull, wait)) return;
  }
}

/** @returns false where the history is full: the turn lapses and another is taken later */
async function awaitTurn(m: Migration, { kind }: Mailing): Promise<boolean> {
  if (kind === 'signInNeeded') return !m.isFull;
  const { choice, to, dueAt, waitMs } = await short.reserveInvitation({ mailUserId: m.mailUserId });
  m.view.invitation = { ...m.view.invitation, choice, to, dueAt };
  m.touch();
  return waitMs <= 0 ? !m.isFull : !(await condition(() => m.isFull, waitMs));
}

async function send(m: Migration, { kind, n, accepted }: Mailing): Promise<SendMailResult> {
  const { epoch, facts } = m.carry;
  const mailId = `${kind}-${m.mailUserId}-${epoch}-${n}`;
  const summary = `${kind} to ${facts.invitation}`;
  return short.sendMail.executeWithOptions({ summary }, [
    { mailUserId: m.mailUserId, order: orderOf(m, kind), mailId, accepted },
  ]);
}

function orderOf(m: Migration, kind: Mailing['kind']): MailOrder {
  if (kind === 'signInNeeded') return { kind, sides: m.view.wanted };
  return { kind, linkExpiresAt: new Date(Date.now() + m.times.linkLifeMs).toISOString() };
}

function sent(m: Migration, { choice, to, accepted, refused }: SendMailResult): void {
  const at = m.now();
  delete m.carry.mailing;
  m.view.invitation = {
    choice,
    to,
    ...(accepted.length === 0 ? {} : { sentAt: at }),
    ...(refused === undefined ? {} : { refused: { at, answer: refused } }),
  };
  m.setDeadline(Date.now() + m.times.linkLifeMs);
}

function delay(m: Migration, { choice, to }: SendMailResult, answer: string): void {
  const { sentAt, refused } = m.view.invitation ?? {};
  m.view.invitation = {
    choice,
    to,
    delayed: { at: m.now(), answer },
    ...(sentAt === undefined ? {} : { sentAt }),
    ...(refused === undefined ? {} : { refused }),
  };
  m.touch();
}
