import { lastPlaceTold } from '../../domain/fair-order';
import { readFolderLabel } from '../../domain/folder-label';
import type { Remedy } from '../../domain/faults';
import type { MoveOutcome } from '../../domain/move-outcome';
import type { UsualDuration } from '../../domain/usual-duration';
import { longDate, longMoment } from '../../dates';
import type { Language, MessageKey, Translate } from '../../locales';
import { movedRows, reasonText, sumRows } from '../../mail/outcome-words';
import type { FieldFault, Fields } from '../forms';
import { bytesText, numberText } from '../for-people';
import type { CompletedView, MailboxView, SelfServiceView, SignInSide, WorkingView } from './view';
import { around, aroundTime, nameAtStart, nameOf, webLink } from './words';

/** The reader's words. */
export interface Reader {
  t: Translate;
  language: Language;
  timeZone: string;
}

const minuteMs = 60_000;

/** What the template of a view prints. */
export type Presented = Readonly<Record<string, unknown>>;

/** What a form that was not taken adds to its view; passwords are never among it. */
export interface FormState {
  fields: Fields;
  faults: readonly FieldFault[];
}
export const emptyForm: FormState = { fields: {}, faults: [] };

/** Puts a view into words; every template of `views/self-service` is given what its case here returns. */
export function present(view: SelfServiceView, reader: Reader, form: FormState = emptyForm): Presented {
  const { t } = reader;
  const closing =
    'writes' in view ? t(view.writes ? 'selfService.mayCloseMail' : 'selfService.mayCloseNone') : undefined;
  switch (view.view) {
    case 'signIn':
      return signIn(view, reader, form);
    case 'locked':
      return {
        refusals: refusals([view.locked], reader, false),
        text: aroundTime(reader, 'selfService.locked.text', view.until, {
          mailbox: nameAtStart(t, view.locked),
        }),
      };
    case 'checking':
      return { noWorker: view.noWorker, ticks: ticks(view.signedIn, t) };
    case 'unreachable':
      return {
        which: aroundTime(reader, 'selfService.unreachable.which', view.since, {
          mailbox: nameOf(t, view.mailbox),
        }),
        code: view.code,
      };
    case 'scheduled':
      return { closing, place: placeText(t, view.place), opens: opensText(view.opens, reader) };
    case 'working':
      return { closing, ...working(view, reader) };
    case 'throttled':
      return {
        closing,
        text: view.until && aroundTime(reader, 'selfService.throttled.until', view.until),
      };
    case 'completed':
      return completed(view, reader);
    case 'failed':
      return {
        fault: view.fault,
        mailbox: view.mailbox && nameOf(t, view.mailbox),
        passwords: passwordsText(reader, 'selfService.failed.keptUntil', view.credentialsDestroyAt),
      };
    case 'starting':
      return {
        noWorker: view.noWorker,
        begins: view.begins && aroundTime(reader, 'selfService.starting.begins', view.begins),
      };
    case 'upToDate':
      return { closing, text: upToDateText(t, view) };
    case 'expired':
      return {
        text:
          view.inTarget === 0
            ? t('selfService.expired.text')
            : t('selfService.expired.textPart', { count: view.inTarget }),
      };
    case 'paused':
    case 'stopped':
      return {};
  }
}

function upToDateText(t: Translate, view: Extract<SelfServiceView, { view: 'upToDate' }>): string {
  if (!view.isWhole) return t('selfService.upToDate.part');
  return view.filtered === 0
    ? t('selfService.upToDate.text')
    : t('selfService.upToDate.textFiltered', { count: view.filtered });
}

function opensText(opens: Date | 'unknown' | undefined, reader: Reader): string | undefined {
  const { t, language, timeZone } = reader;
  if (opens === undefined) return undefined;
  if (opens === 'unknown') return t('selfService.scheduled.closed');
  return t('selfService.scheduled.opens', { date: longMoment(opens, language, timeZone) });
}

