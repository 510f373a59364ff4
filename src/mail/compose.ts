import { translator } from '../locales';
import { bodyOf } from './bodies';
import { coloursOf } from './colours';
import type { ComposedMail, MailEvent, MailOrganisation, MailSubject } from './messages';
import { oneLine } from './one-line';

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
  // Whoever has started it again waits for nobody.
  const isAnew = event.kind === 'failed' && event.startedAnew;
  const head = isAnew ? 'mail.failed.anew' : (`mail.${event.kind}` as const);
  return {
    kind: event.kind,
    language,
    subject: oneLine(t(`${head}.subject`, words)),
    title: t(`${head}.title`),
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
