import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import {
  administratorTranslator,
  languages,
  readCatalogue,
  translator,
  viewsFolder,
  type Language,
  type MessageKey,
} from '../../src/locales';

/** Every text of a catalogue by its key, plural forms with their ending. */
function textsOf(part: unknown, path = ''): [string, string][] {
  if (typeof part === 'string') return [[path, part]];
  return Object.entries(part as Record<string, unknown>).flatMap(([name, value]) =>
    textsOf(value, path === '' ? name : `${path}.${name}`),
  );
}

const plural = /_(zero|one|two|few|many|other)$/;
const stemOf = (key: string) => key.replace(plural, '');

const texts = (language: Language) => new Map(textsOf(readCatalogue(language)));
const englishTexts = texts('en');
const english = new Set([...englishTexts.keys()].map(stemOf));

/** What a language must have: every key of English that users see, in as many plural forms as it knows. */
function keysWanted(language: Language): string[] {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const parts = Object.keys(readCatalogue(language));
  const seen = [...englishTexts.keys()].filter((key) => parts.includes(key.split('.')[0] ?? ''));
  const wanted = seen.flatMap((key) =>
    plural.test(key) ? forms.map((form) => `${stemOf(key)}_${form}`) : [key],
  );
  return [...new Set(wanted)].sort();
}

/** What a text has filled in; a plural form may say `one` instead of the number. */
function placeholdersOf(text: string | undefined): string[] {
  const found = [...(text ?? '').matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? '');
  return [...new Set(found)].filter((name) => name !== 'n').sort();
}

const views = readdirSync(viewsFolder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.hbs'),
);

/** Literal keys that a view asks for, whether by `t` itself or by a parameter of a partial. */
function keysAskedFor(name: string): string[] {
  const source = readFileSync(join(viewsFolder, name), 'utf8');
  const found: string[] = [];
  const looksLikeKey = /^(admin|web|selfService|mail|states|remedies)\.(?!css$|js$)[\w.]*\w$/;
  class Visitor extends Handlebars.Visitor {
    override StringLiteral(literal: hbs.AST.StringLiteral): void {
      if (looksLikeKey.test(literal.value)) found.push(literal.value);
    }
  }
  new Visitor().accept(Handlebars.parse(source));
  return found;
}

describe('the catalogues', () => {
  it.each(views)('hold every text that %s names', (name) => {
    const missing = keysAskedFor(name).filter((key) => !english.has(key));
    // A beginning that the view completes, such as `admin.users.actions.` with an action, names a part.
    expect(missing.filter((key) => ![...english].some((known) => known.startsWith(key)))).toEqual([]);
  });

  it.each(languages)('hold in %s every text that users see, in each of its plural forms', (language) => {
    expect([...texts(language).keys()].sort()).toEqual(keysWanted(language));
  });

  it.each(languages)('fill the same into the texts of %s as into the English ones', (language) => {
    const filled = (all: Map<string, string>) =>
      [...texts(language).keys()].map((key) => [
        key,
        placeholdersOf(all.get(key) ?? all.get(`${stemOf(key)}_other`)),
      ]);
    expect(filled(texts(language))).toEqual(filled(englishTexts));
  });

  it('name every language on the administrator’s pages', () => {
    expect(languages.filter((language) => !english.has(`admin.languages.${language}`))).toEqual([]);
  });

  it('hold every text that code names in a form’s schema', () => {
    const folder = join(__dirname, '..', '..', 'src', 'web');
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const named = sources.flatMap((name) =>
      [...readFileSync(join(folder, name), 'utf8').matchAll(/'((?:admin|web)\.[\w.]*\w)'/g)].map(
        ([, key]) => key ?? '',
      ),
    );
    const isKnown = (key: string) =>
      english.has(key) || [...english].some((known) => known.startsWith(`${key}.`));
    expect(named.filter((key) => !isKnown(key))).toEqual([]);
  });
});

describe('a text', () => {
  it('has its plural and its numbers in the language’s way', () => {
    const { t } = translator('en-GB');
    expect(t('admin.users.outcome.start', { count: 1 })).toBe('1 migration was started.');
    expect(t('admin.users.outcome.start', { count: 1240 })).toBe('1,240 migrations were started.');
  });

  it.each([
    ['de-AT', 1, 'etwa eine Minute'],
    ['de-AT', 1234, 'etwa 1.234 Minuten'],
    ['fr', 1, 'environ une minute'],
    ['fr', 1_000_000, 'environ 1\u202f000\u202f000 minutes'],
    ['es-MX', 2, 'unos 2 minutos'],
    ['es-MX', 1_000_000, 'unos 1.000.000 de minutos'],
  ])('has its plural and its numbers in %s for %d', (tag, count, text) => {
    expect(translator(tag).t('selfService.working.leftMinutes', { count })).toBe(text);
  });

  it('is English for administrators, whatever their browser prefers', () => {
    expect(administratorTranslator('de', 'fr').language).toBe('en');
  });

  it('that is not there is an error', () => {
    const { t } = translator('en');
    expect(() => t('admin.nothing' as MessageKey)).toThrow('No text for admin.nothing');
  });

  it('is English where the language is not known', () => {
    expect(translator('xx', undefined).language).toBe('en');
  });
});
