import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import {
  addAdministrator,
  changePassword,
  findAdministrator,
  listAdministrators,
  removeAdministrator,
} from '../../models/administrators';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { fieldsOf, formView, parseForm, type FieldFault, type Fields } from '../forms';
import { limitForms } from '../security';
import { administratorForm, newPassword } from './administrator-form';
import { environmentView } from './environment-view';
import { hashPassword, isPassword } from './passwords';
import { audit, idOf, notify, textsOf } from './request';

const quarterHourMs = 15 * 60_000;

const ownPasswordForm = z.object({
  currentPassword: z.string().min(1, 'admin.faults.password'),
  nextPassword: newPassword,
});

type OfOne = Request<{ id: string }>;

/** **Settings**: who administers, and what the environment says. */
export function settingsRoutes(deps: WebDeps): Router {
  const router = Router();
  router.get('/', (request, response) => show(deps, request, response));
  router.post('/administrators', async (request, response) => {
    const fields = fieldsOf(request.body);
    const form = parseForm(administratorForm, fields);
    if (!form.ok) return show(deps, request, response.status(422), fields, form.faults);
    const { email, password } = form.value;
    if (!(await addAdministrator(email, await hashPassword(password), new Date())))
      return show(deps, request, response.status(422), fields, [
        { field: 'email', key: 'admin.settings.taken' },
      ]);
    await audit(request, 'administratorAdded', email);
    notify(request, 'success', textsOf(response)('admin.settings.added', { email }));
    response.redirect(303, '/admin/settings');
  });
  router.get('/administrators/:id/remove', async (request: OfOne, response) => {
    const administrator = await otherThanOneself(request);
    response.render('admin/settings/remove', { title: 'admin.settings.remove.title', administrator });
  });
  router.post('/administrators/:id/remove', async (request: OfOne, response) => {
    const { _id, email } = await otherThanOneself(request);
    if (await removeAdministrator(_id)) {
      await audit(request, 'administratorRemoved', email);
      notify(request, 'success', textsOf(response)('admin.settings.removed', { email }));
    }
    response.redirect(303, '/admin/settings');
  });
  router.post('/password', limitForms(10, quarterHourMs, true), async (request, response) => {
    const form = parseForm(ownPasswordForm, fieldsOf(request.body));
    if (!form.ok) return show(deps, request, response.status(422), {}, form.faults);
    const { currentPassword, nextPassword } = form.value;
    const own = await findAdministrator(idOf(request.session.administratorId));
    if (own === undefined || !(await isPassword(own.passwordHash, currentPassword)))
      return show(deps, request, response.status(422), {}, [
        { field: 'currentPassword', key: 'admin.settings.wrongPassword' },
      ]);
    const at = new Date();
    await changePassword(own._id, await hashPassword(nextPassword), at);
    // Whoever is signed in with the password of before is no longer.
    request.session.signedInAt = at.getTime();
    await audit(request, 'passwordChanged', own.email);
    notify(request, 'success', textsOf(response)('admin.settings.passwordChanged'));
    response.redirect(303, '/admin/settings');
  });
  return router;
}

async function show(
  { config }: WebDeps,
  request: Request,
  response: Response,
  fields: Fields = {},
  faults: readonly FieldFault[] = [],
): Promise<void> {
  const all = await listAdministrators();
  response.render('admin/settings/page', {
    title: 'admin.settings.title',
    ...formView(fields, faults),
    administrators: all.map(({ _id, email, createdAt, signedInAt }) => {
      const id = _id.toHexString();
      return { id, email, createdAt, signedInAt, isOwn: id === request.session.administratorId };
    }),
    environment: environmentView(config, response),
  });
}

/** Nobody removes himself, so that one is always left. */
async function otherThanOneself(request: OfOne) {
  const { id } = request.params;
  if (id === request.session.administratorId) throw new PageFault('conflict');
  const administrator = await findAdministrator(idOf(id));
  if (administrator === undefined) throw new PageFault('notFound');
  return administrator;
}
