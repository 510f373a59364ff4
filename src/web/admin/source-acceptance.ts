import type { Request, Response, Router } from 'express';
import { isEndState } from '../../domain/migration';
import { shownState } from '../../domain/shown-state';
import type { MailUser } from '../../models/mail-users';
import { acceptSource, replacedSourceOf } from '../../models/source-acceptance';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { fieldsOf } from '../forms';
import { actOnRow } from './row-actions';
import { actorOf, audit, notify, textsOf } from './request';
import { findUser } from './user-form';

type UserRequest = Request<{ id: string }>;

/** Whether the row stopped because its source was replaced, and nobody has said yet that it is the right mailbox. */
export async function awaitsAcceptance(user: MailUser): Promise<boolean> {
  const { fault } = user.projection ?? {};
  if (shownState(user) !== 'failed' || fault?.text.code !== 'SourceReplaced') return false;
  return (await replacedSourceOf(user.pairId ?? '')) !== undefined;
}

/** **This is the right mailbox**: a source that was replaced is gone on with, and with no other one. */
export function sourceAcceptanceRoutes(router: Router, deps: WebDeps): void {
  router.get('/:id/accept-source', async (request: UserRequest, response) => {
    const user = await findUser(request.params.id);
    if (!(await awaitsAcceptance(user))) throw new PageFault('conflict');
    response.render('admin/users/accept-source', {
      title: 'admin.users.acceptSource.title',
      user,
      seen: await replacedSourceOf(user.pairId ?? ''),
    });
  });
  router.post('/:id/accept-source', async (request: UserRequest, response) => {
    await accept(deps, request, response, await findUser(request.params.id));
  });
}

async function accept(
  deps: WebDeps,
  request: UserRequest,
  response: Response,
  user: MailUser,
): Promise<void> {
  const { pairId, source } = user;
  const mailUserId = user._id.toHexString();
  const { seen } = fieldsOf(request.body);
  if (pairId === undefined || seen === undefined || !isEndState(shownState(user)))
    throw new PageFault('conflict');
  if (!(await acceptSource(pairId, seen))) throw new PageFault('conflict');
  await audit(request, 'sourceAccepted', source.address, { mailUserId });
  const t = textsOf(response);
  const { kind } = await actOnRow(deps, user, 'retry', actorOf(request));
  if (kind === 'done') await audit(request, 'retried', source.address, { mailUserId });
  const outcome = kind === 'done' || kind === 'kept' ? kind : 'away';
  notify(request, kind === 'done' ? 'success' : 'warning', t(`admin.users.acceptSource.${outcome}`));
  response.redirect(303, `/admin/users/${mailUserId}`);
}
