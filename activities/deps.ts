import type { Client } from '@temporalio/client';
import type { CheckReport, Credential, SourceMailbox, TargetMailbox } from '../src/connectors/connector';
import type { ReminderRule } from '../src/domain/reminders';
import type { ByteBudget } from '../src/engine/byte-budget';
import type { Clock } from '../src/engine/clock';
import type { LedgerStore } from '../src/engine/ledger';
import type { Width } from '../src/engine/width';
import type { Logger } from '../src/log';
import type { Mailer } from '../src/mail/mailer';
import type { MailOrganisation } from '../src/mail/messages';
import type { RenderMail } from '../src/mail/render';
import type { ConnectorDocument } from '../src/models/connectors';
import type { Open } from '../src/secrets/open';
import type { ConnectorTurns } from './connector-turns';
import type { ConnectorWaits } from './connector-waits';
import type { GateBell } from './gate-bell';
import type { OpenMailboxes } from './open-mailboxes';
import type { WorkerRoom } from './worker-room';

/** A configured server: a connector of `src/connectors` with its settings. */
export interface Server {
  openSource(address: string, credential: Credential, signal: AbortSignal): Promise<SourceMailbox>;
  openTarget(address: string, credential: Credential, signal: AbortSignal): Promise<TargetMailbox>;
  check(
    mailbox: { address: string; credential: Credential; write: boolean } | undefined,
    signal: AbortSignal,
  ): Promise<CheckReport>;
}

/** How mailboxes are copied by this worker. */
export interface Copying {
  clock: Clock;
  /** A new one for each side of an opening, which never goes above `connections`. */
  width(connections: number): Width;
  /** Most items and bytes of a parcel with several items. */
  parcel: { items: number; bytes: number };
  /** Most bytes of item content in memory, per mailbox. */
  bytesInFlight: number;
  /** The same for all mailboxes of this process together; absent: only each by itself is bounded. */
  memory?: ByteBudget;
  sendWindowMs: number;
}

export interface MailDeps {
  mailer: Mailer;
  render: RenderMail;
  organisation: MailOrganisation;
  /** Base of every link, without a slash at its end. */
  publicUrl: string;
  linkKey: string;
  /** Between two invitations, over all workers. */
  intervalMs: number;
  reminders: ReminderRule;
}

/** What activities stand on; `worker.ts` and the tests wire it. */
export interface ActivityDeps {
  /** To signal and to start workflows. */
  client: Client;
  log: Logger;
  open: Open;
  serverOf(connector: ConnectorDocument): Server;
  ledger: LedgerStore;
  copying: Copying;
  /** Bytes that all that compare or sum up in this process may hold of keys together. */
  keyMemory: ByteBudget;
  mail: MailDeps;
  /** This process's own queue, where the folders of the mailboxes it has open are copied. */
  workerQueue: string;
  openMailboxes: OpenMailboxes;
  /** The room that this process has for mailboxes. */
  room: WorkerRoom;
  /** Has the gate look for whoever may be given slots. */
  gateBell: GateBell;
  /** How long the report of a migration is kept after its end. */
  reportLifeMs: number;
  /** The waits that servers asked of whole connectors. */
  connectorWaits: ConnectorWaits;
  connectorTurns: ConnectorTurns;
}
