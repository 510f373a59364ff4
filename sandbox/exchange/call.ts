import type { RequestFaults } from './server/faults';
import type { Mailbox } from './store/mailbox';
import type { Mailboxes } from './store/mailboxes';
import type { Policy } from './policy';
import type { Answer } from './xml/answer';
import type { Element } from './xml/element';

/** A mail that a real server would have sent; the simulator sends none and tells tests that it would have. */
export interface WouldHaveSent {
  readonly at: string;
  readonly mailbox: string;
  readonly operation: string;
  readonly subject: string;
  readonly recipients: readonly string[];
}

/** What an operation knows beside its request element. */
export interface Call {
  readonly mailboxes: Mailboxes;
  readonly policy: Policy;
  /** The account that signed in. */
  readonly account: Mailbox;
  /** The mailbox that the request speaks for: the account's own, or the impersonated one. */
  readonly mailbox: Mailbox;
  readonly faults: RequestFaults;
  readonly wouldHaveSent: (sent: WouldHaveSent) => void;
}

/** One EWS operation: does the work and writes its response element's content. */
export type Operation = (call: Call, request: Element, answer: Answer) => Promise<void>;
