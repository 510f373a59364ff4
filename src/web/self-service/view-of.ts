import { askedAgainFor, type AskedAgainFor } from '../../domain/faults';
import type { Side } from '../../domain/mailbox';
import { inTarget, issuesIn } from '../../domain/item-counts';
import { moveOutcome } from '../../domain/move-outcome';
import { passwordsOf } from '../../domain/passwords-kept';
import { progressOf, type MigrationState, type SignInRefusal } from '../../domain/migration';
import { reportPurgedAt } from '../../domain/report-life';
import { dueAt, shownState } from '../../domain/shown-state';
import { signInNameOf } from '../../domain/sign-in-name';
import { signInTries } from '../../domain/sign-in-tries';
import { timeLeftMs, type ProgressSample } from '../../domain/time-left';
import type { UsualDuration } from '../../domain/usual-duration';
import type { ConnectorDocument } from '../../models/connectors';
import type { MailUser, MailUserProjection } from '../../models/mail-users';
import type {
  CompletedView,
  MailboxView,
  RefusalView,
  SelfServiceView,
  SignInSide,
  WorkingView,
} from './view';

/** As much of a connector as its users see. */
export type ConnectorOfView = Pick<ConnectorDocument, 'shownName' | 'webMailUrl' | 'signIn'>;
export type RowOfView = Pick<
  MailUser,
  'source' | 'target' | 'asked' | 'projection' | 'counters' | 'pairId' | 'reportPurgedAt'
>;

/** Everything a view is made of; the database is asked before, never in between. */
export interface ViewInput {
  row: RowOfView;
  connectors: Record<Side, ConnectorOfView>;
  now: Date;
  /** From the moment a password is typed until it is destroyed at the latest. */
  credentialLifeMs: number;
  place?: number;
  /** Until when a mailbox takes no further password; absent where one may be tried. */
  waits?: Partial<Record<Side, Date>>;
  /** What moves between these connectors usually take. */
  usual?: UsualDuration;
  /** Progress seen so far, oldest first. */
  samples?: readonly ProgressSample[];
}

/** After this long without an answer to what was asked for, no worker is running. */
const workerAnswersMs = 30_000;

/** What the page shows now. */
export function viewOf(input: ViewInput): SelfServiceView {
  const { row, now } = input;
  const state = shownState(row);
  switch (state) {
    case 'starting':
      return startingView(input);
    case 'verifying':
      return verifyingView(input);
    case 'notStarted':
    case 'emailSent':
    case 'awaitingSignIn':
    case 'signInNeeded':
      return signInView(input, state);
    case 'scheduled':
      return scheduledView(input);
    case 'working':
      return workingView(input);
    case 'throttled':
      return { view: 'throttled', writes: writes(input), ...untilOf(row.projection, now) };
    case 'upToDate':
      return {
        view: 'upToDate',
        writes: writes(input),
        isWhole: isWhole(row),
        filtered: row.counters?.filtered ?? 0,
      };
    case 'completed':
    case 'completedWithIssues':
      return completedView(input, state);
    case 'failed':
      return failedView(input);
    case 'paused':
      // What he typed is checked all the same.
      return row.projection?.checking?.length ? verifyingView(input) : { view: 'paused' };
    case 'stopped':
      return { view: state };
    case 'expired':
      return expiredView(row);
  }
}

export function mailboxView(
  { row, connectors }: Pick<ViewInput, 'row' | 'connectors'>,
  side: Side,
): MailboxView {
  const { shownName, webMailUrl } = connectors[side];
  return {
    side,
    address: row[side].address,
    ...(shownName && { shownName }),
    ...(webMailUrl && { webMailUrl }),
  };
}

/** The administrator's start is on its way; once it is known which passwords are wanted, the form need not wait for the mail. */
function startingView(input: ViewInput): SelfServiceView {
  const { asked, projection } = input.row;
  const pending = asked.startId !== undefined && projection?.handledStartId !== asked.startId;
  if (!pending && neededSides(input).length > 0) return signInView(input, 'starting');
  const due = pending ? dueAt(asked) : undefined;
  const unanswered = unansweredFor(input, due);
  // Who has typed his password waits for its check, whatever else has to begin first.
  if (hasPendingCredential(input)) return checkingView(input, unanswered);
  return { view: 'starting', noWorker: unanswered, ...(due && due > input.now && { begins: due }) };
}

