import type { Request, Response, Router } from 'express';
import { isActionable } from '../../domain/administrator-actions';
import { invitationAddresses } from '../../domain/invitation';
import { shownState } from '../../domain/shown-state';
import { Connectors, type ConnectorDocument } from '../../models/connectors';
import { markUndelivered, replaceLink, unmarkUndelivered } from '../../models/mail-user-asks';
import type { MailUser } from '../../models/mail-users';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { isTemporalAway, resendInvitation } from '../migrations';
import { actorOf, audit, notify, textsOf } from './request';
import { findUser } from './user-form';

type UserRequest = Request<{ id: string }>;

/** What becomes of an invitation after it was sent: **Mark as undelivered**, and a new link in place of the old one. */
export function invitationRoutes(router: Router, deps: WebDeps): void {
  router.post('/:id/undelivered', async (request: UserRequest, response) => {
    await mark(request, response, await findUser(request.params.id));
  });
  router.get('/:id/replace-link', async (request: UserRequest, response) => {
    const user = await replaceable(request.params.id);
    response.render('admin/users/replace-link', {
      title: 'admin.users.replaceLink.title',
      user,
      isSilent: await isSilent(user),
    });
  });
  router.post('/:id/replace-link', async (request: UserRequest, response) => {
    await replace(deps, request, response, await replaceable(request.params.id));
  });
}

async function mark(request: UserRequest, response: Response, user: MailUser): Promise<void> {
  const mailUserId = user._id.toHexString();
  const { address } = user.source;
  const isTakenAway = (request.body as { undo?: unknown } | undefined)?.undo === '1';
  if (isTakenAway) await unmarkUndelivered(user._id);
  else await markUndelivered(user._id, { at: new Date(), by: actorOf(request) });
  await audit(request, isTakenAway ? 'invitationDelivered' : 'invitationUndelivered', address, {
    mailUserId,
  });
  const t = textsOf(response);
  notify(
    request,
    'success',
    t(`admin.users.undelivered.${isTakenAway ? 'unmarked' : 'marked'}`, { address }),
  );
  response.redirect(303, `/admin/users/${mailUserId}`);
}

/** A row whose user can still be asked to sign in: to another one a new link is of no use. */
async function replaceable(id: string): Promise<MailUser> {
  const user = await findUser(id);
  if (!isActionable('resend', shownState(user))) throw new PageFault('conflict');
  return user;
}

async function replace(
  deps: WebDeps,
  request: UserRequest,
  response: Response,
  user: MailUser,
): Promise<void> {
  const mailUserId = user._id.toHexString();
  const { address } = user.source;
  const silent = await isSilent(user);
  // The old link is void first: whoever has it must not slip in while the new one is on its way.
  if (!(await replaceLink(user._id, user.linkGeneration))) throw new PageFault('conflict');
  await audit(request, 'linkReplaced', address, { mailUserId });
  const t = textsOf(response);
  try {
    const outcome = await resendInvitation(deps, user, actorOf(request));
    if (outcome !== 'nothing') await audit(request, 'invitationResent', address, { mailUserId });
    notify(request, 'success', t(`admin.users.replaceLink.${silent ? 'doneSilent' : 'done'}`, { address }));
  } catch (error) {
    if (!isTemporalAway(error)) throw error;
    notify(request, 'warning', t('admin.users.replaceLink.away', { address }));
  }
  response.redirect(303, `/admin/users/${mailUserId}`);
}

/** Whether neither connector invites anybody. */
async function isSilent(user: MailUser): Promise<boolean> {
  return (await invitationOf(user)).choice === 'none';
}

/** Which mails a row's connectors send, and to whom. */
export async function invitationOf({
  source,
  target,
  invitationEmail,
}: MailUser): Promise<ReturnType<typeof invitationAddresses>> {
  const ids = [source.connectorId, target.connectorId];
  const connectors = await Connectors.find({ _id: { $in: ids } }).lean<ConnectorDocument[]>();
  const choiceOf = (side: 'source' | 'target') =>
    connectors.find((each) => each.side === side)?.signIn.invitation ?? 'none';
  return invitationAddresses({
    sourceAddress: source.address,
    targetAddress: target.address,
    sourceChoice: choiceOf('source'),
    targetChoice: choiceOf('target'),
    ...(invitationEmail === undefined ? {} : { invitationEmail }),
  });
}
