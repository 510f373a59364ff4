import { endAddresses, invitationAddresses, signInNeededAddresses } from '../src/domain/invitation';
import type { AskedAgainFor } from '../src/domain/faults';
import { endToTell } from '../src/domain/end-to-tell';
import { moveOutcome } from '../src/domain/move-outcome';
import { noMailboxCounters, type InvitationChoice } from '../src/domain/migration';
import { reminderTimes } from '../src/domain/reminders';
import type { Side } from '../src/domain/mailbox';
import { composeMail } from '../src/mail/compose';
import type { MailEvent, MailSubject } from '../src/mail/messages';
import { holdTurns, reserveTurns } from '../src/models/mail-pace';
import type { ConnectorDocument } from '../src/models/connectors';
import { hasEnded } from '../src/models/projection';
import { linkCode, mintLinkToken } from '../src/secrets/link-token';
import type { ActivityDeps, MailDeps } from './deps';
import { invitationFactsOf, readRow, type RowWithConnectors } from './rows';

/** Which mail; what it says is read from the row when it is sent. */
export type MailOrder =
  | { kind: 'invitation'; /** ISO 8601 */ linkExpiresAt: string }
  | { kind: 'reminder'; /** ISO 8601 */ linkExpiresAt: string }
  | { kind: 'signInNeeded'; sides: Side[]; why?: AskedAgainFor }
  | { kind: 'completed' }
  | { kind: 'failed' }
  | { kind: 'stopped' };

export interface SendMailInput {
  mailUserId: string;
  order: MailOrder;
  /** Makes the mail's `Message-ID`: the same mail sent again is the same mail. */
  mailId: string;
  /** Addresses that have it already. */
  accepted: string[];
  /** Of a mail that asks for a sign-in: ISO 8601, when reminders have become useless. Absent, none are wanted. */
  remindBefore?: string;
  /** As `ReserveInvitationInput.at`. */
  at?: string;
}

export interface ReserveInvitationInput {
  mailUserId: string;
  /**
   * ISO 8601, now by Temporal's clock: turns of all workers are reckoned by this one, since a worker's own clock may be minutes ahead
   * and would hold up every invitation. Absent in histories of 0.1.0.
   */
  at?: string;
}

export interface SendMailResult {
  choice: InvitationChoice;
  /** Everybody it goes to; empty where users get no mail. */
  to: string[];
  /** Those of them whose mail the server has taken. */
  accepted: string[];
  /** Will never be taken; the server's own words. */
  refused?: string;
  /** Not taken just now; to be sent again. */
  delayed?: string;
  /** After a mail that asks for a sign-in: when its reader is to be reminded, next first; ISO 8601. */
  reminders?: string[];
}

export interface ReserveInvitationResult {
  choice: InvitationChoice;
  to: string[];
  /** ISO 8601: when its turn comes, and how long that is from now. */
  dueAt: string;
  waitMs: number;
}

/** How long no invitation leaves after the mail server could not take one. */
const holdMs = 60_000;

export function createMailActivities({ mail, log }: Pick<ActivityDeps, 'mail' | 'log'>) {
  return {
    /** Reserves an invitation's turn at the set rate over all workers. A turn that is not used lapses. */
    async reserveInvitation({ mailUserId, at }: ReserveInvitationInput): Promise<ReserveInvitationResult> {
      const { choice, to } = invitationAddresses(invitationFactsOf(await readRow(mailUserId)));
      const now = timeOf(at);
      const dueAt = to.length === 0 ? now : await reserveTurns(to.length, mail.intervalMs, now);
      return { choice, to, dueAt: dueAt.toISOString(), waitMs: dueAt.getTime() - now.getTime() };
    },

    /**
     * Sends a mail to each address that has not got it; none that asks for a sign-in where the row tells that the migration has ended, as
     * after Temporal was set back, and none of an end that the row does not know, as after the database was. Never fails for what a mail
     * server does.
     */
    async sendMail(input: SendMailInput): Promise<SendMailResult> {
      const { mailUserId, order, mailId, accepted } = input;
      const all = await readRow(mailUserId);
      const facts = invitationFactsOf(all);
      const { choice } = invitationAddresses(facts);
      const event = asksForSignIn(order) && hasEnded(all.row.projection) ? undefined : eventOf(all, order);
      if (event === undefined) return { choice, to: [], accepted: [...accepted] };
      const to = addressesOf(order, facts);
      const result: SendMailResult = { choice, to, accepted: [...accepted] };
      for (const address of to.filter((one) => !accepted.includes(one))) {
        const outcome = await mail.mailer.send(outgoing(mail, all, event, { address, mailId }));
        if (outcome.kind === 'accepted') result.accepted.push(address);
        else if (outcome.kind === 'refused') result.refused = outcome.answer;
        else {
          result.delayed = outcome.answer;
          if (outcome.whose === 'server' && isAtSetRate(order))
            await holdTurns(new Date(timeOf(input.at).getTime() + holdMs));
        }
        log.info(
          { mailUserId, mail: order.kind, outcome: outcome.kind },
          'a mail was given to the mail server',
        );
      }
      if (input.remindBefore !== undefined && result.accepted.length > 0) {
        const before = new Date(input.remindBefore);
        result.reminders = reminderTimes(mail.reminders, timeOf(input.at), before).map((time) =>
          time.toISOString(),
        );
      }
      return result;
    },
  };
}