function signIn(
  view: Extract<SelfServiceView, { view: 'signIn' }>,
  reader: Reader,
  { fields, faults }: FormState,
): Presented {
  const { t, language, timeZone } = reader;
  const asked = view.sides.filter(({ signedIn }) => !signedIn);
  const isFaulty = (name: string) => faults.some(({ field }) => field === name);
  return {
    intro: introOf(view),
    again: view.again,
    away: view.checking.map((mailbox) => t('selfService.signIn.away', { mailbox: nameOf(t, mailbox) })),
    refusals: refusals(asked, reader),
    ticks: ticks(
      view.sides.filter(({ signedIn }) => signedIn),
      t,
    ),
    sides: asked.map((side, index) => {
      const userNameField = `${side.side}UserName`;
      const passwordField = `${side.side}Password`;
      const userNameTyped = fields[userNameField] ?? '';
      return {
        side: side.side,
        address: side.address,
        first: index === 0,
        title: nameAtStart(t, side),
        name: nameOf(t, side),
        passwordField,
        passwordFault: isFaulty(passwordField),
        userNameField,
        userNameTyped,
        userNameFault: isFaulty(userNameField),
        userNameAsked: side.signInName === undefined,
        userNameOpen: userNameTyped !== '' || isFaulty(userNameField),
        signsInAs: side.signInName === side.address ? undefined : side.signInName,
      };
    }),
    same: fields['same'] === 'on',
    howLong: howLong(reader, view.usual),
    canBeSame: asked.length > 1,
    promise: t('selfService.signIn.promise', { date: longDate(view.destroyAt, language, timeZone) }),
    until:
      view.linkExpiresAt &&
      t('selfService.signIn.untilDate', { date: longMoment(view.linkExpiresAt, language, timeZone) }),
  };
}

function introOf({ why }: Extract<SelfServiceView, { view: 'signIn' }>): MessageKey {
  switch (why) {
    case undefined:
      return 'selfService.signIn.intro';
    case 'refused':
      return 'selfService.signIn.introAgain';
    case 'destroyed':
      return 'selfService.signIn.introDestroyed';
    case 'lost':
      return 'selfService.signIn.introLost';
  }
}

function howLong({ t, language }: Reader, usual: UsualDuration | undefined): string {
  if (usual === undefined) return t('selfService.signIn.howLong');
  const [from, to] = [durationText(usual.fromMs, language), durationText(usual.toMs, language)];
  return from === to
    ? t('selfService.signIn.howLongUsual', { to })
    : t('selfService.signIn.howLongBetween', { from, to });
}

/** `5 minutes`, from an hour and a half on `2 hours`. */
function durationText(ms: number, language: Language): string {
  const minutes = Math.max(1, Math.round(ms / minuteMs));
  const [unit, value] = minutes < 90 ? ['minute', minutes] : ['hour', Math.round(minutes / 60)];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}

function ticks(mailboxes: readonly MailboxView[], t: Translate) {
  return mailboxes.map((mailbox) => ({
    text: t('selfService.signIn.acceptedTick', { mailbox: nameAtStart(t, mailbox) }),
    address: mailbox.address,
  }));
}

const refusalTexts = [
  'enableBasic',
  'openEws',
  'checkMailboxExists',
  'grantAccess',
  'checkServerName',
  'checkCertificate',
] as const satisfies readonly Remedy[];

/** What servers tell apart is told apart; a bare 401 says nothing of its reason, and neither do we. */
function refusals(sides: readonly SignInSide[], { t }: Reader, mayTry = true) {
  return sides.flatMap((side) => {
    if (side.refusal === undefined) return [];
    const { remedy, code, triesLeft } = side.refusal;
    const bare = remedy === 'checkNameAndPassword' || remedy === 'signInAgain';
    const known = refusalTexts.find((text) => text === remedy) ?? 'other';
    const href = webLink(side.webMailUrl);
    return [
      {
        title: t('selfService.refused.title', { mailbox: nameAtStart(t, side) }),
        text: t(`selfService.refused.${bare ? 'checkNameAndPassword' : known}`),
        href,
        tryAgain: bare ? around(t, 'selfService.refused.checkNameAndPasswordTry', 'link') : undefined,
        left: bare && mayTry ? t('selfService.refused.triesLeft', { count: triesLeft }) : undefined,
        code,
      },
    ];
  });
}

