import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { MigrationState } from '../../domain/migration';
import { shownState } from '../../domain/shown-state';
import { translator, type Translator } from '../../locales';
import { AuditLog } from '../../models/audit-log';
import type { MailUser } from '../../models/mail-users';
import { linkCode } from '../../secrets/link-token';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { fieldsOf, formView } from '../forms';
import { giveCredentials } from '../migrations';
import { isPrivate } from '../security';
import { acceptedLanguages } from '../views';
import { openLink, viewInput, type Opened } from './load';
import { emptyForm, present, type FormState } from './present';
import { ProgressSamples } from '../progress-samples';
import { readSignIn } from './sign-in-form';
import { UsualDurations } from './usual-durations';
import { refreshSeconds, type SelfServiceView } from './view';
import { mailboxView, viewOf } from './view-of';
import { webLink } from './words';

type OpenLink = Extract<Opened, { kind: 'open' }>;
type TokenRequest = Request<{ token: string }>;

/** How long a wrong link waits for its answer, whatever is wrong with it. */
const unknownMs = 700;
/** Wrong links an address may try in a minute. */
const wrongLinksPerMinute = 30;
/** Forms a link may send in a minute, whoever holds it. */
const formsPerMinute = 20;

/**
 * The user's pages, under `/m`: the page of a link, its live part, and the form.
 * Opening a link changes nothing, since mail scanners open links too; only the form does.
 */
export function selfServiceRouter(deps: WebDeps): Router {
  const router = Router();
  const pages = new Pages(deps);
  router.use(quiet);
  router.use('/:token', openLinks(pages), wrongLinks(pages));
  router.get('/:token', (request, response) => pages.show(request, response));
  router.get('/:token/live', (request, response) => pages.live(request, response));
  router.post('/:token', formLimit(), (request, response) => pages.signIn(request, response));
  return router;
}

/** A link is a secret: no other page, no cache and no search engine learns of it. */
const quiet: RequestHandler = (_request, response, next) => {
  response.set({
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
    'X-Robots-Tag': 'noindex, nofollow, noarchive',
  });
  next();
};

/** Opens the link for whatever follows; a wrong one is answered by `wrongLink`. */
function openLinks(pages: Pages): RequestHandler<{ token: string }> {
  return async (request, response, next) => {
    const opened = await pages.open(request.params.token);
    if (opened.kind === 'replaced') {
      pages.replaced(response, opened);
      return;
    }
    if (opened.kind === 'open') response.locals['opened'] = opened;
    next();
  };
}

/** Answers wrong links slowly, and not too many of them; whoever has a right one is never in their way. */
function wrongLinks(pages: Pages): RequestHandler<{ token: string }>[] {
  const limit = rateLimit({
    windowMs: 60_000,
    limit: wrongLinksPerMinute,
    skip: (_request, response) => response.locals['opened'] !== undefined,
    standardHeaders: false,
    legacyHeaders: false,
    handler: () => {
      throw new PageFault('tooMany');
    },
  });
  const answer: RequestHandler<{ token: string }> = async (_request, response, next) => {
    if (response.locals['opened'] !== undefined) {
      next();
      return;
    }
    await delay(unknownMs);
    pages.unknown(response);
  };
  return [limit, answer];
}

function formLimit(): RequestHandler<{ token: string }> {
  return rateLimit({
    windowMs: 60_000,
    limit: formsPerMinute,
    keyGenerator: (request) => createHash('sha256').update(String(request.params['token'])).digest('hex'),
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    handler: () => {
      throw new PageFault('tooMany');
    },
  });
}

class Pages {
  private readonly seenBefore = {
    samples: new ProgressSamples(),
    durations: new UsualDurations(),
  };

  constructor(private readonly deps: WebDeps) {}

  open(token: string): Promise<Opened> {
    return openLink(this.deps.config.LINK_KEY_FILE, token);
  }

  unknown(response: Response): void {
    response.status(404).render('self-service/unknown', { layout: 'self-service', ...titleOf('unknown') });
  }

  replaced(response: Response, { link }: Extract<Opened, { kind: 'replaced' }>): void {
    const code = linkCode(this.deps.config.LINK_KEY_FILE, link);
    response
      .status(410)
      .render('self-service/replaced', { layout: 'self-service', ...titleOf('replaced'), code });
  }

  async show(request: TokenRequest, response: Response): Promise<void> {
    const opened = openedBy(response);
    const view = await this.view(opened);
    this.render(request, response, opened, view, { layout: 'self-service' });
  }

  /** The part of the page that changes: nothing where nothing has changed, the whole page where another view stands there now. */
  async live(request: TokenRequest, response: Response): Promise<void> {
    const opened = openedBy(response);
    const view = await this.view(opened);
    const seen = typeof request.query['seen'] === 'string' ? request.query['seen'] : '';
    const shown = markOf(view);
    const [seenView, seenStep] = seen.split('.');
    const [nowView, nowStep] = shown.split('.');
    const isStillForm = nowView === 'signIn' && seenView === 'signIn';
    if (seen === shown || isStillForm) {
      response.status(204).end();
    } else if (seenView !== nowView) {
      response.set('HX-Refresh', 'true').status(200).end();
    } else {
      const announce = seenStep !== nowStep;
      this.render(request, response, opened, view, { layout: 'self-service-live', announce });
    }
  }

