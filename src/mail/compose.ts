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