function verifyingView(input: ViewInput): SelfServiceView {
  const { asked, projection } = input.row;
  if (hasPendingCredential(input)) return checkingView(input, unansweredFor(input, asked.credentialAt));
  const away = projection?.refusal?.outcome === 'unreachable' ? projection.refusal : undefined;
  if (away === undefined) return checkingView(input, false);
  // The other server may have refused meanwhile: that one can be mended now, the one that is away perhaps tomorrow.
  if (neededSides(input).some((side) => refusalView(input, side) !== undefined))
    return signInView(input, 'verifying');
  return {
    view: 'unreachable',
    mailbox: mailboxView(input, away.side),
    since: projection?.since ?? away.at,
    code: away.text.code,
    writes: writes(input),
  };
}

function checkingView(input: ViewInput, noWorker: boolean): SelfServiceView {
  const signedIn = (input.row.projection?.signedIn ?? []).map((side) => mailboxView(input, side));
  return { view: 'checking', noWorker, signedIn };
}

function signInView(input: ViewInput, state: MigrationState): SelfServiceView {
  const { row, now, credentialLifeMs } = input;
  const linkExpiresAt = state === 'signInNeeded' ? undefined : row.projection?.invitation?.linkExpiresAt;
  // The workflow's timer says so in a moment, or when a worker runs again.
  if (linkExpiresAt !== undefined && linkExpiresAt <= now) return expiredView(row);
  const needed = neededSides(input);
  if (needed.length === 0) return checkingView(input, false);
  const sides = (['source', 'target'] as const)
    .filter((side) => needed.includes(side) || row.projection?.signedIn.includes(side))
    .map((side) => signInSide(input, side));
  const [longest] = needed
    .flatMap((side) => (input.waits?.[side] ? [{ side, until: input.waits[side] }] : []))
    .sort((a, b) => b.until.getTime() - a.until.getTime());
  if (longest !== undefined)
    return { view: 'locked', locked: signInSide(input, longest.side), until: longest.until };
  const why = whyAgain(row, state);
  return {
    view: 'signIn',
    again: state === 'signInNeeded',
    ...(why && { why }),
    sides,
    checking: (row.projection?.checking ?? []).map((side) => mailboxView(input, side)),
    destroyAt: new Date(now.getTime() + credentialLifeMs),
    ...(linkExpiresAt && { linkExpiresAt }),
    ...(input.usual && { usual: input.usual }),
  };
}

/** In mid-run, too, the time to sign in again can pass; what was copied before is there. */
function expiredView({ counters }: RowOfView): SelfServiceView {
  return { view: 'expired', inTarget: counters === undefined ? 0 : inTarget(counters) };
}

/** In mid-run, or where what was typed for the first time turned out to be of no use to us. */
function whyAgain({ projection }: RowOfView, state: MigrationState): AskedAgainFor | undefined {
  if (state === 'signInNeeded') return askedAgainFor(projection?.fault?.text);
  const why = askedAgainFor(projection?.refusal?.text);
  return why === 'refused' ? undefined : why;
}

/** The sides whose password is to be typed; both before anything is known. */
function neededSides({ row: { projection } }: ViewInput): Side[] {
  if (projection === undefined) return ['source', 'target'];
  const { wanted, signedIn, checking = projection.state === 'verifying' ? wanted : [] } = projection;
  return wanted.filter((side) => !signedIn.includes(side) && !checking.includes(side));
}

function signInSide(input: ViewInput, side: Side): SignInSide {
  const { row, connectors } = input;
  const { address, userName } = row[side];
  const signInName = signInNameOf(connectors[side].signIn.signInName, address, userName);
  const signedIn = row.projection?.signedIn.includes(side) ?? false;
  const refusal = signedIn ? undefined : refusalView(input, side);
  return {
    ...mailboxView(input, side),
    signedIn,
    ...(signInName && { signInName }),
    ...(refusal && { refusal }),
  };
}

function refusalView({ row: { projection }, now }: ViewInput, side: Side): RefusalView | undefined {
  const refused = (projection?.refusals ?? []).filter((each) => each.side === side && isRefusal(each));
  const recent = refused.filter(({ at }) => at.getTime() > now.getTime() - signInTries.withinMs);
  const standing = projection?.refusal;
  // The standing refusal is of one side; the other's is told as long as it is fresh, and not once it was let in and out again.
  const fresh = projection?.state === 'signInNeeded' ? undefined : recent.at(-1);
  const last = standing?.side === side && isRefusal(standing) ? standing : fresh;
  if (last === undefined) return undefined;
  const triesLeft = Math.max(1, signInTries.most - recent.length);
  return { remedy: last.text.remedy, code: last.text.code, triesLeft };
}

