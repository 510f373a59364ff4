import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { viewsFolder } from '../locales';
import type { ComposedMail } from './messages';

/** Lays out a mail: `views/mail/mail.html.hbs` and `views/mail/mail.text.hbs`. */
export type RenderMail = (mail: ComposedMail) => { html: string; text: string };

/** Reads and compiles both templates once. */
export function createMailRenderer(): RenderMail {
  const html = template('mail.html.hbs', false);
  const text = template('mail.text.hbs', true);
  return (mail) => ({
    html: html(mail),
    // Empty parts of the template leave blank lines behind.
    text: `${text(mail)
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim()}\n`,
  });
}

function template(name: string, noEscape: boolean): Handlebars.TemplateDelegate<ComposedMail> {
  const handlebars = Handlebars.create();
  handlebars.registerHelper({
    is: (a: unknown, b: unknown) => a === b,
    next: (index: number) => index + 1,
  });
  const source = readFileSync(join(viewsFolder, 'mail', name), 'utf8');
  return handlebars.compile<ComposedMail>(source, { noEscape, strict: true });
}