const timeOf = (at: string | undefined): Date => (at === undefined ? new Date() : new Date(at));

function asksForSignIn({ kind }: MailOrder): boolean {
  return kind === 'invitation' || kind === 'reminder' || kind === 'signInNeeded';
}

function isAtSetRate({ kind }: MailOrder): boolean {
  return kind === 'invitation' || kind === 'reminder';
}

function addressesOf(order: MailOrder, facts: Parameters<typeof endAddresses>[0]): string[] {
  switch (order.kind) {
    case 'invitation':
    case 'reminder':
      return invitationAddresses(facts).to;
    case 'signInNeeded':
      return signInNeededAddresses(facts);
    case 'completed':
    case 'failed':
    case 'stopped':
      return endAddresses(facts);
  }
}

function outgoing(
  deps: MailDeps,
  all: RowWithConnectors,
  event: MailEvent,
  { address, mailId }: { address: string; mailId: string },
) {
  const { row } = all;
  const composed = composeMail(deps.organisation, subjectOf(deps, all, event), event);
  return {
    id: `${mailId}-${address.toLowerCase()}`,
    to: { name: `${row.firstName} ${row.lastName}`.trim(), address },
    replyTo: deps.organisation.contact,
    language: composed.language,
    subject: composed.subject,
    ...deps.render(composed),
  };
}

function subjectOf(
  { publicUrl, linkKey }: MailDeps,
  { row, source, target }: RowWithConnectors,
  { kind }: MailEvent,
): MailSubject {
  const link = { mailUserId: row._id.toHexString(), generation: row.linkGeneration };
  const token = mintLinkToken(linkKey, {
    ...link,
    purpose: kind === 'reminder' ? 'reminder' : 'invitation',
  });
  return {
    firstName: row.firstName,
    lastName: row.lastName,
    ...(row.language === undefined ? {} : { language: row.language }),
    source: mailboxOf(row.source.address, source),
    target: mailboxOf(row.target.address, target),
    link: `${publicUrl}/m/${token}`,
    code: linkCode(linkKey, link),
  };
}

function mailboxOf(address: string, { shownName, webMailUrl }: ConnectorDocument) {
  return {
    address,
    ...(shownName === undefined ? {} : { shownName }),
    ...(webMailUrl === undefined ? {} : { webMailUrl }),
  };
}

/** `undefined` where the row does not know of the end that is to be told. */
function eventOf({ row }: RowWithConnectors, order: MailOrder): MailEvent | undefined {
  const { counters, projection } = row;
  switch (order.kind) {
    case 'invitation':
    case 'reminder':
      return { kind: order.kind, linkExpiresAt: new Date(order.linkExpiresAt) };
    case 'signInNeeded':
      return { kind: order.kind, sides: order.sides, why: order.why ?? 'refused' };
    case 'completed':
    case 'failed':
    case 'stopped': {
      const end = endToTell(row, order.kind, new Date());
      if (end === undefined) return undefined;
      const { isWhole, fault, ...sinceEnd } = end;
      if (order.kind === 'stopped') return { kind: order.kind, ...sinceEnd };
      if (order.kind === 'failed') return { kind: order.kind, ...(fault && { fault }), ...sinceEnd };
      return {
        kind: order.kind,
        counters: counters ?? noMailboxCounters,
        outcome: moveOutcome(isWhole ? 'completed' : 'completedWithIssues', counters),
        ...(projection?.summary === undefined ? {} : { summary: projection.summary }),
        ...sinceEnd,
      };
    }
  }
}
