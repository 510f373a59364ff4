import type { FaultText, Remedy } from '../domain/faults';
import type { ItemKind, Side } from '../domain/mailbox';
import type { MailboxCounters } from '../domain/migration';
import { inTarget, issuesIn, sumLines, type ItemCounts } from '../domain/item-counts';
import type { MoveSummary } from '../domain/move-summary';
import { translator, type Language, type Translate } from '../locales';

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

/** What there is to tell. */
export type MailEvent =
  | { kind: 'invitation'; linkExpiresAt?: Date }
  | { kind: 'reminder'; linkExpiresAt: Date }
  | { kind: 'signInNeeded'; sides: readonly Side[] }
  | {
      kind: 'completed';
      counters: MailboxCounters;
      summary?: MoveSummary;
      /** Set where the passwords are kept for **Retry**; absent where they are destroyed. */
      credentialsDestroyAt?: Date;
    }
  | { kind: 'failed'; fault?: FaultText }
  | { kind: 'stopped' };
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

/** Puts what happened into the words of a mail, in the row's language or else the organisation's. */
export function composeMail(
  organisation: MailOrganisation,
  subject: MailSubject,
  event: MailEvent,
): ComposedMail {
  const { t, language } = translator(subject.language, organisation.language);
  const name = oneLine(`${subject.firstName} ${subject.lastName}`);
  const { address } = subject.source;
  const words = { organisation: organisation.name, address, contact: organisation.contact };
  return {
    kind: event.kind,
    language,
    subject: oneLine(t(`mail.${event.kind}.subject`, words)),
    title: t(`mail.${event.kind}.title`),
    greeting: name === '' ? t('mail.greetingWithoutName') : t('mail.greeting', { name }),
    move: [
      { label: t('mail.moveFrom'), address, name: oneLine(subject.source.shownName ?? '') },
      {
        label: t('mail.moveTo'),
        address: subject.target.address,
        name: oneLine(subject.target.shownName ?? ''),
      },
    ],
    ...bodyOf(t, { organisation, subject, language }, event),
    button: { label: t(`mail.${event.kind}.button`), url: subject.link, inFull: t('mail.linkInFull') },
    code: { title: t('mail.codeTitle'), code: subject.code, why: t('mail.codeWhy') },
    neverAsked: t('mail.neverAsked', words),
    contact: t('mail.contact', words),
    automatic: t('mail.automatic', words),
    organisation: { name: organisation.name, ...coloursOf(organisation.colour) },
  };
}

interface Context {
  organisation: MailOrganisation;
  subject: MailSubject;
  language: Language;
}
interface Body {
  opening: MailBlock[];
  closing: MailBlock[];
}

