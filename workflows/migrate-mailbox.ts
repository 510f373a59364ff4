import { CancellationScope, continueAsNew, defineSignal, setHandler } from '@temporalio/workflow';
import type { FaultText } from '../src/domain/faults';
import { defaultTimes, type Actor, type EndState } from '../src/domain/migration';
import { endOf, isInterruption, textOf, unexpectedText } from './faults';
import {
  signals,
  type CredentialSignal,
  type GrantedSignal,
  type MailboxOpenedSignal,
  type PauseSignal,
  type PlanChangedSignal,
  type ResendSignal,
  type ResumeSignal,
  type RunPassSignal,
  type ShowAgainSignal,
  type StopSignal,
} from './messages';
import { takePause, takePlanChanged, takeResume, takeRunPass } from './migration/asks';
import { begin } from './migration/begin';
import { takeOver, type MigrateMailboxRun } from './migration/carry';
import { finish, type MigrationEnd } from './migration/finish';
import { beginDeadline, orderMail, takeResend } from './migration/mailing';
import { Migration } from './migration/migration';
import { Overtaken } from './migration/overtaken';
import { phases } from './migration/phases';

export interface MigrateMailboxResult {
  /** `gone`: the row was deleted, or Temporal was set back and the row knows how the migration ended. */
  state: EndState | 'gone';
  epoch: number;
}

const credential = defineSignal<[CredentialSignal]>(signals.credential);
const resendInvitation = defineSignal<[ResendSignal]>(signals.resendInvitation);
const stop = defineSignal<[StopSignal]>(signals.stop);
const pause = defineSignal<[PauseSignal]>(signals.pause);
const resume = defineSignal<[ResumeSignal]>(signals.resume);
const runPass = defineSignal<[RunPassSignal]>(signals.runPass);
const planChanged = defineSignal<[PlanChangedSignal]>(signals.planChanged);
const showAgain = defineSignal<[ShowAgainSignal]>(signals.showAgain);
const granted = defineSignal<[GrantedSignal]>(signals.granted);
const mailboxOpened = defineSignal<[MailboxOpenedSignal]>(signals.mailboxOpened);

/**
 * Moves one mailbox, from the invitation to its end, through as many runs as its history needs. The pages show its projection, never
 * the workflow itself; to cancel it in the Temporal UI is to stop it.
 */
export async function migrateMailbox(run: MigrateMailboxRun): Promise<MigrateMailboxResult> {
  const early: ((m: Migration) => void)[] = [];
  const begun: { migration?: Migration } = {};
  let stoppedBy: Actor | undefined;
  const life = new CancellationScope();
  const tell = (what: (m: Migration) => void) =>
    begun.migration === undefined ? early.push(what) : what(begun.migration);
  setHandler(credential, (signal) => void tell((m) => m.takeCredential(signal)));
  setHandler(resendInvitation, (signal) => void tell((m) => takeResend(m, signal)));
  setHandler(granted, ({ ticket }) => void tell((m) => m.takeGrant(ticket)));
  setHandler(mailboxOpened, (signal) => void tell((m) => m.takeOpened(signal)));
  setHandler(pause, (signal) => void tell((m) => takePause(m, signal)));
  setHandler(resume, (signal) => void tell((m) => takeResume(m, signal)));
  setHandler(runPass, (signal) => void tell((m) => takeRunPass(m, signal)));
  setHandler(planChanged, () => void tell((m) => takePlanChanged(m)));
  setHandler(showAgain, () => void tell((m) => m.row.touch()));
  setHandler(stop, ({ by }) => {
    stoppedBy ??= by;
    life.cancel();
  });

  const { carry: continued, ...asked } = run;
  // Durations that the release it was started by did not know.
  const input = { ...asked, times: { ...defaultTimes, ...asked.times } };
  const carry = continued === undefined ? await begin(input) : takeOver(continued);
  if (carry === undefined) return { state: 'gone', epoch: 0 };
  const m = new Migration(input, carry);
  begun.migration = m;
  if (continued === undefined && carry.phase === 'signIn') askForSignIn(m);
  for (const what of early) what(m);
  m.row.touch();
  void CancellationScope.nonCancellable(() => m.background(() => m.leavings.keepClearing()));

  const stopper = () => stoppedBy ?? ({ kind: 'system' } as const);
  try {
    return { state: await toItsEnd(m, life, stopper), epoch: carry.epoch };
  } catch (error) {
    if (!(error instanceof Overtaken)) throw error;
    // The passwords that are left are those of the migration as it ended; `reconcile` finds any others.
    await m.releaseSlot();
    return { state: 'gone', epoch: carry.epoch };
  }
}

async function toItsEnd(m: Migration, life: CancellationScope, stopper: () => Actor): Promise<EndState> {
  let end = await lifeOf(m, life, stopper);
  if (end === 'continue') {
    await settleDown(m);
    // A Stop that came while nothing listened to it any more.
    if (!life.consideredCancelled)
      return continueAsNew<typeof migrateMailbox>({ ...m.input, carry: m.carry });
    end = { state: 'stopped', by: stopper() };
  }
  await finish(m, end);
  return end.state;
}

/** Where the credentials are on their way nobody needs to be invited, unless that is what was asked for. */
function askForSignIn(m: Migration): void {
  const { reason } = m.input;
  const { coming = [] } = m.carry.facts;
  const isGiven = m.view.wanted.every((side) => coming.includes(side));
  if (reason === 'form' || (isGiven && reason !== 'resend')) beginDeadline(m);
  else orderMail(m);
}

async function lifeOf(
  m: Migration,
  life: CancellationScope,
  stopper: () => Actor,
): Promise<MigrationEnd | 'continue'> {
  try {
    return await life.run(() => phases(m));
  } catch (error) {
    if (life.consideredCancelled && isInterruption(error)) return { state: 'stopped', by: stopper() };
    return { state: 'failed', fault: { text: unexpected(error) } };
  }
}

/** Rethrows what is a fault of the workflow's own code: Temporal then repeats the task until the code is mended. */
function unexpected(error: unknown): FaultText {
  return textOf(endOf(error)) ?? unexpectedText;
}

/** The next run knows all that this one knows; nothing may be half done. */
async function settleDown(m: Migration): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    do {
      await m.leavings.cleared();
      await m.row.flush();
    } while (m.crash === undefined && !(m.leavings.areCleared && m.row.isWritten));
  });
}
