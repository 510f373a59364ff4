import type { Router } from 'express';
import { z } from 'zod';
import { isAddress } from '../../domain/mail-user-row';
import type { Side } from '../../domain/mailbox';
import { newestCheck } from '../../models/connector-list';
import type { WebDeps } from '../deps';
import { fieldsOf, parseForm } from '../forms';
import { checkAndSay, checkView } from './connector-checks';
import { fieldsOfConnector } from './connector-form';
import { base, findConnector, showConnector } from './connector-page';
import { audit } from './request';

const mailboxForm = z.object({
  mailboxAddress: z.string().trim().refine(isAddress, 'admin.faults.address'),
  mailboxUserName: z.string().trim().max(200, 'admin.faults.tooLong').default(''),
  mailboxPassword: z.string().min(1, 'admin.faults.password').max(1000, 'admin.faults.tooLong'),
});

export function connectorChecking(router: Router, deps: WebDeps, side: Side): void {
  router.get('/:id/check', async (request, response) => {
    const connector = await findConnector(side, request.params.id);
    if (request.get('hx-request') === undefined) {
      response.redirect(303, `${base(side)}/${connector._id.toHexString()}#test`);
      return;
    }
    const check = checkView(await newestCheck(connector._id), connector);
    response.render('partials/connector-check', { layout: false, check });
  });
  router.post('/:id/check', async (request, response) => {
    const connector = await findConnector(side, request.params.id);
    await checkAndSay(deps, request, response, connector);
    await audit(request, 'connectorTested', connector.name, { connectorId: connector._id.toHexString() });
    response.redirect(303, `${base(side)}/${connector._id.toHexString()}#test`);
  });
  router.post('/:id/check-mailbox', async (request, response) => {
    const connector = await findConnector(side, request.params.id);
    const typed = fieldsOf(request.body);
    const form = parseForm(mailboxForm, typed);
    if (!form.ok) {
      const fields = { ...fieldsOfConnector(connector, deps.config.TIME_ZONE), ...typed };
      await showConnector(deps, response.status(422), connector, fields, form.faults, { mailboxOpen: true });
      return;
    }
    const { mailboxAddress: address, mailboxUserName: userName, mailboxPassword: password } = form.value;
    await checkAndSay(deps, request, response, connector, { address, userName, password });
    await audit(request, 'connectorTested', `${connector.name}: ${address}`, {
      connectorId: connector._id.toHexString(),
    });
    response.redirect(303, `${base(side)}/${connector._id.toHexString()}#test`);
  });
}
