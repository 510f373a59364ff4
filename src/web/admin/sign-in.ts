import type { Request, RequestHandler, Response, Router } from 'express';
import {
  Administrators,
  addAdministrator,
  isSignedIn,
  type AdministratorDocument,
} from '../../models/administrators';
import { AuditLog } from '../../models/audit-log';
import { isSetUpLink, takeSetUpLink } from '../../models/settings';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { fieldsOf, formView, parseForm, type FieldFault } from '../forms';
import { limitForms } from '../security';
import { administratorForm } from './administrator-form';
import { setUpHash } from './first-administrator';
import { hashPassword, isPassword } from './passwords';

const quarterHourMs = 15 * 60_000;

/** Sign-in, sign-out and the one-time set-up. */
export function signInRoutes(router: Router, { log }: WebDeps): void {
  router.get('/sign-in', (request, response) => {
    if (request.session.administratorId !== undefined) response.redirect('/admin');
    else showSignIn(response);
  });
  router.post('/sign-in', limitForms(10, quarterHourMs, true), async (request, response) => {
    const { email = '', password = '' } = fieldsOf(request.body);
    const administrator = await Administrators.findOne({
      emailKey: email.trim().toLowerCase(),
    }).lean<AdministratorDocument>();
    if (!(await isPassword(administrator?.passwordHash, password)) || administrator === null) {
      log.warn({ requestId: response.locals['requestId'] as string }, 'administrator sign-in refused');
      if (administrator) await noteRefusal(administrator);
      showSignIn(response.status(401), { email }, [{ field: 'email', key: 'admin.signIn.refused' }]);
      return;
    }
    await signIn(request, administrator);
    response.redirect(303, wantedPath(request));
  });
  router.post('/sign-out', (request, response, next) => {
    request.session.destroy((error: unknown) => {
      if (error) next(error);
      else response.redirect(303, '/admin/sign-in');
    });
  });
  setUpRoutes(router);
}

/** Only for an address that is an administrator's: whatever else was typed may be a password in the wrong field. */
async function noteRefusal({ email }: Pick<AdministratorDocument, 'email'>): Promise<void> {
  await AuditLog.create({ at: new Date(), by: { kind: 'system' }, action: 'signInRefused', subject: email });
}

function showSignIn(
  response: Response,
  fields: Record<string, string> = {},
  faults: FieldFault[] = [],
): void {
  response.render('admin/sign-in', {
    layout: 'plain',
    title: 'admin.signIn.title',
    ...formView(fields, faults),
  });
}

/** A new session id for the new rights, so that an id planted before is worth nothing. */
async function signIn(
  request: Request,
  { _id, email }: Pick<AdministratorDocument, '_id' | 'email'>,
): Promise<void> {
  const { wanted } = request.session;
  await new Promise<void>((resolve, reject) => {
    request.session.regenerate((error: unknown) => {
      if (error) reject(error instanceof Error ? error : new Error('session'));
      else resolve();
    });
  });
  const at = new Date();
  Object.assign(request.session, {
    administratorId: _id.toHexString(),
    email,
    signedInAt: at.getTime(),
    ...(wanted === undefined ? {} : { wanted }),
  });
  await Administrators.updateOne({ _id }, { $set: { signedInAt: at } });
  await AuditLog.create({ at, by: { kind: 'administrator', email }, action: 'signedIn', subject: email });
}

function wantedPath(request: Request): string {
  const { wanted } = request.session;
  delete request.session.wanted;
  return wanted !== undefined && /^\/admin(\/|\?|$)/.test(wanted) ? wanted : '/admin';
}

/** Lets signed-in administrators pass; others sign in first and come back to the page they wanted. */
export const requireAdministrator: RequestHandler = async (request, response, next) => {
  // A session that a release before has begun does not say when: any change of the password ends it.
  const { administratorId, signedInAt = 0 } = request.session;
  const known = administratorId !== undefined && (await isSignedIn(administratorId, new Date(signedInAt)));
  if (known) {
    next();
    return;
  }
  if (request.get('hx-request') !== undefined) {
    response.set('HX-Redirect', '/admin/sign-in').status(401).end();
    return;
  }
  if (request.method === 'GET' && request.originalUrl !== '/admin')
    request.session.wanted = request.originalUrl;
  response.redirect(303, '/admin/sign-in');
};

function setUpRoutes(router: Router): void {
  router.get('/set-up/:token', async (request, response) => {
    await expectSetUpLink(request.params.token);
    response.render('admin/set-up', { layout: 'plain', title: 'admin.setUp.title', ...formView({}) });
  });
  router.post(
    '/set-up/:token',
    limitForms(20, quarterHourMs),
    async (request: Request<{ token: string }>, response) => {
      const { token } = request.params;
      await expectSetUpLink(token);
      const fields = fieldsOf(request.body);
      const form = parseForm(administratorForm, fields);
      if (!form.ok) {
        response.status(422).render('admin/set-up', {
          layout: 'plain',
          title: 'admin.setUp.title',
          ...formView(fields, form.faults),
        });
        return;
      }
      const { email, password } = form.value;
      const passwordHash = await hashPassword(password);
      if (!(await takeSetUpLink(setUpHash(token)))) throw new PageFault('notFound');
      await addAdministrator(email, passwordHash, new Date());
      await AuditLog.create({
        at: new Date(),
        by: { kind: 'system' },
        action: 'administratorAdded',
        subject: email,
      });
      const made = await Administrators.findOne({ emailKey: email.toLowerCase() })
        .orFail()
        .lean<AdministratorDocument>();
      await signIn(request, made);
      response.redirect(303, '/admin');
    },
  );
}

async function expectSetUpLink(token: string): Promise<void> {
  const none = (await Administrators.exists({})) === null;
  if (!none || !(await isSetUpLink(setUpHash(token), new Date()))) throw new PageFault('notFound');
}
