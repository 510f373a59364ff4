import {
  CancellationScope,
  condition,
  patched,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { ProjectionView } from '../../activities/project';
import type { FaultText } from '../../src/domain/faults';
import type { Actor, MigrationState, MigrationTimes } from '../../src/domain/migration';
import type { Side } from '../../src/domain/mailbox';
import type { CredentialSignal, MailboxOpenedSignal, MigrateMailboxInput, ResendSignal } from '../messages';
import { searchAttributes } from '../names';
import { listing, short } from '../proxies';
import { takePause } from './asks';
import type { Carry, Checking } from './carry';
import { Overtaken } from './overtaken';

/** Refused credentials whose ids are still named as handled, so that no page waits for them. */
const handledKept = 50;

/** Something in a background part of the workflow that must end it. */
interface Crash {
  error: unknown;
}

/**
 * One migration: what it knows (`carry`), what came in by signal, and the writing of its projection. The phases (`sign-in.ts`,
 * `slot.ts`, `copy.ts`) work on it; nothing else keeps state.
 */
export class Migration {
  readonly mailUserId: string;
  readonly times: MigrationTimes;
  readonly runId = workflowInfo().firstExecutionRunId;
  /** Raised by each signal and each end of a background part: whoever waits looks again. */
  version = 0;
  stoppedBy?: Actor;
  granted?: string;
  opened?: MailboxOpenedSignal;
  /** The phase that is at work. */
  work?: CancellationScope;
  /** Set once the end is decided: nothing that is asked for changes it. */
  isEnding = false;
  /** Who let it go on last. */
  resumedBy?: Actor;
  crash?: Crash;
  /** Credentials that nobody wants, and grants that nobody waits for. */
  readonly discarded: string[] = [];
  readonly givenBack: string[] = [];
  private dirty = false;
  private writing = false;
  private tidying = false;

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
    } else this.discard(credentialId);
    this.handled(credentialId);
    this.version += 1;
  }

  /** Whoever tells it again found a row that does not say so, or a document that was destroyed before its database was set back. */
  private takeAgain(credentialId: string): void {
    if (!patched('told-again')) return;
    if (!this.usedCredentialIds.includes(credentialId)) this.discard(credentialId);
    this.touch();
  }

  /** Those that are accepted or being checked. */
  private get usedCredentialIds(): string[] {
    const { credentials, checking } = this.carry;
    return [...Object.values(credentials), ...Object.values(checking).map((one) => one.credentialId)];
  }

  /** The administrator wants the invitation, or the mail that a sign-in is needed, to go out again. */
  takeResend({ requestId }: ResendSignal): void {
    const { carry } = this;
    if (carry.phase !== 'signIn' || carry.resends.includes(requestId)) return;
    carry.resends = [...carry.resends, requestId].slice(-handledKept);
    this.orderMail();
    this.version += 1;
  }

  takeGrant(ticket: string): void {
    if (ticket !== this.carry.ticket) this.givenBack.push(ticket);
    else this.granted = ticket;
    this.version += 1;
  }

  takeOpened(opened: MailboxOpenedSignal): void {
    // An opening that was given up may wake late.
    if (opened.opening === this.carry.opening) this.opened = opened;
    this.version += 1;
  }

  /** Has a mail go out that asks for a sign-in, unless users get none; the time to sign in begins anew. */
  orderMail(): void {
    const { carry } = this;
    if (carry.mailing !== undefined) return;
    if (carry.facts.invitation === 'none') {
      this.setDeadline(Date.now() + this.times.linkLifeMs);
      return;
    }
    carry.mails += 1;
    carry.mailing = {
      kind: carry.wasAccepted ? 'signInNeeded' : 'invitation',
      n: carry.mails,
      accepted: [],
      tries: 0,
    };
    delete carry.deadline;
  }

  /** When the next reminder is due; the workflow's clock, ms. `undefined` while a mail is on its way, and where there is none. */
  get reminderDue(): number | undefined {
    const [next] = this.carry.reminders ?? [];
    return next === undefined || this.carry.mailing !== undefined ? undefined : Date.parse(next);
  }

  /** Has whoever was asked for a sign-in asked again; the time to sign in goes on. */
  orderReminder(): void {
    const { carry } = this;
    this.setReminders(carry.reminders?.slice(1) ?? []);
    carry.mails += 1;
    const kind = carry.wasAccepted ? 'signInNeeded' : 'invitation';
    carry.mailing = { kind, isReminder: true, n: carry.mails, accepted: [], tries: 0 };
  }

  /** When reminders go out, next first; the row says when the next one does. */
  setReminders(times: string[]): void {
    const { carry, view } = this;
    carry.reminders = times;
    const [next] = times;
    if (view.invitation === undefined || view.invitation.reminderDueAt === next) return;
    if (next === undefined) delete view.invitation.reminderDueAt;
    else view.invitation.reminderDueAt = next;
    this.touch();
  }

  setDeadline(at: number): void {
    this.carry.deadline = at;
    const { invitation } = this.view;
    const { choice, to } = invitation ?? { choice: this.carry.facts.invitation, to: [] };
    this.view.invitation = { ...invitation, choice, to, linkExpiresAt: new Date(at).toISOString() };
    this.touch();
  }

  discard(credentialId: string): void {
    this.discarded.push(credentialId);
    this.version += 1;
  }

  /** Changes the state that the pages show; a time line gains a line each time it is another one. */
  setState(state: MigrationState, why: { by?: Actor; fault?: FaultText } = {}): void {
    if (this.view.state === state) return;
    const at = this.now();
    Object.assign(this.view, { state, since: at });
    this.carry.lines.push({ state, at, ...why });
    upsertSearchAttributes({ [searchAttributes.state]: [state] });
    this.touch();
  }

  /** Says what is waited out, or takes it away again. */
  showFault(text: FaultText | undefined): void {
    const { view } = this;
    if (view.fault?.text.code === text?.code && view.fault?.text.message === text?.message) return;
    if (text === undefined) delete view.fault;
    else view.fault = { text };
    this.touch();
  }

  /** Has the projection written soon. */
  touch(): void {
    this.dirty = true;
    this.describe();
    if (!this.writing) void this.background(() => this.write());
  }

  /** Waits until the projection is written as it is now. Throws `Overtaken`. */
  async flush(): Promise<void> {
    await condition(() => (!this.writing && !this.dirty) || this.crash !== undefined);
    if (this.crash?.error instanceof Overtaken) throw this.crash.error;
  }

  /** Waits until nothing is left to destroy or to give back. */
  async tidy(): Promise<void> {
    await condition(() => this.isTidy || this.crash !== undefined);
  }

  /** Whether anything came in that is still to be written, destroyed or given back. */
  get isBusy(): boolean {
    return this.crash === undefined && (!this.isTidy || this.writing || this.dirty);
  }

  private get isTidy(): boolean {
    return !this.tidying && this.discarded.length === 0 && this.givenBack.length === 0;
  }

  /** Destroys what nobody wants and gives back what nobody waits for, as long as the migration lives. */
  async keepTidy(): Promise<void> {
    for (;;) {
      await condition(() => this.discarded.length > 0 || this.givenBack.length > 0);
      this.tidying = true;
      const credentialIds = this.discarded.splice(0);
      if (credentialIds.length > 0) await short.destroyCredentials({ credentialIds });
      for (const ticket of this.givenBack.splice(0))
        await short.releaseSlot({ mailUserId: this.mailUserId, ticket });
      this.tidying = false;
    }
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

  /** Writes the projection with the sum of the pair's ledger. */
  async writeSummary(pairId: string): Promise<void> {
    await this.flush();
    this.carry.revision += 1;
    await this.writeOnce({ pairId });
  }

  private async write(): Promise<void> {
    this.writing = true;
    await CancellationScope.nonCancellable(async () => {
      try {
        while (this.dirty) {
          this.dirty = false;
          this.carry.revision += 1;
          await this.writeOnce();
        }
      } finally {
        // In the same step as the last look: what is touched afterwards begins a writing of its own.
        this.writing = false;
      }
    });
  }

  /** A projection that stands higher was written by a run that this one has replaced, or forgotten by Temporal: it goes above it. */
  private async writeOnce(summarise?: { pairId: string }): Promise<void> {
    const { carry } = this;
    const timeline = carry.lines.splice(0);
    for (;;) {
      const { epoch, revision } = carry;
      const { usedCredentialIds } = this;
      const view = { ...carry.view, checking: Object.keys(carry.checking) as Side[], usedCredentialIds };
      const write = { mailUserId: this.mailUserId, epoch, revision, runId: this.runId, view, timeline };
      const options = { summary: `${view.state}, revision ${epoch}.${revision}` };
      const answer =
        summarise === undefined
          ? await short.project.executeWithOptions(options, [write])
          : await listing.project.executeWithOptions(options, [{ ...write, summarise }]);
      if (answer.kind === 'written') return;
      if (answer.kind === 'gone' || answer.hasEnded) {
        // Before, a run whose row was deleted went on to its end.
        if (patched('overtaken')) throw new Overtaken();
        return;
      }
      if (answer.pausedBy !== undefined) takePause(this, { by: answer.pausedBy });
      carry.epoch = Math.max(epoch, answer.epoch);
      carry.revision = answer.revision + 1;
    }
  }

  private handled(credentialId: string): void {
    const accepted = Object.values(this.carry.credentials);
    const others = this.view.handledCredentialIds.filter((id) => !accepted.includes(id));
    this.view.handledCredentialIds = [...accepted, ...[...others, credentialId].slice(-handledKept)];
    this.touch();
  }

  /** What an operator reads on top of the workflow in the Temporal UI. */
  private describe(): void {
    const { facts, place, opening, fence } = this.carry;
    const { state, since, wanted, fault } = this.view;
    const lines = [
      `**${facts.sourceAddress}** → **${facts.targetAddress}**`,
      `${state} since ${since}, epoch ${this.carry.epoch}`,
    ];
    if (wanted.length > 0) lines.push(`sign-in wanted: ${wanted.join(', ')}`);
    if (opening > 0) lines.push(`opening ${opening}, fence ${fence}`);
    if (state === 'working')
      lines.push(
        `${place.step}, sweep ${place.sweep}: ${place.todo.length} folders to do, ${place.changes} changes`,
      );
    if (fault !== undefined) lines.push(`${fault.text.code}: ${fault.text.message}`);
    setCurrentDetails(lines.join('\n\n').slice(0, 2000));
  }
}
