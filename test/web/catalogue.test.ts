import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { languages, readCatalogue, translator, viewsFolder, type MessageKey } from '../../src/locales';

/** Every key of a catalogue; plural forms without their ending. */
function keysOf(part: unknown, path = ''): string[] {
  if (typeof part === 'string') return [path.replace(/_(zero|one|two|few|many|other)$/, '')];
  return Object.entries(part as Record<string, unknown>).flatMap(([name, value]) =>
    keysOf(value, path === '' ? name : `${path}.${name}`),
  );
}

const keys = Object.fromEntries(
  languages.map((language) => [language, new Set(keysOf(readCatalogue(language)))]),
);
const english = keys['en'] ?? new Set<string>();

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

  it.each(languages)('hold the same keys in %s as in English', (language) => {
    expect([...(keys[language] ?? [])].sort()).toEqual([...english].sort());
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

  it('that is not there is an error', () => {
    const { t } = translator('en');
    expect(() => t('admin.nothing' as MessageKey)).toThrow('No text for admin.nothing');
  });

  it('is English where the language is not known', () => {
    expect(translator('xx', undefined).language).toBe('en');
  });
});
