import { CancellationScope, condition, patched, workflowInfo } from '@temporalio/workflow';
import type { ProjectionView } from '../../activities/project';
import type { Actor, MigrationTimes } from '../../src/domain/migration';
import type { Side } from '../../src/domain/mailbox';
import type { CredentialSignal, MailboxOpenedSignal, MigrateMailboxInput } from '../messages';
import { short } from '../proxies';
import type { Carry, Checking } from './carry';
import { Leavings } from './leavings';
import { Row } from './row';

/** Refused credentials whose ids are still named as handled, so that no page waits for them. */
const handledKept = 50;

/** Something in a background part of the workflow that must end it. */
interface Crash {
  error: unknown;
}

/**
 * One migration: what it knows (`carry`), what came in by signal, and how its parts wait for each other. The phases (`sign-in.ts`,
 * `slot.ts`, `copy.ts`) work on it; besides it only its `row` and its `leavings` keep state.
 */
export class Migration {
  readonly mailUserId: string;
  readonly times: MigrationTimes;
  readonly runId = workflowInfo().firstExecutionRunId;
  /** Raised by each signal and each end of a background part: whoever waits looks again. */
  version = 0;
  granted?: string;
  opened?: MailboxOpenedSignal;
  /** Raised by each **Resend invitation** while a mail is on its way. */
  resends = 0;
  /** The phase that is at work. */
  work?: CancellationScope;
  /** Set once the end is decided: nothing that is asked for changes it. */
  isEnding = false;
  /** Who let it go on last. */
  resumedBy?: Actor;
  crash?: Crash;
  readonly row = new Row(this);
  readonly leavings = new Leavings(this);

  constructor(
    readonly input: MigrateMailboxInput,
    readonly carry: Carry,
  ) {
    this.mailUserId = input.mailUserId;
    this.times = input.times;
  }

  get view(): ProjectionView {
    return this.carry.view;
  }

  /** Sides whose credential is neither accepted nor being checked. */
  isWanted(side: Side): boolean {
    return this.view.wanted.includes(side) && this.carry.checking[side] === undefined;
  }

  /** Whether this run's history is long enough: it then hands over to the next. */
  get isFull(): boolean {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    return continueAsNewSuggested || historyLength >= this.times.historyEvents;
  }

  now(): string {
    return new Date(Date.now()).toISOString();
  }

  /** Waits until something came in, the history is full, or `ms` have passed. */
  change(seen: number, ms?: number): Promise<void> {
    return this.wait(() => this.version !== seen, ms);
  }

  /** Waits until it is so, the history is full, or `ms` have passed. Throws what ended a part beside the others. */
  async wait(isSo: () => boolean, ms?: number): Promise<void> {
    const isOver = () => isSo() || this.isFull || this.crash !== undefined;
    if (ms === undefined) await condition(isOver);
    else await condition(isOver, Math.max(1, ms));
    if (this.crash !== undefined) throw this.crash.error;
  }

  /** Whether a pause keeps the next phase from beginning; it does not take the user's turn from him. */
  get isHeld(): boolean {
    return this.view.pausedBy !== undefined && this.carry.phase !== 'signIn';
  }

  /** Ends the phase that is at work, which gives its slots back; what holds it up is looked at before it begins anew. */
  interrupt(): void {
    this.work?.cancel();
  }

  /** Runs a part beside the others. It ends quietly when cancelled; what it throws otherwise ends the migration. */
  background(work: () => Promise<void>): Promise<void> {
    const scope = CancellationScope.current();
    return work()
      .catch((error: unknown) => {
        if (!scope.consideredCancelled) this.crash ??= { error };
      })
      .finally(() => {
        this.version += 1;
      });
  }

  takeCredential({ side, credentialId }: CredentialSignal): void {
    const { checking } = this.carry;
    if (this.view.handledCredentialIds.includes(credentialId)) return this.takeAgain(credentialId);
    if (this.carry.phase === 'signIn' && this.isWanted(side)) {
      checking[side] = { credentialId, since: Date.now(), tries: 0 } satisfies Checking;
    } else this.leavings.discard(credentialId);
    this.handled(credentialId);
    this.version += 1;
  }

  /** Whoever tells it again found a row that does not say so, or a document that was destroyed before its database was set back. */
  private takeAgain(credentialId: string): void {
    if (!patched('told-again')) return;
    if (!this.usedCredentialIds.includes(credentialId)) this.leavings.discard(credentialId);
    this.row.touch();
  }

  /** Those that are accepted or being checked. */
  get usedCredentialIds(): string[] {
    const { credentials, checking } = this.carry;
    return [...Object.values(credentials), ...Object.values(checking).map((one) => one.credentialId)];
  }

  takeGrant(ticket: string): void {
    if (ticket !== this.carry.ticket) this.leavings.giveBack(ticket);
    else this.granted = ticket;
    this.version += 1;
  }

  takeOpened(opened: MailboxOpenedSignal): void {
    // An opening that was given up may wake late.
    if (opened.opening === this.carry.opening) this.opened = opened;
    this.version += 1;
  }

  /** Gives back what its ticket has or waits for. */
  async releaseSlot(): Promise<void> {
    const { ticket } = this.carry;
    if (ticket === undefined) return;
    delete this.carry.ticket;
    delete this.granted;
    const { mailUserId } = this;
    await CancellationScope.nonCancellable(() => short.releaseSlot({ mailUserId, ticket }));
  }

  private handled(credentialId: string): void {
    const accepted = Object.values(this.carry.credentials);
    const others = this.view.handledCredentialIds.filter((id) => !accepted.includes(id));
    this.view.handledCredentialIds = [...accepted, ...[...others, credentialId].slice(-handledKept)];
    this.row.touch();
  }
}
