import type { Router } from 'express';
import { mintLinkToken } from '../../secrets/link-token';
import type { MailUser } from '../../models/mail-users';
import type { WebDeps } from '../deps';
import { audit } from './request';
import { findUser } from './user-form';

/** **User link** and **Copy link**: posted, because showing a link is audited. */
export function userLinkRoutes(router: Router, deps: WebDeps): void {
  const { LINK_KEY_FILE: linkKey, PUBLIC_URL: publicUrl } = deps.config;
  const tokenOf = ({ _id, linkGeneration: generation }: MailUser): string =>
    mintLinkToken(linkKey, { mailUserId: _id.toHexString(), purpose: 'administrator', generation });

  router.post('/:id/link', async (request, response) => {
    const user = await findUser(request.params.id);
    await audit(request, 'userLinkShown', user.source.address, { mailUserId: user._id.toHexString() });
    response.redirect(303, `/m/${tokenOf(user)}`);
  });
  router.post('/:id/copy-link', async (request, response) => {
    const user = await findUser(request.params.id);
    await audit(request, 'userLinkShown', user.source.address, { mailUserId: user._id.toHexString() });
    const link = new URL(`/m/${tokenOf(user)}`, publicUrl).href;
    if (request.accepts(['html', 'text']) === 'text') response.type('text/plain').send(link);
    else response.render('admin/users/link', { title: 'admin.users.userLink', user, link });
  });
}
