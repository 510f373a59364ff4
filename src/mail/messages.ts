import type { EndToTell } from '../domain/end-to-tell';
import type { AskedAgainFor, FaultText } from '../domain/faults';
import type { MailboxCounters } from '../domain/migration';
import type { Side } from '../domain/mailbox';
import type { MoveOutcome } from '../domain/move-outcome';
import type { MoveSummary } from '../domain/move-summary';
import type { Language } from '../locales';

/** Who asks, and how the reader can reach him. */
export interface MailOrganisation {
  name: string;
  /** An e-mail address. */
  contact: string;
  /** `#rrggbb`. */
  colour?: string;
  /** IANA; dates in mails are in this zone. */
  timeZone: string;
  /** Spoken where the row names no language. */
  language: string;
}

/** One end of the move, as its owner knows it. */
export interface MailboxInMail {
  address: string;
  /** What users call the server, where the administrator gave it a name. */
  shownName?: string;
  webMailUrl?: string;
}

/** Whose mailbox moves from where to where, and his page. */
export interface MailSubject {
  firstName: string;
  lastName: string;
  language?: string;
  source: MailboxInMail;
  target: MailboxInMail;
  /** The whole link under `PUBLIC_URL`. */
  link: string;
  /** `linkCode` of this link, which the page shows too. */
  code: string;
}

/** How it stands when the mail of an end leaves, which a mail server may have held up. */
export type SinceEnd = Pick<EndToTell, 'startedAnew' | 'passwords'>;

/** What there is to tell. */
export type MailEvent =
  | { kind: 'invitation'; linkExpiresAt?: Date }
  | { kind: 'reminder'; linkExpiresAt: Date }
  | {
      kind: 'signInNeeded';
      sides: readonly Side[];
      why: AskedAgainFor;
    }
  | ({ kind: 'completed'; counters: MailboxCounters; outcome: MoveOutcome; summary?: MoveSummary } & SinceEnd)
  | ({ kind: 'failed'; fault?: FaultText } & SinceEnd)
  | ({ kind: 'stopped' } & SinceEnd);
export type MailKind = MailEvent['kind'];

/** A part of a mail; the templates under `views/mail` say how each looks, as HTML and as text. */
export type MailBlock =
  | { block: 'paragraph'; text: string }
  | { block: 'steps'; title: string; steps: string[] }
  | { block: 'rows'; title: string; rows: { label: string; value: string }[] }
  | { block: 'list'; title: string; items: string[] }
  | { block: 'titled'; title: string; text: string }
  | { block: 'small'; title: string; text: string };

/** A mail in words, before it is laid out. */
export interface ComposedMail {
  kind: MailKind;
  language: Language;
  subject: string;
  title: string;
  greeting: string;
  move: { label: string; address: string; name: string }[];
  /** Before and after the button. */
  opening: MailBlock[];
  closing: MailBlock[];
  button: { label: string; url: string; inFull: string };
  code: { title: string; code: string; why: string };
  neverAsked: string;
  contact: string;
  automatic: string;
  organisation: { name: string; colour: string; onColour: string };
}
