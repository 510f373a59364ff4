import { randomUUID } from 'node:crypto';
import type { Request, Response, Router } from 'express';
import { mintLinkToken } from '../../secrets/link-token';
import { auditParts } from '../../models/audit-log';
import type { MailUserSelection } from '../../models/mail-user-filter';
import { groupsOf } from '../../models/mail-user-counts';
import { mailUsersInParts } from '../../models/mail-user-list';
import type { MailUser } from '../../models/mail-users';
import type { WebDeps } from '../deps';
import { csvLine, sendCsv } from '../downloads';
import { PageFault } from '../faults';
import { filterWords } from './filter-words';
import { actorOf, audit, notify, textsOf } from './request';
import { backTo, hiddenFields, isEmpty, selectionOf } from './selection';
import { findUser } from './user-form';

/** **User link**, **Copy link** and **Download user links**: posted, because showing a link is audited. */
export function userLinkRoutes(router: Router, deps: WebDeps): void {
  const { LINK_KEY_FILE: linkKey, PUBLIC_URL: publicUrl } = deps.config;
  const tokenOf = ({ _id, linkGeneration: generation }: MailUser): string =>
    mintLinkToken(linkKey, { mailUserId: _id.toHexString(), purpose: 'administrator', generation });
  const linkOf = (user: MailUser): string => new URL(`/m/${tokenOf(user)}`, publicUrl).href;

  router.get('/links', async (request, response) => {
    const selection = selectionOf(request.query);
    if (isEmpty(selection)) {
      notify(request, 'warning', textsOf(response)('admin.users.selectFirst'));
      response.redirect(303, backTo(request.query));
      return;
    }
    await confirm(response, selection, request.query);
  });
  router.post('/links.csv', async (request, response) => {
    const selection = selectionOf(request.body);
    if (isEmpty(selection)) throw new PageFault('badRequest');
    await download(request, response, selection, linkOf);
  });
  router.post('/:id/link', async (request, response) => {
    const user = await findUser(request.params.id);
    await audit(request, 'userLinkShown', user.source.address, { mailUserId: user._id.toHexString() });
    response.redirect(303, `/m/${tokenOf(user)}`);
  });
  router.post('/:id/copy-link', async (request, response) => {
    const user = await findUser(request.params.id);
    await audit(request, 'userLinkShown', user.source.address, { mailUserId: user._id.toHexString() });
    const link = linkOf(user);
    if (request.accepts(['html', 'text']) === 'text') response.type('text/plain').send(link);
    else response.render('admin/users/link', { title: 'admin.users.userLink', user, link });
  });
}

async function countOf(selection: MailUserSelection): Promise<number> {
  return (await groupsOf(selection)).reduce((sum, { count }) => sum + count, 0);
}

async function confirm(response: Response, selection: MailUserSelection, from: unknown): Promise<void> {
  const isAll = selection.kind === 'filter';
  response.render('admin/users/links', {
    title: 'admin.users.links.button',
    count: await countOf(selection),
    all: isAll,
    filter: isAll && (await filterWords(selection.filter, textsOf(response))),
    hidden: hiddenFields(selection, from),
    back: backTo(from),
  });
}

/** Each link is written to the log before it leaves. */
async function download(
  request: Request,
  response: Response,
  selection: MailUserSelection,
  linkOf: (user: MailUser) => string,
): Promise<void> {
  const t = textsOf(response);
  const words = selection.kind === 'filter' ? await filterWords(selection.filter, t) : '';
  const subject = t('admin.users.links.auditSubject', { count: await countOf(selection) });
  await audit(request, 'userLinksDownloaded', words === '' ? subject : `${subject} (${words})`);
  const what = {
    name: randomUUID(),
    at: new Date(),
    by: actorOf(request),
    action: 'userLinkShown',
  } as const;
  const lines = async function* (): AsyncGenerator<string> {
    yield csvLine(['FirstName', 'LastName', 'SourceEmail', 'TargetEmail', 'BatchName', 'UserLink']);
    for await (const users of mailUsersInParts(selection)) {
      await auditParts(
        what,
        users.map(({ _id, source }) => ({ mailUserId: _id.toHexString(), address: source.address })),
      );
      for (const user of users) {
        const { firstName, lastName, source, target, batch } = user;
        yield csvLine([firstName, lastName, source.address, target.address, batch, linkOf(user)]);
      }
    }
  };
  response.set('Cache-Control', 'no-store');
  await sendCsv(response, `user links ${what.at.toISOString().slice(0, 10)}`, lines());
}
