import { Router } from 'express';
import type { Side } from '../../domain/mailbox';
import { countUsersOf, deleteUnusedConnector, listConnectors } from '../../models/connector-list';
import type { WebDeps } from '../deps';
import { connectorChecking } from './connector-check-routes';
import { connectorCreation } from './connector-create';
import { connectorEditing } from './connector-edit';
import { base, findConnector, frame, waitsUntil } from './connector-page';
import { planReader, windowText } from './plan-words';
import { audit, notify, textsOf } from './request';

/** **Sources** or **Targets**. */
export function connectorRoutes(deps: WebDeps, side: Side): Router {
  const router = Router();
  router.get('/', async (_request, response) => {
    const connectors = await listConnectors(side);
    const rows = await Promise.all(
      connectors.map(async (each) => ({
        ...each,
        users: await countUsersOf(each),
        waitsUntil: waitsUntil(each),
        window: each.startWindow && windowText(each.startWindow, planReader(deps, response)),
      })),
    );
    response.render('admin/connectors/list', {
      ...frame(side),
      title: `admin.connectors.${side}s.title`,
      rows,
    });
  });
  connectorCreation(router, deps, side);
  connectorEditing(router, deps, side);
  connectorChecking(router, deps, side);
  router.get('/:id/delete', async (request, response) => {
    const connector = await findConnector(side, request.params.id);
    const users = await countUsersOf(connector);
    response.render('admin/connectors/delete', {
      ...frame(side),
      title: 'admin.connectors.delete.title',
      connector,
      users,
    });
  });
  router.post('/:id/delete', async (request, response) => {
    const connector = await findConnector(side, request.params.id);
    const t = textsOf(response);
    if (await deleteUnusedConnector(connector)) {
      await audit(request, 'connectorDeleted', connector.name, { connectorId: connector._id.toHexString() });
      notify(request, 'success', t('admin.connectors.delete.done', { name: connector.name }));
      response.redirect(303, base(side));
      return;
    }
    notify(request, 'danger', t('admin.connectors.delete.used', { name: connector.name }));
    response.redirect(303, `${base(side)}/${connector._id.toHexString()}`);
  });
  return router;
}
