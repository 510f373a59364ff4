import type { MoveOutcome } from '../domain/move-outcome';
import type { MoveSummary } from '../domain/move-summary';
import { longDate, longMoment } from '../dates';
import type { Language, Translate } from '../locales';
import type { MailBlock, MailEvent, MailOrganisation, MailSubject, SinceEnd } from './messages';
import { oneLine } from './one-line';
import { movedRows, reasonText, sumRows } from './outcome-words';

interface Context {
  organisation: MailOrganisation;
  subject: MailSubject;
  language: Language;
}
interface Body {
  opening: MailBlock[];
  closing: MailBlock[];
}

/** What stands before and after the button. */
export function bodyOf(t: Translate, context: Context, event: MailEvent): Body {
  switch (event.kind) {
    case 'invitation':
      return invitation(t, context, event);
    case 'reminder':
      return reminder(t, context, event);
    case 'signInNeeded':
      return signInNeeded(t, context, event);
    case 'completed':
      return completed(t, context, event);
    case 'failed':
      return failed(t, context, event);
    case 'stopped':
      return {
        opening: [...since(t, event), ...ownIntro(t, 'mail.stopped', event)],
        closing: paragraphs(passwordsText(t, context, 'mail.failed.keptUntil', event)),
      };
  }
}

function invitation(t: Translate, context: Context, event: Extract<MailEvent, { kind: 'invitation' }>): Body {
  const { organisation } = context;
  const until =
    event.linkExpiresAt &&
    t('mail.invitation.until', {
      date: longMoment(event.linkExpiresAt, context.language, context.organisation.timeZone),
    });
  return {
    opening: [
      ...paragraphs(t('mail.invitation.intro', { organisation: organisation.name })),
      {
        block: 'steps',
        title: t('mail.invitation.steps'),
        steps: [t('mail.invitation.step1'), t('mail.invitation.step2'), t('mail.invitation.step3')],
      },
    ],
    closing: paragraphs([t('mail.invitation.kept'), until].filter(Boolean).join(' ')),
  };
}

function reminder(t: Translate, context: Context, event: Extract<MailEvent, { kind: 'reminder' }>): Body {
  const { name } = context.organisation;
  const date = longMoment(event.linkExpiresAt, context.language, context.organisation.timeZone);
  return {
    opening: paragraphs(t('mail.reminder.intro', { organisation: name }), t('mail.reminder.until', { date })),
    closing: paragraphs(t('mail.invitation.kept')),
  };
}

const introsAgain = { refused: 'intro', destroyed: 'introDestroyed', lost: 'introLost' } as const;

function signInNeeded(
  t: Translate,
  { subject }: Context,
  { sides, why }: Extract<MailEvent, { kind: 'signInNeeded' }>,
): Body {
  const [side = 'source'] = sides;
  const mailbox = `${t(`mail.${side === 'source' ? 'oldMailbox' : 'newMailbox'}`)} ${subject[side].address}`;
  const which = `mail.signInNeeded.${introsAgain[why]}` as const;
  const intro = sides.length > 1 ? t(`${which}Both`) : t(which, { mailbox });
  return { opening: paragraphs(intro), closing: paragraphs(t('mail.signInNeeded.safe')) };
}

function completed(t: Translate, context: Context, event: Extract<MailEvent, { kind: 'completed' }>): Body {
  const { counters, outcome, summary } = event;
  const passwords = passwordsText(t, context, 'mail.completed.destroyedAt', event);
  const { address, webMailUrl } = context.subject.target;
  const where =
    webMailUrl === undefined
      ? t('mail.completed.whereText', { address })
      : t('mail.completed.whereWebMail', { address, url: webMailUrl });
  return {
    opening: [
      ...since(t, event),
      ...paragraphs(introOf(t, outcome)),
      {
        block: 'rows',
        title: t('mail.completed.moved'),
        rows: movedRows(t, context.language, event),
      },
      ...notMoved(t, summary),
      { block: 'rows', title: t('mail.completed.sums'), rows: sumRows(t, context.language, counters) },
      { block: 'titled', title: t('mail.completed.where'), text: where },
    ],
    closing: paragraphs(`${t('mail.completed.kept')} ${passwords}`),
  };
}

/** Comes first: what the mail goes on to say was so at its end. */
function since(t: Translate, { startedAnew }: SinceEnd): MailBlock[] {
  return startedAnew ? paragraphs(t('mail.startedAnew')) : [];
}

/** Of an end that asks nothing of its reader; a migration that goes on may ask for a sign-in by now. */
function ownIntro(
  t: Translate,
  which: 'mail.failed' | 'mail.stopped',
  { startedAnew }: SinceEnd,
): MailBlock[] {
  const intro = t(`${which}.intro`);
  return paragraphs(startedAnew ? intro : `${intro} ${t('mail.nothingToDo')}`, t(`${which}.safe`));
}

/** What becomes of the passwords, of which some may be kept for **Retry** or be in use again. */
function passwordsText(
  t: Translate,
  context: Context,
  kept: 'mail.completed.destroyedAt' | 'mail.failed.keptUntil',
  { passwords }: SinceEnd,
): string {
  switch (passwords.kind) {
    case 'destroyed':
      return t('mail.completed.destroyed');
    case 'kept':
      return t(kept, { date: dateText(passwords.until, context) });
    case 'inUse':
      return t('mail.passwordsInUse');
  }
}

function failed(t: Translate, context: Context, event: Extract<MailEvent, { kind: 'failed' }>): Body {
  const { fault } = event;
  const reason: MailBlock[] =
    fault === undefined
      ? []
      : [
          {
            block: 'small',
            title: t('mail.failed.reason'),
            text: oneLine(`${fault.message} (${fault.code})`),
          },
        ];
  const passwords = passwordsText(t, context, 'mail.failed.keptUntil', event);
  return {
    opening: [...since(t, event), ...ownIntro(t, 'mail.failed', event)],
    closing: [...paragraphs(passwords), ...reason],
  };
}

function introOf(t: Translate, outcome: MoveOutcome): string {
  switch (outcome.kind) {
    case 'whole':
      return t('mail.completed.intro');
    case 'filtered':
      return t('mail.completed.introFiltered', { count: outcome.count });
    case 'issues':
      return t('mail.completed.introIssues', { count: outcome.count });
    case 'unproven':
      return t('mail.completed.introUnproven');
  }
}

function notMoved(t: Translate, summary: MoveSummary | undefined): MailBlock[] {
  if (summary === undefined || summary.notCopied.length === 0) return [];
  const items = summary.notCopied.map(
    ({ kind, remedy, count }) => `${t(`selfService.kinds.${kind}`)}: ${count}, ${reasonText(t, remedy)}`,
  );
  return [{ block: 'list', title: t('mail.completed.notMoved'), items }];
}

function paragraphs(...texts: string[]): MailBlock[] {
  return texts.map((text) => ({ block: 'paragraph', text }));
}

function dateText(at: Date, { organisation, language }: Context): string {
  return longDate(at, language, organisation.timeZone);
}