  async signIn(request: TokenRequest, response: Response): Promise<void> {
    const opened = openedBy(response);
    const view = await this.view(opened);
    if (view.view !== 'signIn') {
      back(request, response, isOver(view));
      return;
    }
    const { t } = this.speech(request, response, opened);
    const fields = fieldsOf(request.body);
    const read = readSignIn(fields, view.sides, t);
    if (!read.ok) {
      response.status(422);
      this.render(
        request,
        response,
        opened,
        view,
        { layout: 'self-service' },
        { fields, faults: read.faults },
      );
      return;
    }
    const outcome = await giveCredentials(this.deps, opened.row, read.value, { kind: 'user' });
    if (outcome !== 'nothing') await audit(opened);
    back(request, response, outcome === 'nothing');
  }

  private async view(opened: OpenLink): Promise<SelfServiceView> {
    const { config, figures } = this.deps;
    const seenBefore = { ...this.seenBefore, placesInQueue: figures.placesInQueue };
    return viewOf(await viewInput(opened, config.times.credentialLifeMs, seenBefore));
  }

  private speech(request: Request, response: Response, { row }: OpenLink): Translator {
    const { DEFAULT_LANGUAGE } = this.deps.config;
    const speech = translator(row.language, ...acceptedLanguages(request), DEFAULT_LANGUAGE);
    Object.assign(response.locals, speech);
    return speech;
  }

  private render(
    request: TokenRequest,
    response: Response,
    opened: OpenLink,
    view: SelfServiceView,
    layout: { layout: string; announce?: boolean },
    form: FormState = emptyForm,
  ): void {
    const { LINK_KEY_FILE, TIME_ZONE } = this.deps.config;
    const reader = { ...this.speech(request, response, opened), timeZone: TIME_ZONE };
    const target = mailboxView(opened, 'target');
    response.render(`self-service/${fileOf(view.view)}`, {
      ...layout,
      ...titleOf(titleKey(view)),
      ...formView(form.fields, form.faults),
      view: present(view, reader, form),
      openAt: webLink(target.webMailUrl),
      path: `/m/${request.params.token}`,
      ...(wasWritten(opened) && { code: linkCode(LINK_KEY_FILE, opened.link) }),
      source: mailboxView(opened, 'source'),
      target,
      notUsed: request.query['not-used'] !== undefined && isOver(view),
      state: badgeOf(view, opened.row),
      isPrivate: isPrivate(request),
      refresh: refreshSeconds[view.view],
      isForm: view.view === 'signIn',
      seen: markOf(view),
    });
  }
}

/** The code is for comparing with a mail: where none went out, nobody has one. */
function wasWritten({ link, row }: OpenLink): boolean {
  return link.purpose !== 'administrator' || (row.projection?.invitation?.to.length ?? 0) > 0;
}

function openedBy(response: Response): OpenLink {
  return response.locals['opened'] as OpenLink;
}

/** After a form, the page; `notUsed` says that what was typed was not needed. */
function back(request: TokenRequest, response: Response, notUsed: boolean): void {
  response.redirect(303, `/m/${encodeURIComponent(request.params.token)}${notUsed ? '?not-used' : ''}`);
}

/** Views in which a password is no longer wanted at all. */
function isOver({ view }: SelfServiceView): boolean {
  return view !== 'signIn' && view !== 'locked' && view !== 'starting' && view !== 'checking';
}

/** Names what the page shows: the view, a step that is worth announcing, and a hash of all of it. */
function markOf(view: SelfServiceView): string {
  const step = view.view === 'working' ? Math.floor((view.progress?.percent ?? 0) / 10) : 0;
  const hash = createHash('sha256').update(JSON.stringify(view)).digest('base64url').slice(0, 12);
  return `${view.view}.${step}.${hash}`;
}

/** The state's own word, beside the sentence that explains it; the form needs none. */
function badgeOf(view: SelfServiceView, row: MailUser): MigrationState | undefined {
  switch (view.view) {
    case 'signIn':
      return view.again ? 'signInNeeded' : undefined;
    case 'locked':
      return undefined;
    case 'checking':
      return 'verifying';
    case 'expired':
      return 'expired';
    default:
      return shownState(row);
  }
}

function titleKey(view: SelfServiceView): string {
  if (view.view === 'signIn' && view.again) return 'signIn.titleAgain';
  if ((view.view === 'starting' || view.view === 'checking') && view.noWorker) return 'noWorker.title';
  if (view.view === 'upToDate' && !view.isWhole) return 'upToDate.titlePart';
  return `${view.view}.title`;
}

function titleOf(name: string): { title: string } {
  return { title: `selfService.${name.includes('.') ? name : `${name}.title`}` };
}

function fileOf(view: string): string {
  return view.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

async function audit({ row, link }: OpenLink): Promise<void> {
  await AuditLog.create({
    at: new Date(),
    by: { kind: 'user' },
    action: 'credentialsGiven',
    subject: row.source.address,
    mailUserId: row._id.toHexString(),
    through: link.purpose,
  });
}
