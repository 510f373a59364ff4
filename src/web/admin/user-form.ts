import type { Request, Response, Router } from 'express';
import { Types } from 'mongoose';
import { defaultBatch } from '../../domain/mail-user-row';
import { listConnectors } from '../../models/connector-list';
import { MailUsers, type MailUser } from '../../models/mail-users';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { fieldsOf } from '../forms';
import { startMigration } from '../migrations';
import { whyFixed } from './fixed-mailboxes';
import { planReader } from './plan-words';
import { actorOf, audit, idOf, notify, textsOf } from './request';
import { unusableConnectors } from './start-rules';
import { editUser } from './user-edit';
import { alreadyListed, fieldsOfUser, readFields, showForm, written } from './user-fields';
import { typedConflict } from './window-conflicts';

/** **Create Single** and **Edit** */
export function userFormRoutes(router: Router, deps: WebDeps): void {
  router.get('/new', async (_request, response) => {
    const connectors = await listConnectors();
    const only = (side: 'source' | 'target') => {
      const [first, ...others] = connectors.filter((each) => each.side === side);
      return first !== undefined && others.length === 0 ? first._id.toHexString() : '';
    };
    const fields = { source: only('source'), target: only('target'), BatchName: defaultBatch };
    await showForm(response, fields, []);
  });
  router.post('/new', async (request, response) => {
    await create(deps, request, response);
  });
  router.get('/:id/edit', async (request, response) => {
    const user = await findUser(request.params.id);
    await showForm(response, fieldsOfUser(user), [], { user, fixed: await whyFixed(user, new Date()) });
  });
  router.post('/:id/edit', async (request, response) => {
    await editUser(deps, request, response, await findUser(request.params.id));
  });
}

/** The mail user of an address of a page. */
export async function findUser(id: string | undefined): Promise<MailUser> {
  const user = await MailUsers.findById(idOf(id)).lean<MailUser>();
  if (user === null) throw new PageFault('notFound');
  return user;
}

async function create(deps: WebDeps, request: Request, response: Response): Promise<void> {
  const fields = fieldsOf(request.body);
  const read = await readFields(fields);
  if (!read.ok) {
    await showForm(response.status(422), fields, read.faults);
    return;
  }
  const conflict = await typedConflict(read.row, planReader(deps, response), new Date());
  if (conflict !== undefined) {
    await showForm(response.status(422), fields, [conflict]);
    return;
  }
  const user: MailUser = {
    _id: new Types.ObjectId(),
    ...read.row,
    linkGeneration: 1,
    createdAt: new Date(),
    asked: { credentialIds: [] },
  };
  if (!(await written(() => MailUsers.create(user)))) {
    await showForm(response.status(422), fields, [alreadyListed]);
    return;
  }
  const mailUserId = user._id.toHexString();
  await audit(request, 'mailUserCreated', user.source.address, { mailUserId });
  const t = textsOf(response);
  notify(request, 'success', t('admin.users.created', { address: user.source.address }));
  if (fields['then'] === 'start') await startCreated(deps, request, response, user);
  response.redirect(303, `/admin/users/${mailUserId}`);
}

async function startCreated(
  deps: WebDeps,
  request: Request,
  response: Response,
  user: MailUser,
): Promise<void> {
  const t = textsOf(response);
  const unusable = await unusableConnectors();
  const blocked = [user.source, user.target].map(({ connectorId }) =>
    unusable.get(connectorId.toHexString()),
  );
  const name = blocked.find((each) => each !== undefined);
  if (name !== undefined) {
    notify(request, 'danger', t('admin.users.outcome.connectorUnusable', { name }));
    return;
  }
  const outcome = await startMigration(deps, user, 'start', actorOf(request));
  if (outcome === 'nothing') return;
  await audit(request, 'started', user.source.address, { mailUserId: user._id.toHexString() });
  if (outcome === 'kept') notify(request, 'warning', t('admin.users.outcome.kept', { count: 1 }));
}
