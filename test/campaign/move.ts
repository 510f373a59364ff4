import { setTimeout as pause } from 'node:timers/promises';
import { hasEnded, type Row } from './product';
import { Pauses } from './pauses';
import type { RunMailbox } from './run-mailbox';
import type { Strikes } from './strikes';
import { within } from './system';
import { useSource } from './use-source';
import type { Watch } from './watch';

const asking = /^(notStarted|emailSent|awaitingSignIn|signInNeeded)$/;
const askAgainMs = 8000;
/** How often **Retry** is pressed once nothing is wrong any more. */
const mostRetries = 3;

/** How a mailbox was moved. */
export interface Moved {
  /** The state at the end; without one, why it was given up, with the last one: `stuck:working`. */
  state: string;
  /** Starts of the migration: the first, further ones, and **Retry**. */
  starts: number;
}

/** The migration of one mailbox from its first sign-in to the end after which nothing is to be done any more. */
export class Move {
  private starts = 1;
  private readonly pauses = new Pauses();
  private retries = 0;
  /** After which pass somebody asked for the next one last, and when. */
  private asked = { after: '', atMs: 0 };
  private rounds = 0;
  /** Whether the source or the target may have changed behind the last pass. */
  private isStale: boolean;

  constructor(
    private readonly mailbox: RunMailbox,
    private readonly row: () => Promise<Row>,
    private readonly strikes: Strikes,
    private readonly watch: Watch,
  ) {
    this.isStale = strikes.brokePromise || mailbox.faults.some(({ deed }) => deed.do === 'useSource');
  }

  async live(): Promise<Moved> {
    try {
      await within(30_000, () => this.firstSignIn());
      return { state: await this.untilEnd(), starts: this.starts };
    } catch (fault) {
      this.watch.giveUp('brokeOff');
      throw fault;
    } finally {
      // Without an end, or where the run breaks off, faults that are still due would wait for ever, and those that last befall the next system.
      this.mailbox.progress.abandon();
    }
  }

  /** @returns false as long as there is somebody to sign in and he has not */
  private async firstSignIn(): Promise<boolean> {
    const { people, locked } = this.mailbox;
    return locked.size === 0 && (await people.signInIfAsked());
  }

  private async untilEnd(): Promise<string> {
    const { mailbox } = this;
    while (this.watch.givenUp === undefined) {
      await pause(300);
      const row = await this.row().catch(() => undefined);
      if (row === undefined) continue;
      mailbox.seen = row;
      mailbox.progress.see(row, mailbox.size.items);
      if (hasEnded(row)) {
        if (!(await this.goOn(row))) return row.state;
      } else await this.attend(row);
    }
    return `${this.watch.givenUp}:${mailbox.seen?.state ?? ''}`;
  }

  /** What people do while it has not ended. */
  private async attend(row: Row): Promise<void> {
    const { people } = this.mailbox;
    const isToResume = this.pauses.isToEnd(
      row.state,
      this.strikes.areOverFor(this.mailbox),
      performance.now(),
    );
    if (asking.test(row.state)) await this.firstSignIn().catch(() => false);
    else if (isToResume) await people.press('resume');
    else if (row.state === 'upToDate') await this.nextPass(row);
  }

  /** Between two passes the user goes on with his mailbox, then the administrator asks for the next pass. */
  private async nextPass({ epoch, passesEnded, hasIssues }: Row): Promise<void> {
    const { journey, progress } = this.mailbox;
    const { between = [], prestageOlderThan } = journey;
    const after = `${epoch}:${passesEnded}`;
    if (after === this.asked.after) {
      // Nothing came of it: the page had said that Temporal was away.
      if (performance.now() > this.asked.atMs + askAgainMs) await this.ask(after);
      return;
    }
    const changes = between[this.rounds];
    const wasAll = this.rounds > 0 || prestageOlderThan === undefined;
    const hasPruning = this.strikes.has(({ kind }) => kind === 'targetFolderDeleted');
    if (changes) await useSource(this.mailbox, changes, wasAll && !hasIssues && !hasPruning);
    this.rounds += 1;
    progress.passDone();
    await this.ask(after);
  }

  private async ask(after: string): Promise<void> {
    const { people, journey } = this.mailbox;
    const { between = [] } = journey;
    await people.press(this.rounds <= between.length ? 'delta' : 'cutOver');
    this.asked = { after, atMs: performance.now() };
  }

  /** After an end: is anything still to be done? */
  private async goOn({ state, epoch }: Row): Promise<boolean> {
    const hadFaults = !this.strikes.areOverFor(this.mailbox);
    if (!hadFaults && !this.strikes.areOver) {
      // What is due by other mailboxes may befall this one too: it is looked at again after that.
      await this.strikes.calm();
      // A database or a Temporal that was set back may take it for under way, and go on behind this end.
      this.isStale ||= this.strikes.has(({ deed }) => deed.do === 'setBack');
      return true;
    }
    if (!hadFaults) await this.strikes.calm();
    if (state === 'completed' && !hadFaults && !this.isStale) return false;
    if (state !== 'completed' && !hadFaults && this.retries >= mostRetries) return false;
    if (!hadFaults) this.isStale = false;
    if (!hadFaults && state !== 'completed') this.retries += 1;
    await this.mailbox.people.press(/completed$|stopped|expired/.test(state) ? 'start' : 'retry');
    this.starts += 1;
    // The row says so as soon as the new start is written.
    return within(60_000, async () => (await this.row()).epoch > epoch).then(() => true);
  }
}
