import { dateLocale } from '../../dates';
import type { Language, MessageKey, MessageValues, Translate } from '../../locales';
import type { MailboxView } from './view';

/** A text around something that is no text: a link, a time. */
export interface Around {
  before: string;
  after: string;
}

const place = '\u0000';

/** The text of a key, cut in two where its placeholder `name` stands. */
export function around(t: Translate, key: MessageKey, name: string, values: MessageValues = {}): Around {
  const [before = '', after = ''] = t(key, { ...values, [name]: place }).split(place);
  return { before, after };
}

/** What its owner calls a mailbox within a sentence: the name the administrator gave the server, else old and new. */
export function nameOf(t: Translate, { side, shownName }: MailboxView): string {
  return shownName ?? t(`selfService.sides.${side}`);
}

/** The same at the beginning of a sentence. */
export function nameAtStart(t: Translate, { side, shownName }: MailboxView): string {
  return shownName ?? t(`selfService.sides.${side}Start`);
}

/** The address of a web mail page, where it is one that a browser opens. */
export function webLink(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  return ['https:', 'http:'].includes(new URL(url).protocol) ? url : undefined;
}

/** A text around a moment of today or nearly so, which the page's script puts into the viewer's zone. */
export interface AroundTime extends Around {
  iso: string;
  clock: string;
}

/** As `around`, for the placeholder `time`: `15:46 CET`. */
export function aroundTime(
  { t, language, timeZone }: { t: Translate; language: Language; timeZone: string },
  key: MessageKey,
  at: Date,
  values: MessageValues = {},
): AroundTime {
  const clock = new Intl.DateTimeFormat(dateLocale(language), {
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone,
  }).format(at);
  return { ...around(t, key, 'time', values), iso: at.toISOString(), clock };
}