function placeText(t: Translate, place: number | undefined): string | undefined {
  if (place === undefined) return undefined;
  if (place > lastPlaceTold) return t('selfService.scheduled.placeFar', { count: lastPlaceTold });
  return place === 1
    ? t('selfService.scheduled.placeNext')
    : t('selfService.scheduled.place', { count: place - 1 });
}

function working({ progress, step, activeFolders, hindered }: WorkingView, reader: Reader): Presented {
  if (progress === undefined) return { hindered };
  const { t, language } = reader;
  const { items, ofItems, bytes, ofBytes, folders, foldersDone, percent, leftMs } = progress;
  const of = (done: string, all: string) => t('selfService.working.of', { done, all });
  return {
    hindered,
    percent,
    percentText: t('selfService.working.percent', { percent }),
    items: of(numberText(items, language), numberText(ofItems, language)),
    bytes: of(bytesText(bytes, language), bytesText(ofBytes, language)),
    folders: of(numberText(foldersDone, language), numberText(folders, language)),
    now: nowText(t, step, activeFolders),
    left: leftMs === undefined ? undefined : leftText(t, leftMs),
  };
}

function nowText(t: Translate, step: WorkingView['step'], [active]: readonly string[]): string | undefined {
  if (step === 'verifying') return t('selfService.working.nowChecking');
  if (step === 'planning') return t('selfService.working.opening');
  if (active === undefined) return undefined;
  const { wellKnown, place } = readFolderLabel(active);
  return wellKnown === undefined
    ? t('selfService.working.nowFolderOther', { place })
    : t('selfService.working.nowFolder', { folder: t(`selfService.folderNames.${wellKnown}`) });
}

function leftText(t: Translate, leftMs: number): string {
  const minutes = Math.max(1, Math.round(leftMs / minuteMs));
  if (minutes < 90) return t('selfService.working.leftMinutes', { count: minutes });
  return t('selfService.working.leftHours', { count: Math.round(minutes / 60) });
}

function completedText(t: Translate, outcome: MoveOutcome): string {
  switch (outcome.kind) {
    case 'whole':
      return t('selfService.completed.text');
    case 'filtered':
      return t('selfService.completed.textFiltered', { count: outcome.count });
    case 'issues':
      return t('selfService.completed.issues', { count: outcome.count });
    case 'unproven':
      return t('selfService.completed.unproven');
  }
}

/** What has become of the passwords, of which some may be kept for **Retry**. */
function passwordsText(
  { t, language, timeZone }: Reader,
  kept: 'selfService.completed.destroyAt' | 'selfService.failed.keptUntil',
  destroyAt: Date | undefined,
): string {
  return destroyAt === undefined
    ? t('selfService.completed.destroyed')
    : t(kept, { date: longDate(destroyAt, language, timeZone) });
}

function completed(view: CompletedView, reader: Reader): Presented {
  const { t, language } = reader;
  const { counters, summary, outcome, endedAt, isPurged, credentialsDestroyAt } = view;
  return {
    text: isPurged ? t('selfService.completed.purged') : completedText(t, outcome),
    sums: counters && sumRows(t, language, counters),
    hasIssues: outcome.kind === 'issues' || outcome.kind === 'unproven',
    endedAt,
    moved: counters ? movedRows(t, language, { counters, summary }) : [],
    notMoved: summary?.notCopied.map(({ kind, count, remedy, code }) => ({
      label: t(`selfService.kinds.${kind}`),
      count: numberText(count, language),
      reason: reasonText(t, remedy),
      code,
    })),
    passwords: passwordsText(reader, 'selfService.completed.destroyAt', credentialsDestroyAt),
  };
}
