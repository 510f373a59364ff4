import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import i18next, { type i18n } from 'i18next';
import type admin from '../views/locales/en/admin.json';
import type mail from '../views/locales/en/mail.json';
import type remedies from '../views/locales/en/remedies.json';
import type selfService from '../views/locales/en/self-service.json';
import type states from '../views/locales/en/states.json';
import type web from '../views/locales/en/web.json';

/** One file per part of the product, `views/locales/<language>/<file>.json`; the keys of a part begin with its name. */
const files = {
  admin: 'admin',
  selfService: 'self-service',
  mail: 'mail',
  states: 'states',
  remedies: 'remedies',
  web: 'web',
} as const;

interface Catalogue {
  admin: typeof admin;
  selfService: typeof selfService;
  mail: typeof mail;
  states: typeof states;
  remedies: typeof remedies;
  web: typeof web;
}

type Leaves<T> = {
  [K in keyof T & string]: T[K] extends string ? Singular<K> : `${K}.${Leaves<T[K]>}`;
}[keyof T & string];
type Singular<K extends string> =
  K extends `${infer Stem}_${'zero' | 'one' | 'two' | 'few' | 'many' | 'other'}` ? Stem : K;

/** A key of the English catalogue; plural forms (`_one`, `_other`) are chosen by `count`. */
export type MessageKey = Leaves<Catalogue>;

/** What a text's placeholders stand for; `count` chooses the plural. Numbers are written in the language's way. */
export type MessageValues = Readonly<Record<string, string | number>>;

/** The text of a key in one language; English stands in where a language has not got it. Throws where English has not got it. */
export type Translate = (key: MessageKey, values?: MessageValues) => string;

/** What users are spoken to in: their pages and mails. */
export const languages = ['en', 'de', 'fr', 'es'] as const;
export type Language = (typeof languages)[number];
/** Those of them that the administrator's pages have, too. */
export const administratorLanguages = ['en'] as const satisfies readonly Language[];

/** The parts of a catalogue that users see. */
const userParts: readonly (keyof typeof files)[] = ['selfService', 'mail', 'states', 'web'];

const isAdministratorLanguage = (language: Language) =>
  administratorLanguages.some((known) => known === language);

/** Where the views are, beside `src` and, built, beside `dist/src`. */
export const viewsFolder = join(__dirname, '..', 'views');

const catalogues = createCatalogues();

function createCatalogues(): i18n {
  const resources = Object.fromEntries(
    languages.map((language) => [language, { translation: readCatalogue(language) }]),
  );
  const instance = i18next.createInstance();
  void instance.init({
    resources,
    lng: 'en',
    fallbackLng: 'en',
    initAsync: false,
    // Handlebars escapes what it prints, and a text mail needs no escaping.
    interpolation: { escapeValue: false },
    returnNull: false,
    showSupportNotice: false,
  });
  return instance;
}

/** One language's catalogue as it stands on the disk: the whole of it, or what users see where administrators are not spoken to in it. */
export function readCatalogue(language: Language): Record<string, unknown> {
  const isWhole = isAdministratorLanguage(language);
  return Object.fromEntries(
    Object.entries(files)
      .filter(([part]) => isWhole || userParts.some((known) => known === part))
      .map(([part, file]) => [
        part,
        JSON.parse(readFileSync(join(viewsFolder, 'locales', language, `${file}.json`), 'utf8')) as unknown,
      ]),
  );
}

/** What speaks to somebody. */
export interface Translator {
  t: Translate;
  language: Language;
}

/** The texts in the first of these languages that there is, else in English. */
export function translator(...wanted: readonly (string | undefined)[]): Translator {
  return translatorAmong(languages, wanted);
}

/** As `translator`, for the administrator's pages. */
export function administratorTranslator(...wanted: readonly (string | undefined)[]): Translator {
  return translatorAmong(administratorLanguages, wanted);
}

function translatorAmong(among: readonly Language[], wanted: readonly (string | undefined)[]): Translator {
  const language = wanted.map((tag) => languageOf(tag, among)).find((known) => known !== undefined) ?? 'en';
  const fixed = catalogues.getFixedT(language);
  const t: Translate = (key, values = {}) => {
    if (!catalogues.exists(key, { lng: language, ...values })) throw new Error(`No text for ${key}.`);
    const text: unknown = fixed(key, forPeople(language, values));
    return String(text);
  };
  return { t, language };
}

function languageOf(tag: string | undefined, among: readonly Language[]): Language | undefined {
  const primary = tag?.toLowerCase().split('-')[0];
  return among.find((known) => known === primary);
}

/** `count` must stay a number to choose the plural; the catalogue prints it as `{{n}}`. */
function forPeople(language: Language, values: MessageValues): Record<string, string | number> {
  const format = new Intl.NumberFormat(language);
  const printed: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(values)) {
    printed[name] = typeof value === 'number' && name !== 'count' ? format.format(value) : value;
  }
  const { count } = values;
  return typeof count === 'number' ? { ...printed, n: format.format(count) } : printed;
}