function bodyOf(t: Translate, context: Context, event: MailEvent): Body {
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
      return failed(t, event);
    case 'stopped':
      return {
        opening: paragraphs(t('mail.stopped.intro'), t('mail.stopped.safe')),
        closing: paragraphs(t('mail.stopped.destroyed')),
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

function signInNeeded(
  t: Translate,
  { subject }: Context,
  { sides }: Extract<MailEvent, { kind: 'signInNeeded' }>,
): Body {
  const [side = 'source'] = sides;
  const mailbox = `${t(`mail.${side === 'source' ? 'oldMailbox' : 'newMailbox'}`)} ${subject[side].address}`;
  const intro =
    sides.length > 1 ? t('mail.signInNeeded.introBoth') : t('mail.signInNeeded.intro', { mailbox });
  return { opening: paragraphs(intro), closing: paragraphs(t('mail.signInNeeded.safe')) };
}

function completed(t: Translate, context: Context, event: Extract<MailEvent, { kind: 'completed' }>): Body {
  const { counters, summary, credentialsDestroyAt } = event;
  const intro = introOf(t, counters);
  const { address, webMailUrl } = context.subject.target;
  const where =
    webMailUrl === undefined
      ? t('mail.completed.whereText', { address })
      : t('mail.completed.whereWebMail', { address, url: webMailUrl });
  const passwords =
    credentialsDestroyAt === undefined
      ? t('mail.completed.destroyed')
      : t('mail.completed.destroyedAt', { date: dateText(credentialsDestroyAt, context) });
  return {
    opening: [
      ...paragraphs(intro),
      {
        block: 'rows',
        title: t('mail.completed.moved'),
        rows: movedRows(t, context.language, counters, summary),
      },
      ...notMoved(t, summary),
      { block: 'rows', title: t('mail.completed.sums'), rows: sumRows(t, context.language, counters) },
      { block: 'titled', title: t('mail.completed.where'), text: where },
    ],
    closing: paragraphs(`${t('mail.completed.kept')} ${passwords}`),
  };
}

function failed(t: Translate, { fault }: Extract<MailEvent, { kind: 'failed' }>): Body {
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
  return { opening: paragraphs(t('mail.failed.intro'), t('mail.failed.safe')), closing: reason };
}

function introOf(t: Translate, counters: MailboxCounters): string {
  const left = issuesIn(counters);
  if (left > 0) return t('mail.completed.introIssues', { count: left });
  const { filtered } = counters;
  return filtered === 0 ? t('mail.completed.intro') : t('mail.completed.introFiltered', { count: filtered });
}

/** Everything that was found, by what became of it; as the user's page says it. */
export function sumRows(t: Translate, language: Language, counters: ItemCounts) {
  const format = new Intl.NumberFormat(language);
  return sumLines(counters).map(({ word, count }) => ({
    label: t(`selfService.sums.${word}`),
    value: format.format(count),
  }));
}

const kinds: readonly ItemKind[] = ['mail', 'calendar', 'contacts', 'tasks', 'notes', 'other'];

function movedRows(
  t: Translate,
  language: Language,
  counters: MailboxCounters,
  summary: MoveSummary | undefined,
) {
  const format = new Intl.NumberFormat(language);
  const perKind = kinds.flatMap((kind) => {
    const count = summary?.inTarget[kind] ?? 0;
    return count === 0 ? [] : [{ label: t(`selfService.kinds.${kind}`), value: format.format(count) }];
  });
  const items =
    perKind.length > 0
      ? perKind
      : [{ label: t('selfService.kinds.all'), value: format.format(inTarget(counters)) }];
  return [...items, { label: t('selfService.kinds.folders'), value: format.format(counters.foldersDone) }];
}

function notMoved(t: Translate, summary: MoveSummary | undefined): MailBlock[] {
  if (summary === undefined || summary.notCopied.length === 0) return [];
  const items = summary.notCopied.map(
    ({ kind, remedy, count }) => `${t(`selfService.kinds.${kind}`)}: ${count}, ${reasonText(t, remedy)}`,
  );
  return [{ block: 'list', title: t('mail.completed.notMoved'), items }];
}

const itemReasons = [
  'raiseRequestLimit',
  'checkItem',
  'checkFolder',
  'checkSourceMailbox',
  'freeSpace',
  'grantAccess',
] as const satisfies readonly Remedy[];

/** Why an item was not moved, in its owner's words. */
export function reasonText(t: Translate, remedy: Remedy): string {
  return t(`selfService.reasons.${itemReasons.find((known) => known === remedy) ?? 'other'}`);
}

function paragraphs(...texts: string[]): MailBlock[] {
  return texts.map((text) => ({ block: 'paragraph', text }));
}

function dateText(at: Date, { organisation, language }: Context): string {
  return longDate(at, language, organisation.timeZone);
}

/** `14 March 2026` in this zone. */
export function longDate(at: Date, language: Language, timeZone: string): string {
  return new Intl.DateTimeFormat(localeOf(language), { dateStyle: 'long', timeZone }).format(at);
}

/** `14 March 2026 at 15:30 UTC`: a deadline, which may be hours away. */
export function longMoment(at: Date, language: Language, timeZone: string): string {
  return new Intl.DateTimeFormat(localeOf(language), {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone,
  }).format(at);
}

/** The English of the catalogue is the one that writes the day first, which nobody reads as a month. */
function localeOf(language: Language): string {
  return language === 'en' ? 'en-GB' : language;
}

/** The colour, and black or white, whichever reads better on it (WCAG 2.2, relative luminance). */
function coloursOf(colour = '#1f4e8c'): { colour: string; onColour: string } {
  const [, red = '', green = '', blue = ''] =
    /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour) ?? [];
  if (red === '') return coloursOf();
  const linear = [red, green, blue].map((hex) => {
    const part = parseInt(hex, 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const [r = 0, g = 0, b = 0] = linear;
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return { colour, onColour: luminance > 0.179 ? '#000000' : '#ffffff' };
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}
