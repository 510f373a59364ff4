import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Application, Request, RequestHandler } from 'express';
import { engine } from 'express-handlebars';
import Handlebars, { type HelperOptions } from 'handlebars';
import type { WebConfig } from '../config';
import {
  type translator,
  viewsFolder,
  type Language,
  type MessageKey,
  type MessageValues,
  type Translate,
} from '../locales';
import type { MigrationState } from '../domain/migration';
import { batchPath } from './admin/batch-path';
import { assetPath } from './assets';
import { bytesText, exactTime, numberText, relativeTime } from './for-people';

/** What every view finds beside its own data. */
interface ViewRoot {
  t: Translate;
  language: Language;
  timeZone: string;
}

/** How each state looks; its word is `states.<state>` of the catalogue. */
export const stateBadges: Record<MigrationState, { icon: string; colour: string }> = {
  notStarted: { icon: 'circle-dashed', colour: 'secondary' },
  starting: { icon: 'rocket', colour: 'azure' },
  emailSent: { icon: 'mail-forward', colour: 'blue' },
  awaitingSignIn: { icon: 'key', colour: 'blue' },
  verifying: { icon: 'shield-search', colour: 'azure' },
  scheduled: { icon: 'clock-hour-4', colour: 'indigo' },
  working: { icon: 'transfer', colour: 'indigo' },
  throttled: { icon: 'hourglass', colour: 'yellow' },
  upToDate: { icon: 'refresh', colour: 'teal' },
  signInNeeded: { icon: 'user-exclamation', colour: 'orange' },
  paused: { icon: 'player-pause', colour: 'secondary' },
  completed: { icon: 'circle-check', colour: 'green' },
  completedWithIssues: { icon: 'alert-circle', colour: 'yellow' },
  failed: { icon: 'alert-triangle', colour: 'red' },
  stopped: { icon: 'player-stop', colour: 'secondary' },
  expired: { icon: 'link-off', colour: 'orange' },
};

/** Handlebars with the layouts, partials and helpers of every page. Views are found under `views/`. */
export function installViews(app: Application, config: Pick<WebConfig, 'TIME_ZONE'>): void {
  const render = engine({
    extname: 'hbs',
    defaultLayout: false,
    layoutsDir: join(viewsFolder, 'layouts'),
    partialsDir: join(viewsFolder, 'partials'),
    helpers,
  });
  app.engine('hbs', (path, options, done) => void render(path, options, done));
  app.set('view engine', 'hbs');
  app.set('views', viewsFolder);
  app.set('view cache', true);
  app.locals['timeZone'] = config.TIME_ZONE;
}

/**
 * Chooses the language of the page: the reader's own, else the organisation's, of those that `translate` has. A route that knows better
 * chooses again.
 */
export function chooseLanguage(fallback: string, translate: typeof translator): RequestHandler {
  return (request, response, next) => {
    Object.assign(response.locals, translate(...acceptedLanguages(request), fallback));
    next();
  };
}

/** The languages a browser asks for, the dearest first. */
export function acceptedLanguages(request: Request): string[] {
  return request.acceptsLanguages().slice(0, 20);
}

const helpers = {
  /** `{{t "admin.users.title" count=3}}` */
  t(key: MessageKey, options: HelperOptions): string {
    const { values, ...rest } = options.hash as { values?: MessageValues } & Record<string, string | number>;
    return rootOf(options).t(key, { ...values, ...rest });
  },
  /** `{{t (key "states." state)}}` */
  key: (...parts: unknown[]): string => parts.slice(0, -1).map(String).join(''),
  join: (...parts: unknown[]): string => parts.slice(0, -1).map(String).join(''),
  /** `{{icon "mail"}}`: decorative, hidden from screen readers; words stand beside it. */
  icon: (name: string, options: HelperOptions): Handlebars.SafeString =>
    new Handlebars.SafeString(iconSvg(name, classOf(options))),
  badgeIcon: (state: MigrationState): Handlebars.SafeString =>
    new Handlebars.SafeString(iconSvg(stateBadges[state].icon, 'icon')),
  badgeColour: (state: MigrationState): string => stateBadges[state].colour,
  /** `{{time at}}`: relative, the exact one on hover; nothing where there is no time. */
  time(at: Date | string | undefined | null, options: HelperOptions): Handlebars.SafeString | string {
    if (at === undefined || at === null) return '';
    const when = new Date(at);
    const { language, timeZone } = rootOf(options);
    const exact = Handlebars.escapeExpression(exactTime(when, language, timeZone));
    const relative = Handlebars.escapeExpression(relativeTime(when, new Date(), language));
    return new Handlebars.SafeString(
      `<time datetime="${when.toISOString()}" title="${exact}" data-live-time>${relative}</time>`,
    );
  },
  /** The exact time, in the viewer's zone as soon as the page's script runs. */
  exactTime(at: Date | string | undefined | null, options: HelperOptions): Handlebars.SafeString | string {
    if (at === undefined || at === null) return '';
    const when = new Date(at);
    const { language, timeZone } = rootOf(options);
    const exact = Handlebars.escapeExpression(exactTime(when, language, timeZone));
    return new Handlebars.SafeString(
      `<time datetime="${when.toISOString()}" data-exact-time>${exact}</time>`,
    );
  },
  number: (value: number | undefined, options: HelperOptions): string =>
    value === undefined ? '' : numberText(value, rootOf(options).language),
  bytes: (value: number | undefined, options: HelperOptions): string =>
    value === undefined ? '' : bytesText(value, rootOf(options).language),
  asset: (name: string): string => assetPath(name),
  /** Whether a navigation link leads to this page or one beneath it. */
  isCurrent(href: string, options: HelperOptions): boolean {
    const { path = '' } = (options.data as { root: { path?: string } }).root;
    return path === href || (href !== '/admin' && path.startsWith(`${href}/`));
  },
  eq: (a: unknown, b: unknown): boolean => a === b,
  /** A text as a part of an address. */
  batchPath: (name: unknown): string => batchPath(String(name)),
  urlPart: (text: unknown): string => encodeURIComponent(String(text)),
  not: (a: unknown): boolean => !a,
  /** `a, b and c` */
  list: (values: readonly unknown[], options: HelperOptions): string =>
    new Intl.ListFormat(rootOf(options).language).format(values.map(String)),
  /** The first that is not empty. */
  or: (...values: unknown[]): unknown => values.slice(0, -1).find(Boolean),
  max: (...values: unknown[]): number => Math.max(...values.slice(0, -1).map(Number)),
  and: (...values: unknown[]): boolean => values.slice(0, -1).every(Boolean),
};

function rootOf(options: HelperOptions): ViewRoot {
  return (options.data as { root: ViewRoot }).root;
}

function classOf(options: HelperOptions): string {
  const extra: unknown = options.hash['class'];
  return typeof extra === 'string' ? `icon ${extra}` : 'icon';
}

const icons = new Map<string, string>();

/** One of Tabler's outline icons as SVG, without the fixed size and class it is published with. */
function iconSvg(name: string, className: string): string {
  let body = icons.get(name);
  if (body === undefined) {
    const svg = readFileSync(require.resolve(`@tabler/icons/outline/${name}.svg`), 'utf8');
    body = svg
      .slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.indexOf('</svg>'))
      .replaceAll(/\s*\n\s*/g, '');
    icons.set(name, body);
  }
  const attributes = 'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"';
  return `<svg class="${Handlebars.escapeExpression(className)}" ${attributes} stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${body}</svg>`;
}
