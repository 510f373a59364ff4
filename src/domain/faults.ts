import type { Side } from './mailbox';

/**
 * What a server's refusal means for the migration (docs: README "Faults").
 * Only `connectors/<kind>/faults.ts` makes these out of server answers; the engine and the workflows decide what follows.
 *
 * - `retryable`: time-out, reset, 5xx, store unavailable, and everything unknown.
 * - `throttled`: the server named a wait, for this mailbox or for everything behind the connector.
 * - `credential`: the user must act (password changed, account locked, consent withdrawn).
 * - `fatal`: an administrator must act (no such mailbox, quota full, access blocked).
 * - `folder`: one folder is gone or refused; the others go on.
 */
export type FaultDetails =
  /** `ownStore`: our own database kept it from being sent in time, which says nothing of the server or of an item. */
  | { kind: 'retryable'; tooLarge?: boolean; ownStore?: boolean }
  /** `crowded`: what there was too much of is requests at once. */
  | { kind: 'throttled'; retryAfterMs: number; scope: 'mailbox' | 'connector'; crowded?: true }
  /** `both`: the other side refuses its own, too. */
  | { kind: 'credential'; side: Side; both?: true }
  | { kind: 'fatal'; side: Side }
  | { kind: 'folder'; side: Side; reason: 'gone' | 'refused' };

export type FaultKind = FaultDetails['kind'];

export interface FaultText {
  /** The server's own code, for example `ErrorServerBusy` or `HTTP 503`; shown in small print. */
  code: string;
  /** What whoever must act can do, as a key of the catalogue's `remedies`. */
  remedy: Remedy;
  /** What happened, in plain words for a log or an operator. Never a subject, a body or a secret. */
  message: string;
}

/** The code where no password is kept any more: it was destroyed at the end of its time, and nobody has refused it. */
export const credentialGone = 'CredentialGone';
/** Codes where a kept password cannot be used, though nobody has refused it: it does not open, or was typed for another mailbox. */
export const credentialClosed = 'CredentialClosed';
export const mailboxChanged = 'MailboxChanged';

/** Why a password is asked for again: its server refused it, we destroyed it at the end of its time, or it is of no use to us. */
export type AskedAgainFor = 'refused' | 'destroyed' | 'lost';

export function askedAgainFor(text: FaultText | undefined): AskedAgainFor {
  if (text?.code === credentialGone) return 'destroyed';
  return text?.code === credentialClosed || text?.code === mailboxChanged ? 'lost' : 'refused';
}

/** Keys of the remedies in `views/locales/*`; each names who must do what. */
export type Remedy =
  | 'none'
  | 'wait'
  | 'signInAgain'
  | 'checkNameAndPassword'
  | 'enableBasic'
  | 'openEws'
  | 'checkServerName'
  | 'checkCertificate'
  | 'checkMailboxExists'
  | 'grantAccess'
  | 'freeSpace'
  | 'raiseRequestLimit'
  | 'checkItem'
  | 'checkFolder'
  | 'checkSourceMailbox'
  | 'acceptSourceMailbox'
  | 'askSupport';

/** A classified fault on its way from a connector to whoever acts on it. */
export class Fault extends Error {
  override readonly name = 'Fault';

  constructor(
    readonly details: FaultDetails,
    readonly text: FaultText,
    /** True where the server surely did nothing: a put that failed so is not in doubt. */
    readonly notDone = false,
    options?: ErrorOptions,
  ) {
    super(`${text.code}: ${text.message}`, options);
  }

  get kind(): FaultKind {
    return this.details.kind;
  }
}

/** Why one item is not in the target; a value in a report, never thrown. */
export interface ItemReason {
  code: string;
  remedy: Remedy;
  message: string;
}