/** What the server said, and it alone; that it was not asked, because it must rest, is told by the time of the next try. */
function isRefusal({ outcome, text }: SignInRefusal): boolean {
  return outcome === 'refused' && text.remedy !== 'wait' && askedAgainFor(text) === 'refused';
}

function scheduledView(input: ViewInput): SelfServiceView {
  const { place, row, now } = input;
  const waitsFor = row.projection?.waitsFor;
  const isSoon = waitsFor?.until !== undefined && waitsFor.until <= now;
  return {
    view: 'scheduled',
    writes: writes(input),
    ...(place && { place }),
    ...(waitsFor && !isSoon && { opens: waitsFor.until ?? 'unknown' }),
  };
}

/** Whether a pass has brought all that was there and no filter left out, and comparing has shown it. */
function isWhole({ projection, counters }: RowOfView): boolean {
  const passes = projection?.passes ?? [];
  const left = counters === undefined ? 0 : issuesIn(counters);
  const { missing = 0, doubled = 0, different = 0 } = projection?.verified ?? {};
  const isProven = missing + doubled + different === 0;
  return (
    left === 0 && isProven && passes.some(({ kind, endedAt }) => kind !== 'prestage' && endedAt !== undefined)
  );
}

function workingView(input: ViewInput): WorkingView {
  const { counters, projection } = input.row;
  const step = projection?.pass?.step ?? 'planning';
  const hindered = projection?.fault !== undefined && ({ hindered: true } as const);
  const shown = { view: 'working', step, writes: writes(input), ...hindered } as const;
  if (counters === undefined || counters.folders === 0 || counters.epoch !== projection?.epoch)
    return { ...shown, activeFolders: [] };
  const progress = progressOf(counters);
  // The folders are still being listed: two zeros would tell of an empty mailbox.
  if (step === 'planning' && progress.ofItems === 0) return { ...shown, activeFolders: [] };
  // How long the comparison of both mailboxes takes, or what is in the way now, the rate of the copy does not tell.
  const isCopying = step === 'copying' && projection?.fault === undefined;
  const leftMs = isCopying ? timeLeftMs(input.samples ?? []) : undefined;
  return {
    ...shown,
    activeFolders: counters.activeFolders,
    progress: {
      items: progress.items,
      ofItems: progress.ofItems,
      bytes: progress.bytes,
      ofBytes: progress.ofBytes,
      percent: Math.min(99, progress.percent),
      folders: counters.folders,
      foldersDone: counters.foldersDone,
      ...(leftMs !== undefined && { leftMs }),
    },
  };
}

function untilOf(projection: MailUserProjection | undefined, now: Date): { until?: Date } {
  const until = projection?.throttledUntil;
  return until !== undefined && until > now ? { until } : {};
}

function completedView({ row, now }: ViewInput, state: 'completed' | 'completedWithIssues'): CompletedView {
  const { projection, counters } = row;
  const { keptUntil } = passwordsOf(projection, now);
  return {
    view: 'completed',
    outcome: moveOutcome(state, counters),
    ...(reportPurgedAt(row) ? { isPurged: true as const } : counters && { counters }),
    ...(projection?.summary && { summary: projection.summary }),
    ...(projection?.endedAt && { endedAt: projection.endedAt }),
    ...(keptUntil && { credentialsDestroyAt: keptUntil }),
  };
}

function failedView(input: ViewInput): SelfServiceView {
  const { projection } = input.row;
  const fault = projection?.fault;
  const { keptUntil } = passwordsOf(projection, input.now);
  return {
    view: 'failed',
    ...(keptUntil && { credentialsDestroyAt: keptUntil }),
    ...(fault && { fault: fault.text }),
    ...(fault?.side && { mailbox: mailboxView(input, fault.side) }),
  };
}

function hasPendingCredential({ row: { asked, projection } }: ViewInput): boolean {
  return asked.credentialIds.some((id) => !projection?.handledCredentialIds.includes(id));
}

function unansweredFor({ now }: ViewInput, askedAt: Date | undefined): boolean {
  return askedAt !== undefined && now.getTime() - askedAt.getTime() > workerAnswersMs;
}

/** Whether a mail will tell this user when it is done. */
function writes({ connectors }: ViewInput): boolean {
  return [connectors.source, connectors.target].some(({ signIn }) => signIn.invitation !== 'none');
}
